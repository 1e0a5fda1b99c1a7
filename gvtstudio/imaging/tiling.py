"""Cutting a volume into overlapping tiles, and weights that blend them without seams."""

import math
from itertools import product

import numpy as np

Slices = tuple[slice, ...]


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


def split_into_tiles(
    shape: tuple[int, ...], tile: tuple[int, ...], overlap: tuple[int, ...]
) -> list[Slices]:
    """Tiles of at most the given size that cover the shape and share ``overlap`` voxels or more."""
    starts = [tile_starts(*axis) for axis in zip(shape, tile, overlap, strict=True)]
    return [
        tuple(slice(a, min(a + size, n)) for a, size, n in zip(corner, tile, shape, strict=True))
        for corner in product(*starts)
    ]


def blending_weights(tile: Slices, shape: tuple[int, ...], overlap: tuple[int, ...]) -> np.ndarray:
    """Weights of one tile: linear ramps over the overlap, flat at the borders of the volume.

    Args:
        tile: The tile's place in the volume.
        shape: Of the volume.
        overlap: Voxels shared with the neighbour along each axis.

    Returns:
        float32 of the tile's shape, positive everywhere.
    """
    weights = np.ones([1] * len(shape), np.float32)
    for axis, (place, length, ramp) in enumerate(zip(tile, shape, overlap, strict=True)):
        profile = np.ones(place.stop - place.start, np.float32)
        rise = np.arange(1, ramp + 1, dtype=np.float32) / (ramp + 1)
        if ramp and place.start > 0:
            profile[:ramp] = np.minimum(profile[:ramp], rise[: profile.size])
        if ramp and place.stop < length:
            profile[-ramp:] = np.minimum(profile[-ramp:], rise[::-1][-profile.size :])
        weights = weights * profile.reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return weights


class BlendedVolume:
    """Sums weighted tiles and divides by the weights at the end.

    Args:
        shape: (Z, Y, X) of the result.
        overlap: Of the tiles.
    """

    def __init__(self, shape: tuple[int, ...], overlap: tuple[int, ...]) -> None:
        self._shape = shape
        self._overlap = overlap
        self._sum = np.zeros(shape, np.float32)
        self._weight = np.zeros(shape, np.float32)

    def add(self, tile: Slices, values: np.ndarray) -> None:
        """Add one predicted tile."""
        weights = blending_weights(tile, self._shape, self._overlap)
        self._sum[tile] += weights * values
        self._weight[tile] += weights

    def finished(self) -> np.ndarray:
        """The blended volume, float32; every voxel must have been covered."""
        np.divide(self._sum, self._weight, out=self._sum)
        return self._sum


def mirrored_to_depth(volume: np.ndarray, depth: int) -> np.ndarray:
    """A thin volume (Z, Y, X) continued mirrored at both ends until it is ``depth`` planes deep."""
    missing = max(0, depth - volume.shape[0])
    if not missing:
        return volume
    return np.pad(volume, ((missing // 2, missing - missing // 2), (0, 0), (0, 0)), "reflect")
