"""Volumes of one or more channels whose voxels are labelled, and training patches of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gvtstudio.domain.calibration import Calibration
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.training.covering_walk import CoveringWalk, Patch3
from gvtstudio.training.fields import VoxelSize, calibration_with
from gvtstudio.training.patches import cut_patch


@dataclass(frozen=True, slots=True)
class LabelledVolume:
    """What is seen of a volume, and what it shows.

    Args:
        channels: (Z, Y, X) each, raw intensities.
        scales: Brings each channel to the network's scale.
        labels: (Z, Y, X), whole numbers of any type, as in the file.
    """

    channels: tuple[np.ndarray, ...]
    scales: tuple[PercentileNormalization, ...]
    labels: np.ndarray

    def normalised(self, corner: Patch3, size: Patch3) -> np.ndarray:
        """A part of all channels, (C, Z, Y, X); where the volume ends it continues mirrored."""
        both = zip(self.channels, self.scales, strict=True)
        return np.stack([scale.apply(cut_patch(channel, corner, size)) for channel, scale in both])


@dataclass(frozen=True, slots=True)
class LabelledField:
    """All volumes of one field of view: training and validation never share a field."""

    name: str
    volumes: list[LabelledVolume]
    voxel_um: VoxelSize | None

    @property
    def calibration(self) -> Calibration:
        """The voxel size as stacks carry it."""
        return calibration_with(self.voxel_um)


def class_numbers(volume: np.ndarray, labels: Sequence[int]) -> np.ndarray:
    """The class of every voxel, int64.

    Args:
        volume: Labels as in the file.
        labels: That of each class, rising.

    Example:
        >>> class_numbers(np.array([0, 30, 7, 7], np.uint8), (0, 7, 30)).tolist()
        [0, 2, 1, 1]
    """
    return np.searchsorted(np.array(labels, np.int64), volume.astype(np.int64))


class LabelledPatches:
    """Patches and the class of each of their voxels.

    Patches with an even number walk over all voxels of all volumes; those with an odd one lie
    around a voxel of a class drawn by lot, so that small classes are seen as often as large ones.
    What is drawn follows from the number and the generator alone.

    Args:
        volumes: They are cut first and normalised then.
        labels: That of each class, rising.
        patch: Size to cut, (Z, Y, X).
        seed: Of the order in which places are visited.
    """

    def __init__(
        self, volumes: Sequence[LabelledVolume], labels: Sequence[int], patch: Patch3, seed: int
    ) -> None:
        self._volumes = volumes
        self._labels = labels
        self._patch = patch
        self._walk = CoveringWalk([volume.labels.shape for volume in volumes], patch, seed)
        self._places = [
            (i, z) for i, volume in enumerate(volumes) for z in range(len(volume.labels))
        ]
        planes = (volumes[i].labels[z] for i, z in self._places)
        counts = [
            np.bincount(class_numbers(p, labels).ravel(), minlength=len(labels)) for p in planes
        ]
        self._counts = torch.from_numpy(np.array(counts))
        self._seen = torch.nonzero(self._counts.sum(0))[:, 0]

    def draw(self, number: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The normalised input (C, Z, Y, X) and the classes (1, Z, Y, X) of one patch.

        Args:
            number: Of the patch, counted over the whole training.
            generator: Source of randomness.
        """
        if number % 2:
            index, corner = self._around_a_class(generator)
        else:
            index, corner = self._walk.place(number // 2)
        volume = self._volumes[index]
        image = volume.normalised(corner, self._patch)
        classes = class_numbers(cut_patch(volume.labels, corner, self._patch), self._labels)
        return torch.from_numpy(image), torch.from_numpy(classes)[None]

    def _around_a_class(self, generator: torch.Generator) -> tuple[int, Patch3]:
        """Volume and first voxel of a patch that holds a voxel of a class drawn by lot."""
        drawn = int(self._seen[_lot(len(self._seen), generator)])
        rank = _lot(int(self._counts[:, drawn].sum()), generator)
        ends = torch.cumsum(self._counts[:, drawn], 0)
        place = int(torch.searchsorted(ends, rank, right=True))
        index, z = self._places[place]
        labels = self._volumes[index].labels
        inside = np.flatnonzero(labels[z] == self._labels[drawn])
        y, x = divmod(int(inside[rank - int(ends[place])]), labels.shape[2])
        corner = [
            min(max(at - _lot(p, generator), 0), max(n - p, 0))
            for at, p, n in zip((z, y, x), self._patch, labels.shape, strict=True)
        ]
        return index, (corner[0], corner[1], corner[2])


def _lot(count: int, generator: torch.Generator) -> int:
    """A whole number below ``count``."""
    return int(torch.randint(count, (1,), generator=generator))
