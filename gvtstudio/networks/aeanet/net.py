"""Augmented equivariant attention networks (AEANets).

Source: Xie, Ding & Ji, "Augmented equivariant attention networks for microscopy image
transformation", Methods. Their block is the same-size global voxel transformer with shared
references and batch-aware training (``layers/attention_keys.py``); it divides by the number of
keys, where the GVTNets divide by the number of queries (MODELS §13 row 3).

The network for electron microscopy, as trained (MODELS §4.1):

| layer | operator | channels |
|---|---|---|
| first | convolution 3 | 1 → 32 |
| encoder1 | residual block | 32 |
| down2, encoder2 | convolution 3 stride 2, residual block | 64 |
| down3 | convolution 3 stride 2 | 128 |
| bottom | augmented equivariant attention | 128 |
| up2, decoder2 | transposed convolution 4; with the skip: residual block | 64 |
| up1, decoder1 | transposed convolution 4; with the skip: residual block | 32 |
| activation, head | batch norm, ReLU6, convolution 1 | 1 |

It has batch norm everywhere and predicts the image itself, not what to add to it.

For volumes the paper puts the block at the bottom and in the up-samplings of the GVTNets, trained
with references only; its code for that does not run (MODELS §13 row 21), so these are built from
the text. The segmentation network is a 3D non-local U-Net with the same blocks.
"""

import torch
from torch import Tensor, nn

from gvtstudio.networks.aeanet.spec import IMAGE_NEEDS, SEGMENTATION_NEEDS
from gvtstudio.networks.layers.convolutions import (
    HalvingConvolution,
    convolution,
    transposed_convolution,
)
from gvtstudio.networks.layers.global_voxel_transformer import GlobalOptions, GlobalVoxelTransformer
from gvtstudio.networks.layers.global_voxel_unet import GlobalVoxelUNet
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.normalization import PreActivation
from gvtstudio.networks.layers.outputs import ClassScores, Restored
from gvtstudio.networks.layers.residual_block import HalvingResidualBlock, ResidualBlock
from gvtstudio.networks.layers.surface_projection import GlobalVoxelProjection


