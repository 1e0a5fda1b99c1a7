"""CNNT, convolutional neural network transformer.

Source: Rehman et al. 2024, "Convolutional neural network transformer (CNNT) for fluorescence
microscopy image denoising with improved generalization and fast adaptation", Methods. Where paper
and published code disagree this is what was really trained (MODELS §5 and §13 rows 23 to 26). All
convolutions are 3 × 3 in the plane, with bias; weights begin as PyTorch's defaults.

| layer | operator | resolution | channels |
|---|---|---|---|
| pre1, pre2 | convolutions without activation | 1 | 1 → 16 → 32 |
| down1 | block; its output is the first skip; mean of 2 × 2 | 1 | 32 |
| down2 | block; its output is the second skip; mean of 2 × 2 | 1/2 | 32 → 64 |
| up1 | block; bilinear × 2 | 1/4 | 64 → 96 |
| up2 | with the second skip: block; bilinear × 2 | 1/2 | 160 → 96 |
| final | with the first skip: block | 1 | 128 → 64 |
| out | convolution; subtracted from the output of pre2 | 1 | 32 |
| post1, post2 | convolutions without activation | 1 | 32 → 16 → 1 |

A block is a convolution and four cells. A cell is ``x = x + attention(n(x))`` over Z, then
``x = x + mixer(n(x))``, with n instance norm of every plane and channel on its own.

What the paper says otherwise: an input convolution in every cell (the code: one per block);
channels that double downwards and fall upwards (32, 32, 64 and 96, 96, 64); a long skip connection
(a subtraction: the network predicts noise, in feature space; ``predicts_noise`` turns it off).
"""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.cnnt.spec import needs
from gvtstudio.networks.layers.convolutional_attention import ConvolutionalAttention
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.networks.layers.plane_convolution import (
    PlaneConvolution,
    PlaneOperation,
    learns,
    pieces,
    plane_operation,
)


class Mixer(nn.Module):
    """Convolution to four times the channels, GELU, convolution back, dropout."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.widen = PlaneConvolution(channels, 4 * channels)
        self.narrow = PlaneConvolution(4 * channels, channels)
        self.dropout = nn.Dropout(dropout)

    def operation(self, like: Tensor) -> PlaneOperation:
        """``(P, C, Y, X) → (P, C, Y, X)``, as often as needed."""
        widen, narrow = plane_operation([self.widen], like), plane_operation([self.narrow], like)
        return lambda x: self.dropout(narrow(functional.gelu(widen(x))))


class Cell(nn.Module):
    """Attention between planes, then a mixer within them, each added to what it was given."""

    def __init__(self, channels: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = ConvolutionalAttention(channels, heads, dropout)
        self.mixer = Mixer(channels, dropout)

    def forward(self, x: Tensor, depth: int) -> Tensor:
        """``(B·Z, C, Y, X)`` with Z = depth; in the memory of x where nothing is learned."""
        attended = self.attention(instance_norm(x), depth)
        mix = self.mixer.operation(x)
        if learns(self):
            x = x + attended
            return x + mix(instance_norm(x))
        x += attended
        for piece in pieces(x, self):
            piece += mix(instance_norm(piece))
        return x


class Block(nn.Module):
    """A convolution to new channels and cells."""

    def __init__(
        self, in_channels: int, channels: int, *, cells: int, heads: int, dropout: float
    ) -> None:
        super().__init__()
        self.first = PlaneConvolution(in_channels, channels)
        self.cells = nn.ModuleList(Cell(channels, heads, dropout) for _ in range(cells))

    def forward(self, x: Tensor, depth: int) -> Tensor:
        """``(B·Z, C_in, Y, X) → (B·Z, C, Y, X)`` with Z = depth."""
        x = self.first(x)
        for cell in self.cells:
            x = cell(x, depth)
        return x


class CNNT(Network):
    """``(B, C, Z, Y, X) → Restored``.

    Args:
        in_channels: Of the volume, which is also what is predicted.
        base_channels: Feature maps at full resolution (32 in the paper).
        cells: In each block (4 in the paper).
        heads: Of every attention (8 in the paper).
        dropout: Of attention weights and mixers, in training.
        predicts_noise: Whether the prediction is subtracted from the features of the input.
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        base_channels: int = 32,
        cells: int = 4,
        heads: int = 8,
        dropout: float = 0.1,
        predicts_noise: bool = True,
    ) -> None:
        super().__init__(needs(cells), in_channels)
        self.predicts_noise = predicts_noise
        c1, c2, c3 = base_channels, 2 * base_channels, 3 * base_channels
        block = partial(Block, cells=cells, heads=heads, dropout=dropout)
        self.pre1 = PlaneConvolution(in_channels, c1 // 2)
        self.pre2 = PlaneConvolution(c1 // 2, c1)
        self.down1 = block(c1, c1)
        self.down2 = block(c1, c2)
        self.up1 = block(c2, c3)
        self.up2 = block(c3 + c2, c3)
        self.final = block(c3 + c1, c2)
        self.out = PlaneConvolution(c2, c1)
        self.post1 = PlaneConvolution(c1, c1 // 2)
        self.post2 = PlaneConvolution(c1 // 2, in_channels)

    def evaluate(self, x: Tensor) -> Restored:
        """The restored volume, plane by plane in the light of all planes."""
        depth = x.shape[2]
        planes = x.transpose(1, 2).flatten(0, 1).contiguous(memory_format=torch.channels_last)
        features = self.pre2(self.pre1(planes))
        skip1 = self.down1(features, depth)
        skip2 = self.down2(_halved(skip1), depth)
        up1 = _doubled(self.up1(_halved(skip2), depth))
        up2 = _doubled(self.up2(torch.cat([up1, skip2], dim=1), depth))
        predicted = self.out(self.final(torch.cat([up2, skip1], dim=1), depth))
        restored = features - predicted if self.predicts_noise else predicted
        mean = self.post2(self.post1(restored))
        return Restored(torch.unflatten(mean, 0, (-1, depth)).transpose(1, 2).contiguous())


def instance_norm(x: Tensor) -> Tensor:
    """Every plane and channel to mean 0 and variance 1, ``(P, C, Y, X)``."""
    if x.device.type != "cpu":
        return functional.instance_norm(x)
    # batch norm of one plane is the same, and there is a fast one with channels last
    normed = [
        functional.batch_norm(plane, None, None, training=True) for plane in torch.split(x, 1)
    ]
    return torch.cat(normed)


def _halved(x: Tensor) -> Tensor:
    return functional.avg_pool2d(x, 2)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def build(**parameters: int | float | bool) -> CNNT:
    """The network of the ``cnnt`` row: 12,279,905 parameters at its defaults."""
    return CNNT(**parameters)  # type: ignore[arg-type]
