"""Which voxels of its input a layer needs for which voxels of its output."""

from fractions import Fraction
from math import ceil
from typing import NamedTuple

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from gvtstudio.networks.layers.channel_attention import ChannelAttention
from gvtstudio.networks.layers.convolutions import DoublingConvolution, HalvingConvolution
from gvtstudio.networks.layers.global_voxel_transformer import GlobalVoxelTransformer
from gvtstudio.networks.layers.normalization import PreActivation

Span = tuple[int, int]


class Geometry(NamedTuple):
    """Of a layer along one axis.

    Args:
        scale: Voxels of output per voxel of input.
        before: Voxels of input needed in front of those that lie under the output.
        after: Voxels of input needed behind them.
    """

    scale: Fraction = Fraction(1)
    before: int = 0
    after: int = 0

    def needed(self, span: Span) -> Span:
        """The input for an output from ``span[0]`` to ``span[1]``, ends not cut off.

        The first voxel returned is a multiple of the step, so that a layer run on the piece puts
        its strides where they lie in the whole.
        """
        grown, step = self.scale.numerator, self.scale.denominator
        start = span[0] * step // grown - self.before
        stop = -(-span[1] * step // grown) + self.after
        return start // step * step, stop


POINTWISE = Geometry()
_POINTWISE_LAYERS = (
    _BatchNorm, PreActivation, ChannelAttention, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.Sigmoid,
    nn.Softplus, nn.GELU, nn.Dropout, nn.Identity,
)  # fmt: skip


def geometry_of(layer: nn.Module) -> tuple[Geometry, ...] | None:
    """The geometry along each axis; one for all axes alike; ``None`` for layers made of others."""
    if isinstance(layer, _POINTWISE_LAYERS):
        return (POINTWISE,)
    if isinstance(layer, GlobalVoxelTransformer):
        return _of_operator(layer)
    if isinstance(layer, HalvingConvolution):
        kernel = layer.convolution.kernel_size[0]
        return (Geometry(Fraction(1, 2), 0, kernel - 2 if kernel > 1 else 0),)
    if isinstance(layer, DoublingConvolution):
        return (Geometry(Fraction(2), 1, 0),)
    if isinstance(layer, nn.Conv2d | nn.Conv3d):
        return tuple(
            Geometry(Fraction(1, stride), padding, max(kernel - padding - stride, 0))
            for kernel, stride, padding in zip(
                layer.kernel_size, layer.stride, layer.padding, strict=True
            )
            if isinstance(padding, int)
        )
    if isinstance(layer, nn.ConvTranspose2d | nn.ConvTranspose3d):
        reach = (layer.kernel_size[0] - layer.stride[0] + 1) // 2  # on both sides, in output voxels
        wide = ceil(reach / layer.stride[0])
        return (Geometry(Fraction(layer.stride[0]), wide, wide),)
    if isinstance(layer, nn.MaxPool2d | nn.MaxPool3d):
        assert isinstance(layer.kernel_size, int)
        return (Geometry(Fraction(1, layer.kernel_size)),)
    return None


def _of_operator(layer: GlobalVoxelTransformer) -> tuple[Geometry, ...]:
    if layer.size == "up4":
        return (POINTWISE, Geometry(Fraction(4)), Geometry(Fraction(4)))
    return {
        "same": (POINTWISE,),
        "down": (Geometry(Fraction(1, 2), 0, 2),),
        "up": (Geometry(Fraction(2), 1, 0),),
    }[layer.size]
