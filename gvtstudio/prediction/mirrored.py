"""A volume that goes on mirrored beyond its ends, without being copied."""

from collections.abc import Callable, Sequence

import numpy as np

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.networks.layers.network import padding_to_fit
from gvtstudio.prediction.flow import Region

SMALLEST_DEPTH = 16
"""Thinner stacks are mirrored to this many planes, as in the training of the backbones."""

ReadArray = Callable[[Region], np.ndarray]


class MirroredVolume:
    """Reads regions of the volume with what is mirrored before and after every axis.

    Args:
        shape: Of the volume itself.
        read: Gives a region of it.
        padding: Voxels to add before and after each axis.
    """

    def __init__(
        self, shape: Sequence[int], read: ReadArray, padding: Sequence[tuple[int, int]]
    ) -> None:
        self._shape = tuple(shape)
        self._read = read
        self._padding = tuple(padding)

    @property
    def size(self) -> tuple[int, ...]:
        """With what is mirrored."""
        sides = zip(self._shape, self._padding, strict=True)
        return tuple(n + before + after for n, (before, after) in sides)

    def read(self, region: Region) -> np.ndarray:
        """A region in coordinates that begin where the mirrored part begins, (…, Z, Y, X)."""
        axes = [
            _reflected(np.arange(a - before, b - before), n)
            for (a, b), (before, _), n in zip(region, self._padding, self._shape, strict=True)
        ]
        block = self._read(tuple((int(i.min()), int(i.max()) + 1) for i in axes))
        for axis, places in enumerate(axes, start=-len(axes)):
            places = places - places.min()
            if len(places) != block.shape[axis] or (np.diff(places) != 1).any():
                block = np.take(block, places, axis=axis)
        return block

    def inside(self, region: Region) -> tuple[Region, Region]:
        """The part of a region that is no mirror image: in the volume, and in the region."""
        there, here = [], []
        for (a, b), (before, _), n in zip(region, self._padding, self._shape, strict=True):
            start, stop = max(a - before, 0), min(b - before, n)
            there.append((start, max(stop, start)))
            here.append((start + before - a, max(stop, start) + before - a))
        return tuple(there), tuple(here)


def padding_for(needs: PredictionNeeds, shape: Sequence[int]) -> list[tuple[int, int]]:
    """Voxels to mirror before and after each axis the network works on, of (Z, Y, X)."""
    if needs.dims == 2:
        return padding_to_fit(tuple(shape[1:]), needs)
    sees_all_planes = needs.receptive_field[0] is None  # mirror images would be planes to it
    missing = 0 if sees_all_planes else max(SMALLEST_DEPTH - shape[0], 0)
    first, *others = padding_to_fit((shape[0] + missing, *shape[1:]), needs)
    return [(first[0] + missing // 2, first[1] + missing - missing // 2), *others]


def padded_size(needs: PredictionNeeds, shape: Sequence[int]) -> tuple[int, ...]:
    """The volume with what is mirrored, (Z, Y, X), or (Y, X) for networks for images."""
    sides = zip(shape[-needs.dims :], padding_for(needs, shape), strict=True)
    return tuple(n + before + after for n, (before, after) in sides)


def _reflected(positions: np.ndarray, length: int) -> np.ndarray:
    """Positions beyond the ends run back, the voxel at the end is not repeated."""
    period = max(2 * (length - 1), 1)
    there = positions % period
    return np.minimum(there, period - there) if length > 1 else there
