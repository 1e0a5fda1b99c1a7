"""GVTNet for denoising.

Source: Wang, Xie & Ji 2021, "Global voxel transformer networks for augmented microscopy", Methods;
every constant as in the graphs that were really trained.

A U-Net of depth 3 without batch norm. The bottom is a same-size global voxel transformer, both
up-samplings are up-size ones (v2), and skips are concatenated as [upsampled, skip]. The network
predicts what must be added to its input.

Where paper and trained graph disagree (MODELS §13) this is what was trained: ReLU6 for ReLU, the
scale head reads the activated features, and it exists only for the loss.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.layers.convolutions import HalvingConvolution, convolution
from gvtstudio.networks.layers.global_voxel_transformer import GlobalVoxelTransformer
from gvtstudio.networks.layers.residual_block import ResidualBlock

SMALLEST_SCALE = 1e-3


class Denoised(NamedTuple):
    """What the network says of each voxel, both ``(B, 1, *size)``.

    ``scale`` is the width of the Laplace distribution around ``mean``, ``None`` without that head.
    """

    mean: Tensor
    scale: Tensor | None


class GVTNetDenoising(nn.Module):
    """``(B, 1, *size) → Denoised``; every spatial size must divide by 4.

    Args:
        dims: 2 or 3.
        base_channels: Feature maps at full resolution (32 in the paper).
        heads: Of every operator (2 in the paper).
        has_scale_head: Whether to predict the scale of the Laplace loss.
    """

    def __init__(
        self, dims: int, *, base_channels: int = 32, heads: int = 2, has_scale_head: bool = True
    ) -> None:
        super().__init__()
        c1, c2, c3 = base_channels, 2 * base_channels, 4 * base_channels
        self.first = convolution(dims, 1, c1, kernel=3)
        self.encoder1 = ResidualBlock(dims, c1, c1)
        self.down2 = HalvingConvolution(dims, c1, c2)
        self.encoder2 = ResidualBlock(dims, c2, c2)
        self.down3 = HalvingConvolution(dims, c2, c3)
        self.bottom = GlobalVoxelTransformer(dims, c3, c3, heads=heads)
        self.up2 = GlobalVoxelTransformer(dims, c3, c2, heads=heads, size="up")
        self.decoder2 = ResidualBlock(dims, 2 * c2, c2)
        self.up1 = GlobalVoxelTransformer(dims, c2, c1, heads=heads, size="up")
        self.decoder1 = ResidualBlock(dims, 2 * c1, c1)
        self.mean_head = convolution(dims, c1, 1, kernel=1)
        self.scale_head = convolution(dims, c1, 1, kernel=1) if has_scale_head else None

    def forward(self, x: Tensor) -> Denoised:
        """Mean and scale of every voxel in the units of the (normalised) input."""
        skip1 = self.encoder1(self.first(x))
        skip2 = self.encoder2(self.down2(skip1))
        bottom = self.bottom(self.down3(skip2))
        level2 = self.decoder2(torch.cat([self.up2(bottom), skip2], dim=1))
        level1 = self.decoder1(torch.cat([self.up1(level2), skip1], dim=1))
        features = functional.relu6(level1)
        mean = x + self.mean_head(features)
        if self.scale_head is None:
            return Denoised(mean, None)
        # softplus loses its small values in half precision
        scale = functional.softplus(self.scale_head(features).float()) + SMALLEST_SCALE
        return Denoised(mean, scale)


def build_3d(**parameters: int | bool) -> GVTNetDenoising:
    """The network of the ``gvtnet_denoising_3d`` row: 1,347,360 parameters at its defaults."""
    return GVTNetDenoising(3, **parameters)  # type: ignore[arg-type]


def build_2d(**parameters: int | bool) -> GVTNetDenoising:
    """The network of the ``gvtnet_denoising_2d`` row: 517,344 parameters at its defaults."""
    return GVTNetDenoising(2, **parameters)  # type: ignore[arg-type]
