"""GVTNet for projecting a volume to the image of its surface.

Source: Wang, Xie & Ji 2021, "Global voxel transformer networks for augmented microscopy", Methods.
``surface`` is ProjectionNet (21,561 parameters, table in ``layers/surface_projection.py``),
``restoration`` the 2D network for denoising (517,312).

Where paper and trained graph disagree (MODELS §13 row 7): the paper weights the voxels of a column
by probabilities and sums; what was trained averages them under unconstrained weights. The default
is the paper, because it learns within minutes; ``weighting="mean"`` is what was trained. The height
map is the mean plane under the probabilities, or under the positive part of unconstrained weights.
"""

from gvtstudio.networks.layers.global_voxel_transformer import GlobalOptions
from gvtstudio.networks.layers.surface_projection import GlobalVoxelProjection


class GVTNetProjection(GlobalVoxelProjection):
    """``(B, 1, Z, Y, X) → Projected``.

    Args:
        heads: Of every global operator (2 in the paper).
        choices: ``weighting``, ``base_channels`` and ``has_scale_head``.
    """

    def __init__(self, *, heads: int = 2, **choices: int | bool | str) -> None:
        super().__init__(GlobalOptions(heads=heads), **choices)  # type: ignore[arg-type]


def build(**parameters: int | bool | str) -> GVTNetProjection:
    """The network of the ``gvtnet_projection`` row: 538,873 parameters at its defaults."""
    return GVTNetProjection(**parameters)  # type: ignore[arg-type]
