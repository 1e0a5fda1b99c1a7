"""A stack on scratch disk that is filled and read region by region.

The file has no name, so that nothing is left behind even when the engine is killed. It is read and
written, never mapped: on a full disk a map ends the process, and its pages count as memory.
"""

import errno
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from itertools import product
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo

ROWS_BYTES = 1 << 22
"""Whole rows that are brought in at once where a region is narrower than the stack."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CANNOT_RESERVE = {errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}

Strip = tuple[int, tuple[int, int, int, slice]]


class ScratchStack:
    """A writable ``Stack``; every voxel must be put before it is read.

    Args:
        info: What it will hold; its shape and type are used.
        folder: On the disk to use.
    """

    def __init__(self, info: StackInfo, folder: Path) -> None:
        self._info = info
        self._folder = folder
        self._dtype = np.dtype(info.dtype)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        try:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            _reserve(self._file, self._info.byte_count)
        except OSError as error:
            self.close()
            raise self._unwritable(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        return self._info

    def put_region(self, region: Region, block: np.ndarray) -> None:
        """Keep the voxels of a region.

        Args:
            region: Inside the stack.
            block: (T, Z, C, Y, X) of the region's shape and the stack's type.

        Raises:
            OutputUnwritable: The scratch disk is full.
        """
        if block.shape != region.shape or block.dtype != self._dtype:
            raise ValueError(f"{block.shape} {block.dtype} is not {region.shape} {self._dtype}")
        left, right = region.x
        try:
            for offset, place in self._strips(region):
                rows = np.ascontiguousarray(block[place])
                with self._lock:
                    if right - left < self._info.shape[4]:
                        whole = self._read_rows(offset, len(rows))
                        whole[:, left:right] = rows
                        rows = whole
                    self._write(offset, rows)
        except OSError as error:
            raise self._unwritable(error) from error

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region, (T, Z, C, Y, X).

        Raises:
            OutputUnwritable: The scratch disk fails.
        """
        block = np.empty(region.shape, self._dtype)
        left, right = region.x
        try:
            for offset, place in self._strips(region):
                with self._lock:
                    rows = self._read_rows(offset, len(block[place]))
                block[place] = rows[:, left:right]
        except OSError as error:
            raise self._unwritable(error) from error
        return block

    def close(self) -> None:
        """Free the disk space."""
        with suppress(OSError):
            self._file.close()

    def _strips(self, region: Region) -> Iterator[Strip]:
        """Whole rows that cover a region: their place in the file and in a block of the region."""
        if region.clipped(self._info.shape) != region:
            raise ValueError(f"{region.describe()} is not inside {self._info.shape}")
        _, depth, channels, height, width = self._info.shape
        row_bytes = width * self._dtype.itemsize
        step = max(1, ROWS_BYTES // row_bytes)
        (t0, _), (z0, _), (c0, _), (top, bottom), _ = region.spans
        # volumes lie one after the other, so that the order on disk is TCZYX
        for t, c, z in product(range(*region.t), range(*region.c), range(*region.z)):
            plane = (t * channels + c) * depth + z
            for y in range(top, bottom, step):
                rows = slice(y - top, min(y + step, bottom) - top)
                yield (plane * height + y) * row_bytes, (t - t0, z - z0, c - c0, rows)

    def _read_rows(self, offset: int, count: int) -> np.ndarray:
        rows = np.empty((count, self._info.shape[4]), self._dtype)
        view = rows.data.cast("B")
        self._file.seek(offset)
        while view:
            length = self._file.readinto(view)
            if not length:
                raise OSError(errno.EIO, "its end is missing")
            view = view[length:]
        return rows

    def _write(self, offset: int, rows: np.ndarray) -> None:
        view = rows.data.cast("B")
        self._file.seek(offset)
        while view:
            view = view[self._file.write(view) :]

    def _unwritable(self, error: OSError) -> OutputUnwritable:
        if error.errno in _FULL:
            return OutputUnwritable(
                f"The disk of {self._folder} is full; nothing was written.",
                "Free some space, then start again.",
            )
        return OutputUnwritable(
            f"Intermediate results cannot be kept in {self._folder}: {error.strerror or error}.",
            "Check this drive, then start again.",
        )


def refuse_too_little_room(folder: Path, needed_bytes: int) -> None:
    """Raise when the scratch disk cannot hold that much.

    Raises:
        OutputUnwritable: It has less free, or is not there.
    """
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        raise OutputUnwritable(
            f"Intermediate results cannot be kept in {folder}: {error.strerror or error}.",
            "Check this drive, then start again.",
        ) from error
    if free_bytes < needed_bytes:
        raise OutputUnwritable(
            f"Intermediate results need {needed_bytes / 1e9:.1f} GB, but only "
            f"{free_bytes / 1e9:.1f} GB are free in {folder}.",
            "Free some space there, then start again.",
        )


def _reserve(file: FileIO, size: int) -> None:
    """Take the room at once where the system can, so that a full disk shows now, not later."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in _CANNOT_RESERVE:
                raise
        else:
            return
    file.truncate(size)
