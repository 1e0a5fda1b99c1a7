"""What the discriminators of the OT-cycleGAN see of a cube.

Athena is the paper: every plane of a cube is judged, and XY, XZ and YZ planes each have their own
discriminators, six in all. Apollo is what its authors came to use: four discriminators, for XY
planes and for both others together; of the restored cube they see the brightest voxels of a slab of
random depth, of measured and blurred cubes single planes (MODELS §6.4). A light sheet blurs and
stripes XZ and YZ planes differently, so that there Apollo too has discriminators for each.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

PLANES = {"XY": 2, "XZ": 3, "YZ": 4}
"""Name → axis of (B, C, Z, Y, X) that is walked along."""
SLABS = (2, 10)
"""Thinnest and thickest slab, in planes."""


class EveryPlane:
    """Athena: all planes of a cube, each by itself."""

    kinds: Mapping[str, str] = {"XY": "XY", "XZ": "XZ", "YZ": "YZ"}

    def sharp(self, cube: Tensor, chance: torch.Generator) -> Tensor:
        """Measured XY planes, which are sharp: (planes, C, Y, X)."""
        return self.single(cube, "XY", chance)

    def restored(self, cube: Tensor, plane: str, chance: torch.Generator) -> Tensor:
        """Of the generator's answer."""
        return self.single(cube, plane, chance)

    def single(self, cube: Tensor, plane: str, chance: torch.Generator) -> Tensor:
        """Of a measured cube, or one that was blurred again."""
        return cube.movedim(PLANES[plane], 1).flatten(0, 1)


class Projections:
    """Apollo: one plane or slab of a cube, drawn by chance.

    Args:
        separates_axial: Whether XZ and YZ planes have discriminators of their own.
    """

    def __init__(self, *, separates_axial: bool) -> None:
        self.kinds: Mapping[str, str] = (
            EveryPlane.kinds if separates_axial else {"XY": "lateral", "XZ": "axial", "YZ": "axial"}
        )

    def sharp(self, cube: Tensor, chance: torch.Generator) -> Tensor:
        """A measured XY plane, which is sharp: (B, C, Y, X)."""
        return self.single(cube, "XY", chance)

    def restored(self, cube: Tensor, plane: str, chance: torch.Generator) -> Tensor:
        """The brightest voxels of a slab of the generator's answer."""
        axis = PLANES[plane]
        depth = _drawn(SLABS[0], SLABS[1] + 1, chance)
        first = _drawn(0, max(cube.shape[axis] - depth, 1), chance)
        return cube.narrow(axis, first, depth).amax(axis)

    def single(self, cube: Tensor, plane: str, chance: torch.Generator) -> Tensor:
        """A plane of a measured cube, or of one that was blurred again."""
        axis = PLANES[plane]
        return cube.select(axis, _drawn(0, cube.shape[axis], chance))


Views = EveryPlane | Projections


def views_of(variant: str, *, light_sheet: bool) -> Views:
    """The way of looking of a variant, ``athena`` or ``apollo``."""
    if variant == "athena":
        return EveryPlane()
    return Projections(separates_axial=light_sheet)


def _drawn(first: int, stop: int, chance: torch.Generator) -> int:
    return int(torch.randint(first, stop, (1,), generator=chance))
