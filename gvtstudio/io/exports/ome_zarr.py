"""Writes OME-Zarr 0.5: a folder with the stack at several resolutions, packed without loss."""

from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.imaging.contrast import Limits, summarise
from gvtstudio.io.exports.ngff import axes_of, group_metadata, is_labels
from gvtstudio.io.exports.options import ExportOptions
from gvtstudio.io.exports.zarr_pyramid import (
    Level,
    Sizes,
    blocks,
    halved,
    plan_layout,
    plan_levels,
)
from gvtstudio.io.zarr_array import Slices, ZarrArray, create_zarr_array

_DEPTH_LOOKED_AT = 4
"""Planes of the coarsest level from which the display window comes."""


def write(stack: Stack, path: Path, options: ExportOptions) -> None:
    """Write a stack block by block; a coarser level is made from the one before it.

    Args:
        stack: What to write, of a type of the row in ``EXPORTERS``.
        path: Folder to fill; it is there, and empty.
        options: Provenance and progress.
    """
    info = stack.info
    levels = plan_levels(info)
    progress = _Progress(info, levels, options)
    written = _write_finest(stack, path / "0", levels[0], progress)
    for number in range(1, len(levels)):
        finer = _Source(written, levels[number - 1])
        written = _write_coarser(info, path / str(number), finer, levels[number], progress)
    limits = _limits(info, written)
    described = group_metadata(info, levels, limits, options.provenance)
    encoded = msgspec.json.format(msgspec.json.encode(described), indent=2)
    (path / "zarr.json").write_bytes(encoded + b"\n")


class _Source(NamedTuple):
    """A level that is written."""

    array: "_Level5"
    level: Level


class _Level5:
    """An array that leaves out axes, seen as if it had all five: T, C, Z, Y, X.

    Args:
        array: The array.
        axes: Those that it has, in the same order.
    """

    def __init__(self, array: ZarrArray, axes: tuple[str, ...]) -> None:
        self._array = array
        self._kept = [i for i, axis in enumerate("tczyx") if axis in axes]

    def read(self, block: Slices) -> np.ndarray:
        """(T, C, Z, Y, X)."""
        voxels = self._array.read(tuple(block[i] for i in self._kept))
        return voxels.reshape([part.stop - part.start for part in block])

    def write(self, block: Slices, voxels: np.ndarray) -> None:
        """Put (T, C, Z, Y, X)."""
        shape = [voxels.shape[i] for i in self._kept]
        self._array.write(tuple(block[i] for i in self._kept), voxels.reshape(shape))


class _Progress:
    """Tells how far the work is, in planes of the stack, whatever is written.

    Args:
        info: The stack.
        levels: All that is to be written.
        options: Who is told.
    """

    def __init__(self, info: StackInfo, levels: list[Level], options: ExportOptions) -> None:
        self._planes = int(np.prod(info.shape[:3]))
        self._total = sum(int(np.prod(level.shape, dtype=np.int64)) for level in levels)
        self._report = options.report
        self._done = 0
        self._told = -1

    def advance(self, voxels: int) -> None:
        """So many voxels more are written; every plane is told of, and cancelling asked for."""
        self._done += voxels
        reached = self._done * self._planes // self._total
        first = self._told + 1 if reached > self._told else reached
        for plane in range(first, min(reached, self._planes - 1) + 1):
            self._report(plane, self._planes)
        self._told = reached


def _create(info: StackInfo, folder: Path, level: Level) -> tuple[_Level5, Sizes]:
    """The array of a level, and what to write of it at once."""
    layout = plan_layout(level.shape, np.dtype(info.dtype).itemsize)
    axes = axes_of(info)
    kept = [i for i, axis in enumerate("tczyx") if axis in axes]

    def of_axes(sizes: Sizes) -> Sizes:
        return tuple(sizes[i] for i in kept)

    shards = None if layout.shards is None else of_axes(layout.shards)
    array = create_zarr_array(
        folder, of_axes(level.shape), info.dtype, of_axes(layout.chunks), shards, axes
    )
    return _Level5(array, axes), layout.block


def _write_finest(stack: Stack, folder: Path, level: Level, progress: _Progress) -> _Level5:
    array, block_sizes = _create(stack.info, folder, level)
    progress.advance(0)
    for block in blocks(level.shape, block_sizes):
        voxels = np.empty([part.stop - part.start for part in block], stack.info.dtype)
        y, x = ((part.start, part.stop) for part in block[3:])
        for place in np.ndindex(voxels.shape[:3]):
            t, c, z = (
                (part.start + i, part.start + i + 1) for part, i in zip(block, place, strict=False)
            )
            plane = stack.read(Region(t, z, c, y, x))
            voxels[place] = plane[0, 0, 0]
            progress.advance(plane.size)
        array.write(block, voxels)
    return array


def _write_coarser(
    info: StackInfo, folder: Path, finer: _Source, level: Level, progress: _Progress
) -> _Level5:
    """A level from the one before it, piece by piece: a piece is what one chunk holds."""
    array, block_sizes = _create(info, folder, level)
    piece_sizes = plan_layout(level.shape, np.dtype(info.dtype).itemsize).chunks
    steps = level.steps_from(finer.level)
    for block in blocks(level.shape, block_sizes):
        shape = tuple(part.stop - part.start for part in block)
        voxels = np.empty(shape, info.dtype)
        for piece in blocks(shape, piece_sizes):
            wanted = tuple(
                slice(
                    (whole.start + part.start) * step, min((whole.start + part.stop) * step, size)
                )
                for whole, part, step, size in zip(
                    block, piece, steps, finer.level.shape, strict=True
                )
            )
            voxels[piece] = halved(finer.array.read(wanted), steps, is_labels=is_labels(info))
            progress.advance(voxels[piece].size)
        array.write(block, voxels)
    return array


def _limits(info: StackInfo, coarsest: _Level5) -> list[Limits]:
    """What a viewer shows at first, from the middle of the coarsest level."""
    level = plan_levels(info)[-1]
    _, channels, depth, height, width = level.shape
    first = max(0, depth - _DEPTH_LOOKED_AT) // 2
    planes = slice(first, min(depth, first + _DEPTH_LOOKED_AT))
    rest = (slice(0, height), slice(0, width))
    shown = (coarsest.read((slice(0, 1), slice(c, c + 1), planes, *rest)) for c in range(channels))
    return [summarise(_numbers(voxels)).auto for voxels in shown]


def _numbers(voxels: np.ndarray) -> np.ndarray:
    return voxels.view(np.uint8) if voxels.dtype.kind == "b" else voxels
