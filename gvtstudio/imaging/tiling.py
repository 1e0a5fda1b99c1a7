"""Cutting a volume into overlapping tiles, and weights that blend them without seams."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gvtstudio.imaging.open_volume import Span


def tile_starts(length: int, tile: int, overlap: int) -> list[int]:
    """First voxels of tiles that cover one axis, evenly spread.

    Example:
        >>> tile_starts(100, tile=40, overlap=10)
        [0, 30, 60]
        >>> tile_starts(101, tile=40, overlap=10)
        [0, 20, 41, 61]
        >>> tile_starts(30, tile=40, overlap=10)
        [0]
    """
    if length <= tile:
        return [0]
    step = tile - overlap
    if step < 1:
        raise ValueError(f"an overlap of {overlap} leaves nothing of a tile of {tile}")
    count = math.ceil((length - overlap) / step)
    return [round(i * (length - tile) / (count - 1)) for i in range(count)]


@dataclass(frozen=True, slots=True, eq=False)
class TileSpan:
    """What one tile covers of one axis, and its share of the result there.

    Args:
        start: First voxel.
        weights: float32, positive; those of all tiles at a voxel add up to 1.
    """

    start: int
    weights: np.ndarray

    @property
    def stop(self) -> int:
        """The voxel after the last."""
        return self.start + len(self.weights)

    @property
    def span(self) -> Span:
        """From where to where."""
        return self.start, self.stop


def split_axis(length: int, tile: int, overlap: int) -> list[TileSpan]:
    """Tiles of equal size along one axis, which share ``overlap`` voxels or more.

    The weight of a tile falls linearly over the overlap and is divided by the sum of all weights at
    the voxel. Tiles of a volume are all combinations of those along its axes, so that products of
    these weights add up to 1 at every voxel of the volume too, and no sum need be kept.

    Example:
        >>> first, second = split_axis(6, tile=4, overlap=1)
        >>> first.weights.tolist()
        [1.0, 1.0, 0.6666666865348816, 0.3333333432674408]
        >>> second.span, second.weights.tolist()
        ((2, 6), [0.3333333432674408, 0.6666666865348816, 1.0, 1.0])
    """
    size = min(tile, length)
    starts = tile_starts(length, tile, overlap)
    ramps = [_ramp(start, size, length, overlap) for start in starts]
    total = np.zeros(length)
    for start, ramp in zip(starts, ramps, strict=True):
        total[start : start + size] += ramp
    return [
        TileSpan(start, (ramp / total[start : start + size]).astype(np.float32))
        for start, ramp in zip(starts, ramps, strict=True)
    ]


def _ramp(start: int, size: int, length: int, overlap: int) -> np.ndarray:
    """Rising and falling over the overlap, flat at the ends of the axis."""
    ramp, places = np.ones(size), np.arange(size)
    if start > 0:
        ramp = np.minimum(ramp, (places + 1) / (overlap + 1))
    if start + size < length:
        ramp = np.minimum(ramp, (size - places) / (overlap + 1))
    return ramp


def borders_between(tiles: Sequence[TileSpan]) -> list[int]:
    """Voxels at which a tile begins or the one before it was the last of a tile.

    Example:
        >>> borders_between(split_axis(100, tile=40, overlap=10))
        [30, 40, 60, 70]
    """
    return sorted({tile.start for tile in tiles[1:]} | {tile.stop for tile in tiles[:-1]})


class BlendedSlab:
    """Adds up weighted tiles in as many planes as a tile has, and gives back what is finished.

    Tiles must come in rows: all of one place along Z, then those of the next.

    Args:
        shape: (Z, Y, X): planes of a tile, size of the volume.
        first: Plane of the volume with which it begins.
    """

    def __init__(self, shape: tuple[int, int, int], first: int) -> None:
        self.first = first
        self._shape = shape
        self._sum = np.zeros((), np.float32)

    def add(self, place: Sequence[TileSpan], values: np.ndarray) -> None:
        """Add one predicted tile, (…, Z, Y, X), whose planes all lie in the slab."""
        z, y, x = place
        if not self._sum.ndim:  # how many channels there are shows with the first tile
            depth, *size = self._shape
            self._sum = np.zeros((depth, *values.shape[:-3], *size), np.float32)
        across = y.weights[:, None] * x.weights
        planes = self._sum[z.start - self.first : z.stop - self.first]
        predicted = np.moveaxis(values, -3, 0)
        for plane, share, one in zip(planes, z.weights, predicted, strict=True):
            plane[..., slice(*y.span), slice(*x.span)] += share * across * one

    def planes(self, start: int, stop: int) -> np.ndarray:
        """Planes of the volume that no tile will touch any more, (…, Z, Y, X).

        Valid until the next ``drop``.
        """
        return np.moveaxis(self._sum[start - self.first : stop - self.first], 0, -3)

    def drop(self, stop: int) -> None:
        """Forget the planes before ``stop``, and make room for as many behind."""
        gone = stop - self.first
        left = len(self._sum) - gone
        for plane in range(left):  # one by one, because numpy would copy the whole to move it
            self._sum[plane] = self._sum[plane + gone]
        self._sum[left:] = 0
        self.first = stop


def mirrored_to_depth(volume: np.ndarray, depth: int) -> np.ndarray:
    """A thin volume (…, Z, Y, X) continued mirrored at both ends to so many planes."""
    missing = max(0, depth - volume.shape[-3])
    if not missing:
        return volume
    around = [(0, 0)] * (volume.ndim - 3)
    ends = (missing // 2, missing - missing // 2)
    return np.pad(volume, (*around, ends, (0, 0), (0, 0)), "reflect")
