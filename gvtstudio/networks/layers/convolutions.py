"""Convolutions for 2D and 3D images with the padding the GVTNets were trained with.

TensorFlow's ``same`` padding of a 3-wide, stride-2 convolution on even sizes pads nothing before
and one voxel after; the transposed one yields exactly twice the size (MODELS §2.1).
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.layers.interleaving import interleaved_doubling, is_faster_interleaved

Convolution = nn.Conv2d | nn.Conv3d
TransposedConvolution = nn.ConvTranspose2d | nn.ConvTranspose3d
Layer = TypeVar("Layer", bound=Convolution | TransposedConvolution)

_CONVOLUTION: dict[int, Any] = {2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED: dict[int, Any] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}


def convolution(
    dims: int,
    in_channels: int,
    out_channels: int,
    *,
    kernel: int | Sequence[int],
    bias: bool = False,
) -> Convolution:
    """A stride-1 convolution that keeps the size; kernels are odd, one width or one per axis."""
    widths = (kernel,) * dims if isinstance(kernel, int) else tuple(kernel)
    layer: Convolution = _CONVOLUTION[dims](
        in_channels, out_channels, widths, padding=tuple(n // 2 for n in widths), bias=bias
    )
    return glorot_uniform(layer)


class HalvingConvolution(nn.Module):
    """Convolution with stride 2: ``(B, C_in, 2n, …) → (B, C_out, n, …)``.

    3 wide it sees a voxel and the two after it, 1 wide it takes every other voxel.
    """

    def __init__(
        self,
        dims: int,
        in_channels: int,
        out_channels: int,
        *,
        kernel: int = 3,
        bias: bool = False,
    ) -> None:
        super().__init__()
        self.convolution = glorot_uniform(
            _CONVOLUTION[dims](in_channels, out_channels, kernel, stride=2, bias=bias)
        )
        self._padding = (0, kernel // 2) * dims

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
        if is_faster_interleaved(x):
            return interleaved_doubling(self.convolution, x)
        doubled: Tensor = self.convolution(x)[self._crop]
        return doubled


def transposed_convolution(
    dims: int, in_channels: int, out_channels: int, *, kernel: int, bias: bool = False
) -> TransposedConvolution:
    """Transposed convolution of even width with stride 2, which doubles the size by itself."""
    layer: TransposedConvolution = _TRANSPOSED[dims](
        in_channels, out_channels, kernel, stride=2, padding=kernel // 2 - 1, bias=bias
    )
    return glorot_uniform(layer)


def glorot_uniform(layer: Layer) -> Layer:
    """Glorot uniform weights and zero biases, the default of TensorFlow's layers."""
    with torch.no_grad():
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return layer


def mixed_outputs(layer: nn.Module, matrix: Tensor) -> dict[str, Tensor]:
    """Parameters of ``matrix · layer(x)``, a mixture of a convolution's output channels.

    Args:
        layer: A (transposed) convolution or a module around one.
        matrix: (C_out, C_out).

    Returns:
        A new tensor for every parameter of the layer, by its name.
    """
    transposed = any(isinstance(m, TransposedConvolution) for m in layer.modules())
    mixed = {}
    for name, parameter in layer.named_parameters():
        axis = 1 if transposed and parameter.ndim > 1 else 0
        mixture = torch.tensordot(matrix, parameter.to(matrix.dtype), dims=([1], [axis]))
        mixed[name] = mixture.movedim(0, axis).to(parameter.dtype)
    return mixed
