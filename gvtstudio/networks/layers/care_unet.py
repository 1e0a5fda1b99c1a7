"""The U-Net of CARE, alone or behind a projection.

Source: Weigert et al. 2018, "Content-aware image restoration: pushing the limits of fluorescence
microscopy", Online Methods; constants as in its software (MODELS §7.1).

| layer | operator | channels |
|---|---|---|
| encoder1 | 2 convolutions | 1 → 32 → 32 |
| encoder2 | maximum of 2, 2 convolutions | 64 → 64 |
| bottom | maximum of 2, 2 convolutions | 128 → 64 |
| decoder2 | nearest voxel twice, [up, encoder2], 2 convolutions | 64 → 32 |
| decoder1 | nearest voxel twice, [up, encoder1], 2 convolutions | 32 → 32 |
| mean_head, scale_head | convolution 1 | 1 each |

Convolutions are 3 wide in volumes and 5 wide in images, with bias and ReLU. The last one of a level
already has the channels of the level above, so an up-sampling changes none.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.layers.convolutions import convolution
from gvtstudio.networks.layers.outputs import Restored, scale_of
from gvtstudio.networks.layers.rectified_convolution import RectifiedConvolution

KERNEL = {2: 5, 3: 3}
_MAXIMUM = {2: nn.MaxPool2d, 3: nn.MaxPool3d}


class CareUNet(nn.Module):
    """``(B, C, *size) → Restored``; sizes must divide by 4.

    Args:
        dims: 2 or 3.
        in_channels: Of the image, which is also what is predicted.
        base_channels: Feature maps at full resolution (32 in the paper).
        has_scale_head: Whether to predict the scale of the Laplace loss.
    """

    def __init__(
        self, dims: int, in_channels: int, *, base_channels: int, has_scale_head: bool
    ) -> None:
        super().__init__()
        c1, c2, c3 = base_channels, 2 * base_channels, 4 * base_channels
        self.halve = _MAXIMUM[dims](2)
        self.encoder1 = _two_convolutions(dims, in_channels, c1, c1)
        self.encoder2 = _two_convolutions(dims, c1, c2, c2)
        self.bottom = _two_convolutions(dims, c2, c3, c2)
        self.decoder2 = _two_convolutions(dims, c2 + c2, c2, c1)
        self.decoder1 = _two_convolutions(dims, c1 + c1, c1, c1)
        self.mean_head = convolution(dims, c1, in_channels, kernel=1, bias=True)
        self.scale_head = (
            convolution(dims, c1, in_channels, kernel=1, bias=True) if has_scale_head else None
        )

    def forward(self, x: Tensor) -> Restored:
        """Mean and scale of every voxel in the units of the (normalised) input."""
        skip1 = self.encoder1(x)
        skip2 = self.encoder2(self.halve(skip1))
        bottom = self.bottom(self.halve(skip2))
        level2 = self.decoder2(torch.cat([_doubled(bottom), skip2], dim=1))
        level1 = self.decoder1(torch.cat([_doubled(level2), skip1], dim=1))
        mean = x + self.mean_head(level1)
        return Restored(mean, scale_of(self.scale_head, level1) if self.scale_head else None)


def _two_convolutions(
    dims: int, in_channels: int, between: int, out_channels: int
) -> nn.Sequential:
    return nn.Sequential(
        RectifiedConvolution(dims, in_channels, between, kernel=KERNEL[dims]),
        RectifiedConvolution(dims, between, out_channels, kernel=KERNEL[dims]),
    )


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")
