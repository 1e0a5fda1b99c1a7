"""The levels of a stack as a Zarr folder holds them: sizes, chunks, and how one follows another."""

import math
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np

from gvtstudio.domain.stack import StackInfo

Sizes = tuple[int, ...]
"""Along T, C, Z, Y and X, the order of OME-Zarr."""

_SMALLEST_LEVEL = 256
"""A level this wide and high is the last."""
_NEARLY_ISOTROPIC = math.sqrt(2)
_CHUNK_VOXELS = 1 << 19
_CHUNK_DEPTH = 8
_SHARD_VOXELS = 1 << 22
SHARDED_FROM_CHUNKS = 1000
"""With fewer chunks every chunk is a file, which more programs read."""
_BLOCK_BYTES = 1 << 27


class Level(NamedTuple):
    """One level.

    Args:
        shape: Sizes along T, C, Z, Y, X.
        factors: How many voxels of the finest level one of its voxels takes, along the same.
    """

    shape: Sizes
    factors: Sizes

    def steps_from(self, finer: "Level") -> Sizes:
        """How many voxels of the level before one of its voxels takes."""
        return tuple(a // b for a, b in zip(self.factors, finer.factors, strict=True))


class Layout(NamedTuple):
    """How a level lies in files.

    Args:
        chunks: What is packed together.
        shards: What lies in one file; ``None`` where every chunk is one.
        block: What is written at once: whole files, about 128 MB, or one file.
    """

    chunks: Sizes
    shards: Sizes | None
    block: Sizes


def plan_levels(info: StackInfo) -> list[Level]:
    """Levels of half the width and height each; and of half the planes while voxels stay cubes.

    Where the distance of planes is not known, all planes are kept.
    """
    t, z, c, y, x = info.shape
    calibration = info.calibration
    ratio = None  # of plane distance to pixel width
    if calibration.z_um is not None and calibration.x_um is not None:
        ratio = calibration.z_um / calibration.x_um
    levels = [Level((t, c, z, y, x), (1, 1, 1, 1, 1))]
    while max(levels[-1].shape[3:]) > _SMALLEST_LEVEL:
        shape, factors = levels[-1]
        halves_z = shape[2] > 1 and ratio is not None and ratio <= _NEARLY_ISOTROPIC
        steps = (1, 1, 2 if halves_z else 1, 2, 2)
        if ratio is not None:
            ratio *= steps[2] / 2
        levels.append(
            Level(
                tuple(-(-size // step) for size, step in zip(shape, steps, strict=True)),
                tuple(factor * step for factor, step in zip(factors, steps, strict=True)),
            )
        )
    return levels


def plan_layout(shape: Sizes, itemsize: int) -> Layout:
    """Chunks of about a million voxels, flat enough that a plane is read soon.

    Args:
        shape: Of the level.
        itemsize: Bytes of a voxel.
    """
    depth = min(shape[2], _CHUNK_DEPTH)
    edge = 2 ** int(math.log2(math.sqrt(_CHUNK_VOXELS / depth)))
    chunks = (1, 1, depth, min(edge, shape[3]), min(edge, shape[4]))
    counts = [-(-size // chunk) for size, chunk in zip(shape, chunks, strict=True)]
    shards = None
    if math.prod(counts) >= SHARDED_FROM_CHUNKS:
        # first across, as planes are looked at; where they are small, planes and time points
        shards = _grown(
            chunks, shape, ((4, 4), (3, 2), (2, None), (0, None), (3, None)), _SHARD_VOXELS
        )
    # two files deep, so that the next level gets whole ones too; then whole rows, as they are read
    block = _grown(
        shards or chunks, shape, ((2, 2), (4, None), (3, None)), _BLOCK_BYTES // itemsize
    )
    return Layout(chunks, shards, block)


def _grown(
    sizes: Sizes, shape: Sizes, order: tuple[tuple[int, int | None], ...], most_voxels: int
) -> Sizes:
    """Whole multiples of sizes, as large as the array has use for and a number of voxels allows.

    Args:
        sizes: To begin with.
        shape: Of the array.
        order: Which axis grows first, and how many times at most.
        most_voxels: Not exceeded unless the sizes do already.
    """
    grown = list(sizes)
    for axis, most in order:
        room = max(1, most_voxels // math.prod(grown))
        useful = -(-shape[axis] // grown[axis])
        grown[axis] *= min(room, useful, most or useful)
    return tuple(grown)


def blocks(shape: Sizes, block: Sizes) -> Iterator[tuple[slice, ...]]:
    """The parts of an array, cut at its end."""
    starts = (range(0, size, step) for size, step in zip(shape, block, strict=True))
    for start in product(*starts):
        yield tuple(
            slice(a, min(a + step, size)) for a, step, size in zip(start, block, shape, strict=True)
        )


def halved(voxels: np.ndarray, steps: Sizes, *, is_labels: bool) -> np.ndarray:
    """The next coarser level of a block: means, or every other voxel of labels.

    Args:
        voxels: (T, C, Z, Y, X).
        steps: 1 or 2 along each axis; what is left over at an end is averaged by itself.
        is_labels: Whether there is nothing between two values.
    """
    if is_labels:
        kept: np.ndarray = voxels[tuple(slice(None, None, step) for step in steps)]
        return kept
    share = 1 / math.prod(steps)
    # sums of eight are exact in these
    dtype: type = np.float32 if voxels.dtype.itemsize <= 2 else np.float64
    sums = voxels
    if voxels.dtype.kind == "f":  # the largest have no sum
        sums, dtype, share = voxels * voxels.dtype.type(share), voxels.dtype.type, 1
    for axis in range(voxels.ndim):  # the last, whose neighbours lie apart, has the least left
        if steps[axis] == 2:
            sums = _sums_of_two(sums, axis, dtype)
    if voxels.dtype.kind in "ui":
        sums = np.rint(sums * dtype(share))
    typed: np.ndarray = sums.astype(voxels.dtype, copy=False)
    return typed


def _sums_of_two(voxels: np.ndarray, axis: int, dtype: type) -> np.ndarray:
    """Sums of neighbours along an axis; the last one twice where their number is odd."""
    index: list[slice] = [slice(None)] * voxels.ndim
    index[axis] = slice(0, None, 2)
    first = voxels[tuple(index)]
    index[axis] = slice(1, None, 2)
    second = voxels[tuple(index)]
    sums: np.ndarray = np.empty(first.shape, dtype)
    index[axis] = slice(0, second.shape[axis])
    pairs = tuple(index)
    np.add(first[pairs], second, out=sums[pairs], dtype=dtype)
    if second.shape[axis] < first.shape[axis]:
        index[axis] = slice(-1, None)
        np.multiply(first[tuple(index)], dtype(2), out=sums[tuple(index)], dtype=dtype)
    return sums
