"""Volumes in transmitted light with the fluorescence of the same field, and patches of them.

A label that a volume lacks is NaN in its targets; losses and judges leave that out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gvtstudio.domain.calibration import Calibration
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import slices_of
from gvtstudio.prediction.mirrored import MirroredVolume
from gvtstudio.training.covering_walk import CoveringWalk, Patch3
from gvtstudio.training.fields import VoxelSize, calibration_with
from gvtstudio.training.patches import choose_corner
from gvtstudio.training.validation import LARGEST_CROP, ValidationPair, middle_of

LARGEST_SHOWN = 256
"""Width of the middle of a plane that is validated, where a network works in windows."""


@dataclass(frozen=True, slots=True)
class StainedVolume:
    """What is seen of a volume, and what stains would show of it.

    Args:
        image: (Z, Y, X) in transmitted light, raw intensities.
        scale: Brings it to the network's scale.
        stains: (Z, Y, X) each, or (1, Y, X) of a stack of planes; ``None`` where a label is
            missing, but never all of them.
        stain_scales: Bring the stains to the network's scale; those of missing ones are not used.
    """

    image: np.ndarray
    scale: PercentileNormalization
    stains: tuple[np.ndarray | None, ...]
    stain_scales: tuple[PercentileNormalization, ...]

    @property
    def shape(self) -> Patch3:
        """(Z, Y, X) of what is to be predicted."""
        z, y, x = self.known[0].shape
        return z, y, x

    @property
    def known(self) -> list[np.ndarray]:
        """The stains that are there."""
        return [stain for stain in self.stains if stain is not None]


@dataclass(frozen=True, slots=True)
class StainedField:
    """All volumes of one field of view: training and validation never share a field."""

    name: str
    volumes: list[StainedVolume]
    voxel_um: VoxelSize | None

    @property
    def calibration(self) -> Calibration:
        """The voxel size as stacks carry it."""
        return calibration_with(self.voxel_um)


@dataclass(frozen=True, slots=True)
class View:
    """What a network is shown to predict a patch.

    Args:
        planes: That go in as channels, those around the plane that is predicted; 0 for a network
            for volumes, which is shown the patch itself.
        window: Width of the patches of a network that works in windows and sees half a window on
            every side; else 0.
    """

    planes: int = 0
    window: int = 0

    def shown(self, volume: StainedVolume, corner: Patch3, size: Patch3) -> np.ndarray:
        """The normalised input for a patch, (C, Z, Y, X)."""
        z, *across = corner
        depth, *width = size
        margin = self.window // 2
        around = [(at - margin, at + n + margin) for at, n in zip(across, width, strict=True)]
        if not self.planes:
            return _cut(volume.image, ((z, z + depth), *around), volume.scale)[None]
        is_one_plane = volume.shape[0] < len(volume.image)
        first = 0 if is_one_plane else z - self.planes // 2
        block = _cut(
            volume.image, ((first, first + depth + self.planes - 1), *around), volume.scale
        )
        return np.stack([block[k : k + depth] for k in range(self.planes)])


def stains_of(volume: StainedVolume, corner: Patch3, size: Patch3) -> np.ndarray:
    """The normalised target of a patch, (stains, Z, Y, X), NaN where a label is missing."""
    spans = [(at, at + n) for at, n in zip(corner, size, strict=True)]
    both = zip(volume.stains, volume.stain_scales, strict=True)
    return np.stack(
        [
            np.full(size, np.nan, np.float32) if stain is None else _cut(stain, spans, scale)
            for stain, scale in both
        ]
    )


class StainedPatches:
    """Patches of transmitted light and of their stains.

    Patches with an even number walk over all voxels of all volumes; those with an odd one mostly
    lie where there is much to be seen of a stain drawn by lot. What is drawn follows from the
    number and the generator alone.

    Args:
        volumes: They are cut first and normalised then.
        view: What the network is shown.
        patch: Size to predict, (Z, Y, X).
        seed: Of the order in which places are visited.
    """

    def __init__(
        self, volumes: Sequence[StainedVolume], view: View, patch: Patch3, seed: int
    ) -> None:
        self._volumes = volumes
        self._view = view
        self._patch = patch
        self._walk = CoveringWalk([volume.shape for volume in volumes], patch, seed)
        sizes = torch.tensor([volume.image.size for volume in volumes], dtype=torch.float64)
        # a big field is seen as often as its size deserves, a small one not never
        self._odds = torch.sqrt(sizes)

    def draw(self, number: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The normalised input (C, Z, Y, X) and target (stains, Z, Y, X) of one patch.

        Args:
            number: Of the patch, counted over the whole training.
            generator: Source of randomness.
        """
        if number % 2:
            index = int(torch.multinomial(self._odds, 1, generator=generator))
            known = self._volumes[index].known
            lot = int(torch.randint(len(known), (1,), generator=generator))
            corner = choose_corner(known[lot], self._patch, generator)
        else:
            index, corner = self._walk.place(number // 2)
        return _pair(self._volumes[index], self._view, corner, self._patch)


def validation_crops(
    volumes: Iterable[StainedVolume], view: View, width: int
) -> list[ValidationPair]:
    """The middle of every volume kept apart, (1, C, Z, Y, X), and its stains.

    Args:
        volumes: Kept apart.
        view: What the network is shown.
        width: Of a patch; where the network works in windows, the middle of the middle plane is
            cut into windows, one crop each.
    """
    crops = []
    for volume in volumes:
        if not view.window:
            z, y, x = middle_of(volume.shape, LARGEST_CROP)
            depth, height, across = (part.stop - part.start for part in (z, y, x))
            places, size = [(z.start, y.start, x.start)], (depth, height, across)
        else:
            z, y, x = middle_of(volume.shape, (1, LARGEST_SHOWN, LARGEST_SHOWN))
            size = (1, width, width)
            rows, columns = (_starts(part, width) for part in (y, x))
            places = [(z.start, row, column) for row in rows for column in columns]
        for corner in places:
            image, stains = _pair(volume, view, corner, size)
            crops.append((image[None], stains[None]))
    return crops


def _pair(volume: StainedVolume, view: View, corner: Patch3, size: Patch3) -> tuple[Tensor, Tensor]:
    image, stains = view.shown(volume, corner, size), stains_of(volume, corner, size)
    return torch.from_numpy(image), torch.from_numpy(stains)


def _starts(part: slice, width: int) -> list[int]:
    """Where windows that lie inside begin; at least one."""
    return [part.start, *range(part.start + width, part.stop - width + 1, width)]


def _cut(
    volume: np.ndarray, spans: Sequence[tuple[int, int]], scale: PercentileNormalization
) -> np.ndarray:
    """A normalised part of a volume, which goes on mirrored beyond its ends."""
    before = [max(-start, 0) for start, _ in spans]
    mirrored = MirroredVolume(
        volume.shape, lambda box: volume[slices_of(box)], [(n, 0) for n in before]
    )
    shifted = ((a + n, b + n) for (a, b), n in zip(spans, before, strict=True))
    return scale.apply(mirrored.read(tuple(shifted)))
