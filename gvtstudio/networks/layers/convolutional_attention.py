"""Attention between the planes of a volume, whose keys, queries and values come from convolutions.

Every plane is one token: a head's query, key and value of a plane are all its pixels in the head's
channels, so that with planes of Y × X pixels, heads of d channels and n = d·Y·X

    y_z = W_o * Σ_z' softmax_z'( q_z · k_z' / √n ) v_z'      q, k, v = W_q * x, W_k * x, W_v * x

where * stands for a 3 × 3 convolution in the plane. Scores are only Z × Z numbers per head, and
any number of planes will do. Where there is but one plane its weight is 1, and neither
q nor k is needed.

Source: Rehman et al. 2024, the CNNT (MODELS §5.2). Planes attend to those before and after them;
the causal masks that the published code carries were never used.
"""

import math

import torch
from torch import Tensor, nn

from gvtstudio.domain.errors import UsageError
from gvtstudio.networks.layers.plane_convolution import (
    PlaneConvolution,
    learns,
    pieces,
    plane_operation,
)


class ConvolutionalAttention(nn.Module):
    """``(B·Z, C, Y, X) → (B·Z, C, Y, X)``: planes that follow each other attend to each other.

    Args:
        channels: Of input and output; must be a multiple of the heads.
        heads: Independent attentions side by side.
        dropout: Share of the weights left out at random, in training.

    Raises:
        UsageError: Channels that do not divide by the heads.
    """

    def __init__(self, channels: int, heads: int, dropout: float) -> None:
        super().__init__()
        if channels % heads:
            raise UsageError(
                f"{channels} channels do not divide into {heads} heads.",
                "Choose a number of heads that divides the channels.",
            )
        self.heads = heads
        self.query = PlaneConvolution(channels, channels)
        self.key = PlaneConvolution(channels, channels)
        self.value = PlaneConvolution(channels, channels)
        self.out = PlaneConvolution(channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, depth: int) -> Tensor:
        """Attend along Z.

        Args:
            x: (B·Z, C, Y, X), the planes of one volume after the other.
            depth: Z, planes of each volume.
        """
        if depth == 1 and not learns(self):
            return self._mixed(self.value(x))
        query, key, value = self._tokens(x, depth)
        scores = query @ key.mT / math.sqrt(query.shape[-1])
        weights = self.dropout(torch.softmax(scores, dim=-1))
        return self._mixed(self._planes(weights @ value, x.shape))

    def _mixed(self, attended: Tensor) -> Tensor:
        mixed: Tensor = self.out(attended)
        return mixed

    def _tokens(self, x: Tensor, depth: int) -> Tensor:
        """Queries, keys and values, ``(3, heads, B, Z, Y·X·d)``."""
        project = plane_operation([self.query, self.key, self.value], x)
        tokens = torch.cat([self._split(project(piece)) for piece in pieces(x, self)], dim=2)
        return torch.unflatten(tokens, 2, (-1, depth))

    def _split(self, projected: Tensor) -> Tensor:
        """``(P, 3·C, Y, X) → (3, heads, P, Y·X·d)``, pixels before channels as in memory."""
        pixels = projected.permute(0, 2, 3, 1).flatten(1, 2)
        parts = torch.unflatten(pixels, -1, (3, self.heads, -1))
        return parts.permute(2, 3, 0, 1, 4).flatten(3)

    def _planes(self, tokens: Tensor, size: torch.Size) -> Tensor:
        """``(heads, B, Z, Y·X·d) → (B·Z, C, Y, X)``."""
        count, _, height, width = size
        pixels = torch.unflatten(tokens.flatten(1, 2), -1, (height * width, -1))
        return pixels.permute(1, 2, 0, 3).reshape(count, height, width, -1).permute(0, 3, 1, 2)
