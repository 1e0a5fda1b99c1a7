"""CARE projection: finds the surface in a volume and restores the image of it.

Source: Weigert et al. 2018, "Content-aware image restoration: pushing the limits of fluorescence
microscopy", Online Methods; constants as in its software (MODELS §7.1).

| layer | operator | channels | size in Y, X |
|---|---|---|---|
| encoder.0 … 3 | convolution 3, ReLU, each then maximum of 2 × 2 | 8 | 1 … 1/8 |
| bottom | convolution 3, ReLU | 8 | 1/16 |
| decoder.0 … 3 | nearest voxel twice, convolution 3, ReLU | 8 | 1/8 … 1 |
| weigh | convolution 3 to one score per voxel, softmax over Z | 1 | 1 |
| – | sum over Z of the voxels, weighted | 1 | 1 |
| restoration | 2D U-Net of CARE, see ``layers/care_unet.py`` | 1 → 32 … 128 … 32 | 1 |

Z is never reduced before the sum. The first half has no skips and its channels do not double: that
is what the 14,329 parameters of the published network leave room for. Beyond the paper, the height
of the surface is an output too: the mean plane under the weights.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.care_projection.spec import NEEDS
from gvtstudio.networks.layers.care_unet import CareUNet
from gvtstudio.networks.layers.convolutions import convolution
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Projected
from gvtstudio.networks.layers.rectified_convolution import RectifiedConvolution

LEVELS = 4
CHANNELS = 8
POOL = (1, 2, 2)


class Sheet(NamedTuple):
    """A volume summed over Z: the image ``(B, C, Y, X)`` and its mean plane ``(B, 1, Y, X)``."""

    image: Tensor
    height: Tensor


class SoftmaxProjection(nn.Module):
    """``(B, C, Z, Y, X) → Sheet``; Y and X must divide by 16."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        channels = [in_channels] + [CHANNELS] * (LEVELS - 1)
        self.encoder = nn.ModuleList([_convolution(c) for c in channels])
        self.bottom = _convolution(CHANNELS)
        self.decoder = nn.ModuleList([_convolution(CHANNELS) for _ in range(LEVELS)])
        self.weigh = convolution(3, CHANNELS, 1, kernel=3, bias=True)

    def forward(self, x: Tensor) -> Sheet:
        """Image and height of the surface."""
        scores = self.scores(x)
        # at least float32: shares of many planes would lose their small values in half precision
        shares = torch.softmax(scores.to(torch.promote_types(scores.dtype, torch.float32)), dim=2)
        planes = torch.arange(x.shape[2], device=x.device, dtype=shares.dtype)
        height = (shares * planes[:, None, None]).sum(dim=2)
        return Sheet((shares.to(x.dtype) * x).sum(dim=2), height)

    def scores(self, x: Tensor) -> Tensor:
        """How much each voxel looks like the surface, ``(B, 1, Z, Y, X)``, without bounds."""
        h = x
        for layer in self.encoder:
            h = functional.max_pool3d(layer(h), POOL)
        h = self.bottom(h)
        for layer in self.decoder:
            h = layer(functional.interpolate(h, scale_factor=POOL, mode="nearest"))
        scores: Tensor = self.weigh(h)
        return scores


def _convolution(in_channels: int) -> RectifiedConvolution:
    return RectifiedConvolution(3, in_channels, CHANNELS, kernel=3)


class CareProjection(Network):
    """``(B, C, Z, Y, X) → Projected``.

    Args:
        in_channels: Of the volume, which is also what is predicted.
        base_channels: Feature maps of the restoration at full resolution (32 in the paper).
        has_scale_head: Whether to predict the scale of the Laplace loss.
    """

    def __init__(
        self, *, in_channels: int = 1, base_channels: int = 32, has_scale_head: bool = False
    ) -> None:
        super().__init__(NEEDS, in_channels)
        self.projection = SoftmaxProjection(in_channels)
        self.restoration = CareUNet(
            2, in_channels, base_channels=base_channels, has_scale_head=has_scale_head
        )

    def evaluate(self, x: Tensor) -> Projected:
        """The restored image of the surface, its height, and the scale of the image."""
        sheet = self.projection(x)
        restored = self.restoration(sheet.image)
        return Projected(restored.mean, sheet.height, restored.scale)


def build(**parameters: int | bool) -> CareProjection:
    """The network of the ``care_projection`` row: 937,306 parameters at its defaults."""
    return CareProjection(**parameters)  # type: ignore[arg-type]
