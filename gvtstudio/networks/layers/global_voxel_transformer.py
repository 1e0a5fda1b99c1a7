"""Global voxel transformer operators (GVTO): every output voxel sees the whole volume.

For an input h with n voxels and a query with N voxels, per head of d channels:

    Y = q + out( (K Vᵀ / N)ᵀ · q/√d )        K, V: d × n    q: d × N

There is no softmax, so the d × d matrix K Vᵀ is formed first and the N × n attention map never
exists: cost and memory grow linearly with the volume. Source: Wang, Xie & Ji (2021), "Global voxel
transformer networks for augmented microscopy", Fig. 1 and Methods. As in the networks that were
really trained, and beyond the paper's formula, the query is scaled by 1/√d, the result passes a
1×1×1 convolution with bias, and N counts the query's voxels (MODELS §2.1 and §13 rows 2 and 3).
"""

from typing import Literal

import torch
from torch import Tensor, nn

from gvtstudio.networks.layers.convolutions import (
    DoublingConvolution,
    HalvingConvolution,
    convolution,
)

Size = Literal["same", "down", "up"]
Version = Literal["v1", "v2"]

_QUERY = {"down": HalvingConvolution, "up": DoublingConvolution}


class GlobalVoxelTransformer(nn.Module):
    """One operator that keeps, halves or doubles the size.

    Args:
        dims: 2 or 3 spatial dimensions.
        in_channels: Of the input; the operator activates it with ReLU6 first.
        out_channels: Of the output; must be a multiple of ``heads``.
        heads: Independent operators side by side.
        size: ``same`` adds the input, ``down`` halves every axis, ``up`` doubles it.
        version: What ``down`` and ``up`` add: v1 a (transposed) convolution of its own, v2 the
            unscaled query.

    Raises:
        ValueError: Channels that do not divide, or ``same`` with other channels.
    """

    def __init__(
        self,
        dims: int,
        in_channels: int,
        out_channels: int,
        *,
        heads: int = 1,
        size: Size = "same",
        version: Version = "v2",
    ) -> None:
        super().__init__()
        if out_channels % heads:
            raise ValueError(f"{out_channels} channels do not divide into {heads} heads")
        if size == "same" and in_channels != out_channels:
            raise ValueError("a same-size operator keeps the number of channels")
        self.heads = heads
        self.size = size
        self.query = (
            convolution(dims, in_channels, out_channels, kernel=1, bias=True)
            if size == "same"
            else _QUERY[size](dims, in_channels, out_channels, bias=True)
        )
        self.key = convolution(dims, in_channels, out_channels, kernel=1, bias=True)
        self.value = convolution(dims, in_channels, out_channels, kernel=1, bias=True)
        self.out = convolution(dims, out_channels, out_channels, kernel=1, bias=True)
        self.shortcut = (
            _QUERY[size](dims, in_channels, out_channels)
            if size != "same" and version == "v1"
            else None
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C_in, *size) → (B, C_out, *new size)``."""
        activated = nn.functional.relu6(x)
        query = self.query(activated)
        attended = self.out(
            attend_globally(query, self.key(activated), self.value(activated), self.heads)
        )
        if self.size == "same":
            residual = x
        else:
            residual = query if self.shortcut is None else self.shortcut(activated)
        transformed: Tensor = residual + attended
        return transformed


def attend_globally(query: Tensor, key: Tensor, value: Tensor, heads: int) -> Tensor:
    """``(K Vᵀ / N)ᵀ · q/√d`` per head.

    Args:
        query: (B, C, *query size).
        key: (B, C, *key size).
        value: (B, C, *key size).
        heads: C divides into this many groups of d channels.

    Returns:
        (B, C, *query size).
    """
    batch, channels = query.shape[:2]
    depth = channels // heads
    q = query.reshape(batch, heads, depth, -1)
    k = key.reshape(batch, heads, depth, -1)
    v = value.reshape(batch, heads, depth, -1)
    # Sums over a million voxels lose their small terms in half precision: scale before, not after.
    # The divisor is split evenly so that neither factor leaves the range of float16.
    scale = q.shape[-1] ** -0.5
    summary = torch.matmul(v * scale, (k * scale).transpose(-1, -2))
    attended = torch.matmul(summary, q * depth**-0.5)
    return attended.reshape(query.shape)
