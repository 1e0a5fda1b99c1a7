"""Convolutions for 2D and 3D images with the padding the GVTNets were trained with.

TensorFlow's ``same`` padding of a 3-wide, stride-2 convolution on even sizes pads nothing before
and one voxel after; the transposed one yields exactly twice the size (MODELS §2.1).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

_CONVOLUTION = {2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}


def convolution(
    dims: int, in_channels: int, out_channels: int, *, kernel: int, bias: bool = False
) -> nn.Module:
    """A stride-1 convolution that keeps the size."""
    layer: nn.Module = _CONVOLUTION[dims](
        in_channels, out_channels, kernel, padding=kernel // 2, bias=bias
    )
    return glorot_uniform(layer)


class HalvingConvolution(nn.Module):
    """3-wide convolution with stride 2: ``(B, C_in, 2n, …) → (B, C_out, n, …)``."""

    def __init__(
        self, dims: int, in_channels: int, out_channels: int, *, bias: bool = False
    ) -> None:
        super().__init__()
        self.convolution = glorot_uniform(
            _CONVOLUTION[dims](in_channels, out_channels, 3, stride=2, bias=bias)
        )
        self._padding = (0, 1) * dims

    def forward(self, x: Tensor) -> Tensor:
        """Halve every spatial axis; sizes must be even."""
        halved: Tensor = self.convolution(functional.pad(x, self._padding))
        return halved


class DoublingConvolution(nn.Module):
    """3-wide transposed convolution with stride 2: ``(B, C_in, n, …) → (B, C_out, 2n, …)``."""

    def __init__(
        self, dims: int, in_channels: int, out_channels: int, *, bias: bool = False
    ) -> None:
        super().__init__()
        self.convolution = glorot_uniform(
            _TRANSPOSED[dims](in_channels, out_channels, 3, stride=2, bias=bias)
        )
        self._crop = (..., *([slice(0, -1)] * dims))

    def forward(self, x: Tensor) -> Tensor:
        """Double every spatial axis."""
        doubled: Tensor = self.convolution(x)[self._crop]
        return doubled


def glorot_uniform(layer: nn.Module) -> nn.Module:
    """Glorot uniform weights and zero biases, the default of TensorFlow's layers."""
    with torch.no_grad():
        nn.init.xavier_uniform_(layer.weight)  # type: ignore[arg-type]
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer
