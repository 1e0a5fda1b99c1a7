"""Writes OME-Zarr 0.5: a folder with the stack at several resolutions, packed without loss."""

from concurrent.futures import Executor, Future
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.imaging.contrast import Limits, summarise
from gvtstudio.io.exports.ngff import axes_of, group_metadata, is_labels
from gvtstudio.io.exports.options import ExportOptions
from gvtstudio.io.exports.pace import core_count, threads
from gvtstudio.io.exports.zarr_chunks import ChunkFiles, create_zarr_array
from gvtstudio.io.exports.zarr_pyramid import (
    Level,
    Sizes,
    blocks,
    halved,
    plan_layout,
    plan_levels,
)
from gvtstudio.io.zarr_array import Slices

_Each = TypeVar("_Each")
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
    with threads(core_count()) as pool:
        written = [
            _Written(info, path / str(number), level, pool) for number, level in enumerate(levels)
        ]
        _write_finest(stack, written, progress, pool)
        # the second is made along with the finest, which need not be read again for it
        for finer, coarser in pairwise(written[1:]):
            _write_coarser(finer, coarser, progress, pool)
    limits = _limits(written[-1])
    described = group_metadata(info, levels, limits, options.provenance)
    encoded = msgspec.json.format(msgspec.json.encode(described), indent=2)
    (path / "zarr.json").write_bytes(encoded + b"\n")


class _Written:
    """A level that is being written, seen as if it had all five axes: T, C, Z, Y, X.

    Args:
        info: The stack.
        folder: To make.
        level: Its sizes.
        pool: Whose threads pack.
    """

    def __init__(self, info: StackInfo, folder: Path, level: Level, pool: Executor) -> None:
        axes = axes_of(info)
        self.level = level
        self.dtype = np.dtype(info.dtype)
        self.is_labels = is_labels(info)
        self.layout = plan_layout(level.shape, self.dtype.itemsize)
        self._kept = [i for i, axis in enumerate("tczyx") if axis in axes]
        shards = None if self.layout.shards is None else self._of_axes(self.layout.shards)
        chunks = self._of_axes(self.layout.chunks)
        shape = self._of_axes(level.shape)
        create_zarr_array(folder, shape, self.dtype, chunks, shards, axes)
        self._files = ChunkFiles(folder, self.dtype, chunks, shards)
        self._pool = pool

    def read(self, block: Slices) -> np.ndarray:
        """(T, C, Z, Y, X)."""
        voxels = self._files.read(self._of_axes(block))
        return voxels.reshape([part.stop - part.start for part in block])

    def write(self, block: Slices, voxels: np.ndarray) -> None:
        """Put (T, C, Z, Y, X), in whole files."""
        stored = voxels.reshape(self._of_axes(voxels.shape))
        self._files.put(self._of_axes(block), stored, self._pool)

    def _of_axes(self, each: tuple[_Each, ...]) -> tuple[_Each, ...]:
        """Only what belongs to axes that are written."""
        return tuple(each[i] for i in self._kept)


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


def _write_finest(
    stack: Stack, written: list[_Written], progress: _Progress, pool: Executor
) -> None:
    """The stack itself, and the level that follows it; a block is packed while the next is read."""
    finest, coarser = written[0], written[1] if len(written) > 1 else None
    progress.advance(0)
    with threads(1) as storing:
        stored: Future[int] | None = None
        for block in blocks(finest.level.shape, finest.layout.block):
            voxels = _read_block(stack, block, progress)
            if stored is not None:
                progress.advance(stored.result())
            stored = storing.submit(_store, voxels, block, finest, coarser, pool)
        if stored is not None:
            progress.advance(stored.result())


def _read_block(stack: Stack, block: Slices, progress: _Progress) -> np.ndarray:
    """(T, C, Z, Y, X), plane by plane."""
    voxels = np.empty([part.stop - part.start for part in block], stack.info.dtype)
    y, x = ((part.start, part.stop) for part in block[3:])
    for place in np.ndindex(voxels.shape[:3]):
        starts = (part.start + i for part, i in zip(block, place, strict=False))
        t, c, z = ((start, start + 1) for start in starts)
        plane = stack.read(Region(t, z, c, y, x))
        voxels[place] = plane[0, 0, 0]
        progress.advance(plane.size)
    return voxels


def _store(
    voxels: np.ndarray, block: Slices, finest: _Written, coarser: _Written | None, pool: Executor
) -> int:
    """Write a block, and its means to the next level; how many voxels that level got."""
    finest.write(block, voxels)
    if coarser is None:
        return 0
    steps = coarser.level.steps_from(finest.level)
    halve = partial(halved, steps=steps, is_labels=finest.is_labels)
    # few planes at a time, which fit into the cache of a core
    slabs = (voxels[:, :, z : z + steps[2]] for z in range(0, voxels.shape[2], steps[2]))
    means = np.concatenate(list(pool.map(halve, slabs)), axis=2)
    coarser.write(_divided(block, steps), means)
    return means.size


def _write_coarser(finer: _Written, coarser: _Written, progress: _Progress, pool: Executor) -> None:
    """A level from the one before it, piece by piece: a piece is what one chunk holds."""
    steps = coarser.level.steps_from(finer.level)

    def halve(wanted: Slices) -> np.ndarray:
        return halved(finer.read(wanted), steps, is_labels=finer.is_labels)

    for block in blocks(coarser.level.shape, coarser.layout.block):
        shape = tuple(part.stop - part.start for part in block)
        means = np.empty(shape, coarser.dtype)
        pieces = list(blocks(shape, coarser.layout.chunks))
        wanted = (_multiplied(block, piece, steps, finer.level.shape) for piece in pieces)
        for piece, part in zip(pieces, pool.map(halve, wanted), strict=True):
            means[piece] = part
            progress.advance(part.size)
        coarser.write(block, means)


def _divided(block: Slices, steps: Sizes) -> Slices:
    """Where a block of a level lies in the next one."""
    return tuple(
        slice(part.start // step, -(-part.stop // step))
        for part, step in zip(block, steps, strict=True)
    )


def _multiplied(block: Slices, piece: Slices, steps: Sizes, shape: Sizes) -> Slices:
    """What of a level makes a piece of a block of the next one."""
    return tuple(
        slice((whole.start + part.start) * step, min((whole.start + part.stop) * step, size))
        for whole, part, step, size in zip(block, piece, steps, shape, strict=True)
    )


def _limits(coarsest: _Written) -> list[Limits]:
    """What a viewer shows at first, from the middle of the coarsest level."""
    _, channels, depth, height, width = coarsest.level.shape
    first = max(0, depth - _DEPTH_LOOKED_AT) // 2
    planes = slice(first, min(depth, first + _DEPTH_LOOKED_AT))
    rest = (slice(0, height), slice(0, width))
    shown = (coarsest.read((slice(0, 1), slice(c, c + 1), planes, *rest)) for c in range(channels))
    return [summarise(_numbers(voxels)).auto for voxels in shown]


def _numbers(voxels: np.ndarray) -> np.ndarray:
    return voxels.view(np.uint8) if voxels.dtype.kind == "b" else voxels