class AEANet2D(Network):
    """``(B, C, Y, X) → Restored``.

    Args:
        in_channels: Of the image, which is also what is predicted.
        base_channels: Feature maps at full resolution (32 in the paper).
        heads: Of the attention (2 in the paper).
        references: Learned voxels shared by all images (64 in the paper).
        is_batch_aware: Whether the first half of a training batch attends to all of that half.
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        base_channels: int = 32,
        heads: int = 2,
        references: int = 64,
        is_batch_aware: bool = True,
    ) -> None:
        super().__init__(IMAGE_NEEDS, in_channels)
        c1, c2, c3 = base_channels, 2 * base_channels, 4 * base_channels
        options = GlobalOptions(
            heads=heads,
            normalised=True,
            references=references,
            is_batch_aware=is_batch_aware,
            divide_by="keys",
        )
        self.first = convolution(2, in_channels, c1, kernel=3)
        self.encoder1 = ResidualBlock(2, c1, c1, normalised=True)
        self.down2 = HalvingConvolution(2, c1, c2)
        self.encoder2 = ResidualBlock(2, c2, c2, normalised=True)
        self.down3 = HalvingConvolution(2, c2, c3)
        self.bottom = GlobalVoxelTransformer(2, c3, c3, options=options)
        self.up2 = transposed_convolution(2, c3, c2, kernel=4)
        self.decoder2 = ResidualBlock(2, 2 * c2, c2, normalised=True)
        self.up1 = transposed_convolution(2, c2, c1, kernel=4)
        self.decoder1 = ResidualBlock(2, 2 * c1, c1, normalised=True)
        self.activation = PreActivation(2, c1, normalised=True)
        self.head = convolution(2, c1, in_channels, kernel=1)

    def evaluate(self, x: Tensor) -> Restored:
        """The transformed image on the scale of the targets."""
        skip1 = self.encoder1(self.first(x))
        skip2 = self.encoder2(self.down2(skip1))
        bottom = self.bottom(self.down3(skip2))
        level2 = self.decoder2(torch.cat([self.up2(bottom), skip2], dim=1))
        level1 = self.decoder1(torch.cat([self.up1(level2), skip1], dim=1))
        return Restored(self.head(self.activation(level1)))


class AEANetDenoising(GlobalVoxelUNet):
    """The GVTNet for denoising with shared references: ``(B, C, Z, Y, X) → Restored``."""

    def __init__(self, *, heads: int = 2, references: int = 64, **choices: int | bool) -> None:
        super().__init__(3, _with_references(heads, references), **choices)  # type: ignore[arg-type]


class AEANetProjection(GlobalVoxelProjection):
    """The GVTNet for projection with shared references: ``(B, 1, Z, Y, X) → Projected``."""

    def __init__(
        self, *, heads: int = 2, references: int = 64, **choices: int | bool | str
    ) -> None:
        super().__init__(_with_references(heads, references), **choices)  # type: ignore[arg-type]


class AEANetSegmentation(Network):
    """``(B, C_in, Z, Y, X) → ClassScores`` of ``(B, classes, Z, Y, X)``.

    A non-local U-Net of depth 3 (Wang, Zou, Shen & Ji 2020, "Non-local U-Nets for biomedical image
    segmentation"): batch norm, skips added, attention at the bottom and in both up-samplings, whose
    residual is a transposed convolution of its own (v1).

    Args:
        in_channels: Channels seen at once, such as T1 and T2.
        classes: Labels to tell apart.
        base_channels: Feature maps at full resolution (32 in the paper).
        heads: Of every attention.
        references: Learned voxels shared by all images.
        dropout: Share of the features left out in front of the last layer, in training.
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        classes: int = 4,
        base_channels: int = 32,
        heads: int = 1,
        references: int = 64,
        dropout: float = 0.5,
    ) -> None:
        super().__init__(SEGMENTATION_NEEDS, in_channels)
        c1, c2, c3 = base_channels, 2 * base_channels, 4 * base_channels
        options = GlobalOptions(
            heads=heads, version="v1", normalised=True, references=references, divide_by="keys"
        )
        self.first = convolution(3, in_channels, c1, kernel=3)
        self.encoder1 = ResidualBlock(3, c1, c1, normalised=True)
        self.encoder2 = HalvingResidualBlock(3, c1, c2, normalised=True)
        self.encoder3 = HalvingResidualBlock(3, c2, c3, normalised=True)
        self.bottom = GlobalVoxelTransformer(3, c3, c3, options=options)
        self.up2 = GlobalVoxelTransformer(3, c3, c2, size="up", options=options)
        self.decoder2 = ResidualBlock(3, c2, c2, normalised=True)
        self.up1 = GlobalVoxelTransformer(3, c2, c1, size="up", options=options)
        self.decoder1 = ResidualBlock(3, c1, c1, normalised=True)
        self.activation = PreActivation(3, c1, normalised=True)
        self.dropout = nn.Dropout(dropout)
        self.head = convolution(3, c1, classes, kernel=1, bias=True)

    def evaluate(self, x: Tensor) -> ClassScores:
        """Scores of every class at every voxel, before softmax."""
        skip1 = self.encoder1(self.first(x))
        skip2 = self.encoder2(skip1)
        bottom = self.bottom(self.encoder3(skip2))
        level2 = self.decoder2(self.up2(bottom) + skip2)
        level1 = self.decoder1(self.up1(level2) + skip1)
        return ClassScores(self.head(self.dropout(self.activation(level1))))


def _with_references(heads: int, references: int) -> GlobalOptions:
    return GlobalOptions(heads=heads, references=references, divide_by="keys")


def build_2d(**parameters: int | bool) -> AEANet2D:
    """The network of the ``aeanet_2d`` row: 572,480 parameters at its defaults."""
    return AEANet2D(**parameters)  # type: ignore[arg-type]


def build_denoising_3d(**parameters: int | bool) -> AEANetDenoising:
    """The network of the ``aeanet_denoising_3d`` row."""
    return AEANetDenoising(**parameters)


def build_projection(**parameters: int | bool | str) -> AEANetProjection:
    """The network of the ``aeanet_projection`` row."""
    return AEANetProjection(**parameters)  # type: ignore[arg-type]


def build_segmentation(**parameters: int | float) -> AEANetSegmentation:
    """The network of the ``aeanet_segmentation`` row."""
    return AEANetSegmentation(**parameters)  # type: ignore[arg-type]
