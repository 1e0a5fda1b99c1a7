"""GVTNet for denoising.

Source: Wang, Xie & Ji 2021, "Global voxel transformer networks for augmented microscopy", Methods;
every constant as in the graphs that were really trained.

| layer | operator | channels |
|---|---|---|
| first | convolution 3 | 1 → 32 |
| encoder1 | residual block | 32 |
| down2, encoder2 | convolution 3 stride 2, residual block | 64 |
| down3 | convolution 3 stride 2 | 128 |
| bottom | same-size global voxel transformer | 128 |
| up2, decoder2 | up-size operator; with the skip: residual block | 64 |
| up1, decoder1 | up-size operator; with the skip: residual block | 32 |
| mean_head, scale_head | ReLU6, convolution 1 | 1 each |

Where paper and trained graph disagree (MODELS §13) this is what was trained: ReLU6 for ReLU, the
scale head reads the activated features, and it exists only for the loss.
"""

from gvtstudio.networks.layers.global_voxel_transformer import GlobalOptions
from gvtstudio.networks.layers.global_voxel_unet import GlobalVoxelUNet


class GVTNetDenoising(GlobalVoxelUNet):
    """``(B, C, *size) → Restored``.

    Args:
        dims: 2 or 3.
        heads: Of every operator (2 in the paper).
        choices: ``in_channels``, ``base_channels`` (32 in the paper) and ``has_scale_head``.
    """

    def __init__(self, dims: int, *, heads: int = 2, **choices: int | bool) -> None:
        super().__init__(dims, GlobalOptions(heads=heads), **choices)  # type: ignore[arg-type]


def build_3d(**parameters: int | bool) -> GVTNetDenoising:
    """The network of the ``gvtnet_denoising_3d`` row: 1,347,360 parameters at its defaults."""
    return GVTNetDenoising(3, **parameters)


def build_2d(**parameters: int | bool) -> GVTNetDenoising:
    """The network of the ``gvtnet_denoising_2d`` row: 517,344 parameters at its defaults."""
    return GVTNetDenoising(2, **parameters)
