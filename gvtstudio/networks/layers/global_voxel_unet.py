"""The U-Net of the GVTNets for denoising, with global operators at the bottom and in decoding."""

import torch
from torch import Tensor
from torch.nn import functional

from gvtstudio.networks.declared import global_unet_needs
from gvtstudio.networks.layers.convolutions import HalvingConvolution, convolution
from gvtstudio.networks.layers.global_voxel_transformer import GlobalOptions, GlobalVoxelTransformer
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored, scale_of
from gvtstudio.networks.layers.residual_block import ResidualBlock


class GlobalVoxelUNet(Network):
    """``(B, C, *size) → Restored``, depth 3, without batch norm (Wang et al. 2021, Methods).

    The bottom is a same-size global voxel transformer, both up-samplings are up-size ones, skips
    are concatenated as [upsampled, skip], and the network predicts what must be added to its input.

    Args:
        dims: 2 or 3.
        options: Of the three global operators.
        in_channels: Of the image, which is also what is predicted.
        base_channels: Feature maps at full resolution (32 in the paper).
        has_scale_head: Whether to predict the scale of the Laplace loss.
    """

    def __init__(
        self,
        dims: int,
        options: GlobalOptions,
        *,
        in_channels: int = 1,
        base_channels: int = 32,
        has_scale_head: bool = True,
    ) -> None:
        super().__init__(global_unet_needs(dims), in_channels)
        c1, c2, c3 = base_channels, 2 * base_channels, 4 * base_channels
        self.first = convolution(dims, in_channels, c1, kernel=3)
        self.encoder1 = ResidualBlock(dims, c1, c1)
        self.down2 = HalvingConvolution(dims, c1, c2)
        self.encoder2 = ResidualBlock(dims, c2, c2)
        self.down3 = HalvingConvolution(dims, c2, c3)
        self.bottom = GlobalVoxelTransformer(dims, c3, c3, options=options)
        self.up2 = GlobalVoxelTransformer(dims, c3, c2, size="up", options=options)
        self.decoder2 = ResidualBlock(dims, 2 * c2, c2)
        self.up1 = GlobalVoxelTransformer(dims, c2, c1, size="up", options=options)
        self.decoder1 = ResidualBlock(dims, 2 * c1, c1)
        self.mean_head = convolution(dims, c1, in_channels, kernel=1)
        self.scale_head = convolution(dims, c1, in_channels, kernel=1) if has_scale_head else None

    def evaluate(self, x: Tensor) -> Restored:
        """Mean and scale of every voxel in the units of the (normalised) input."""
        skip1 = self.encoder1(self.first(x))
        skip2 = self.encoder2(self.down2(skip1))
        bottom = self.bottom(self.down3(skip2))
        level2 = self.decoder2(torch.cat([self.up2(bottom), skip2], dim=1))
        level1 = self.decoder1(torch.cat([self.up1(level2), skip1], dim=1))
        features = functional.relu6(level1)
        mean = x + self.mean_head(features)
        return Restored(mean, scale_of(self.scale_head, features) if self.scale_head else None)
