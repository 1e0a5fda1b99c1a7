"""Training cubes cut from volumes whose voxels are as deep as wide.

Cubes with an even number walk over all voxels of all volumes; those with an odd one are turned
about Z by any angle, about places where there is much to be seen. Both are mirrored by chance.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.training.covering_walk import CoveringWalk
from gvtstudio.training.patches import choose_corner, cut_patch

QUARTER = math.pi / 2


class IsotropicVolume(NamedTuple):
    """A volume with voxels as deep as wide.

    Args:
        image: (Z, Y, X), raw intensities.
        scale: Brings it to the network's scale.
    """

    image: np.ndarray
    scale: PercentileNormalization

    def normalised(self, places: tuple[slice, slice, slice]) -> np.ndarray:
        """A part of it, float32; what lies outside 0 to 1 is saturated, as in the paper."""
        values: np.ndarray = np.clip(self.scale.apply(self.image[places]), 0, 1)
        return values


class IsotropicCubes:
    """Draws cubes, each as target of itself: its XY planes are what the network learns from.

    Args:
        volumes: To cut from; smaller ones are continued mirrored.
        edge: Of a cube, in voxels.
        seed: Of the order in which places are visited.
        turns: Whether cubes may be turned about Z. Where a light sheet has a direction they are
            only mirrored, so that XZ and YZ planes stay what they are.
    """

    def __init__(
        self, volumes: Sequence[IsotropicVolume], edge: int, seed: int, *, turns: bool = True
    ) -> None:
        self._volumes = volumes
        self._edge = edge
        self._turns = turns
        cube = (edge, edge, edge)
        self._walk = CoveringWalk([volume.image.shape for volume in volumes], cube, seed)
        sizes = torch.tensor([volume.image.size for volume in volumes], dtype=torch.float64)
        self._odds = torch.sqrt(sizes)

    def draw(self, number: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A cube (1, Z, Y, X), normalised, twice.

        Args:
            number: Of the cube, counted over the whole training.
            generator: Source of randomness.
        """
        if number % 2:
            cube = self._turned(generator)
        else:
            index, corner = self._walk.place(number // 2)
            cube = self._straight(self._volumes[index], corner)
            if self._turns:
                cube = cube.rot90(_whole(4, generator), (1, 2))
        axes = [axis for axis in range(3) if _whole(2, generator)]
        cube = cube.flip(axes)[None].contiguous()
        return cube, cube

    def _turned(self, generator: torch.Generator) -> Tensor:
        """About the middle of a place with much contrast, if the volume reaches far enough."""
        volume = self._volumes[int(torch.multinomial(self._odds, 1, generator=generator))]
        edge = self._edge
        angle = 4 * QUARTER * float(torch.rand(1, generator=generator)) if self._turns else 0.0
        needed = math.ceil(edge * (abs(math.cos(angle)) + abs(math.sin(angle)))) + 4
        if angle == 0 or needed > min(volume.image.shape[1:]):
            corner = choose_corner(volume.image, (edge, edge, edge), generator)
            return self._straight(volume, corner).rot90(round(angle / QUARTER), (1, 2))
        corner = choose_corner(volume.image, (edge, needed, needed), generator)
        piece = self._straight(volume, corner, (edge, needed, needed))
        return _turned(piece, angle, edge)

    def _straight(
        self,
        volume: IsotropicVolume,
        corner: tuple[int, int, int],
        size: tuple[int, int, int] | None = None,
    ) -> Tensor:
        size = size or (self._edge,) * 3
        z, y, x = (slice(c, c + n) for c, n in zip(corner, size, strict=True))
        piece = cut_patch(volume.normalised((z, y, x)), (0, 0, 0), size)
        return torch.from_numpy(np.ascontiguousarray(piece))


def _turned(piece: Tensor, angle: float, edge: int) -> Tensor:
    """The middle square of every plane, turned by an angle; bicubic, so that it stays sharp."""
    places = torch.arange(edge) - (edge - 1) / 2
    y, x = torch.meshgrid(places, places, indexing="ij")
    rows = math.cos(angle) * y - math.sin(angle) * x
    columns = math.sin(angle) * y + math.cos(angle) * x
    middles = [(n - 1) / 2 for n in piece.shape[1:]]
    grid = torch.stack([columns / middles[1], rows / middles[0]], dim=-1)[None]
    # the planes go as channels, which all share the places
    turned = functional.grid_sample(piece[None], grid, mode="bicubic", align_corners=True)
    return turned[0].clamp_(0, 1)


def _whole(stop: int, generator: torch.Generator) -> int:
    return int(torch.randint(stop, (1,), generator=generator))
