"""A stack on scratch disk that is filled and read region by region.

Its file has no name, so that nothing is left behind even when the engine is killed, unless work is
to be gone on with later: then it begins with a description and anybody may look at it meanwhile.
It is read and written, never mapped: on a full disk a map ends the process, and its pages count as
memory.
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

import msgspec
import numpy as np

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.errors import FileUnreadable, OutputUnwritable
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import unreadable

ROWS_BYTES = 1 << 22
"""Whole rows that are brought in at once where a region is narrower than the stack."""

MAGIC = b"GVTSCRATCH1\n"
DESCRIPTION_BYTES = 1 << 16
"""Of a file with a name, before its voxels."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CANNOT_RESERVE = {errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}

Strip = tuple[int, tuple[int, int, int, slice]]
"""Where whole rows lie in the file, and in a block."""


class ScratchStack:
    """A writable ``Stack``; voxels that were not put are 0.

    Args:
        info: What it will hold; its shape and type are used.
        folder: On the disk to use.
        name: Of the file, which then outlasts the work; none by default.
        goes_on: Keep what an earlier stack of the same shape and type put into that file.
    """

    def __init__(
        self, info: StackInfo, folder: Path, name: str = "", *, goes_on: bool = False
    ) -> None:
        self._info = info
        self._folder = folder
        self._path = folder / name if name else None
        self._mode = "r+b" if goes_on else "w+b"
        self._dtype = np.dtype(info.dtype)
        self._begin = DESCRIPTION_BYTES if name else 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        try:
            self._file = self._opened()
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            _reserve(self._file, self._begin + self._info.byte_count)
            if self._begin:
                self._file.seek(0)
                self._file.write(_description(self._info, self._path or Path()))
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

    def flush(self) -> None:
        """Make sure that a power cut takes away nothing that was put so far.

        Raises:
            OutputUnwritable: The scratch disk fails.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritable(error) from error

    def close(self) -> None:
        """Let go of the file; one without a name vanishes."""
        with suppress(OSError):
            self._file.close()

    def _opened(self) -> FileIO:
        if self._path is None:
            return tempfile.TemporaryFile(dir=self._folder, buffering=0)
        return self._path.open(self._mode, buffering=0)  # type: ignore[return-value]

    def _strips(self, region: Region) -> Iterator[Strip]:
        return strips_of(region, self._info.shape, self._dtype.itemsize, self._begin)

    def _read_rows(self, offset: int, count: int) -> np.ndarray:
        rows = np.empty((count, self._info.shape[4]), self._dtype)
        fill_from(self._file, offset, rows)
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


def strips_of(region: Region, shape: Shape5, itemsize: int, begin: int = 0) -> Iterator[Strip]:
    """Whole rows that cover a region: their place in the file and in a block of the region.

    Args:
        region: Inside the stack.
        shape: Of the stack.
        itemsize: Bytes of a voxel.
        begin: Where in the file the voxels begin.
    """
    region.require_inside(shape)
    _, depth, channels, height, width = shape
    row_bytes = width * itemsize
    step = max(1, ROWS_BYTES // row_bytes)
    (t0, _), (z0, _), (c0, _), (top, bottom), _ = region.spans
    # volumes lie one after the other, so that the order on disk is TCZYX
    for t, c, z in product(range(*region.t), range(*region.c), range(*region.z)):
        plane = (t * channels + c) * depth + z
        for y in range(top, bottom, step):
            rows = slice(y - top, min(y + step, bottom) - top)
            yield begin + (plane * height + y) * row_bytes, (t - t0, z - z0, c - c0, rows)


def fill_from(file: FileIO, offset: int, rows: np.ndarray) -> None:
    """Read as much as an array holds.

    Raises:
        OSError: The file ends before.
    """
    view = rows.data.cast("B")
    file.seek(offset)
    while view:
        length = file.readinto(view)
        if not length:
            raise OSError(errno.EIO, "its end is missing")
        view = view[length:]


def read_description(path: Path) -> StackInfo:
    """What a scratch file with a name holds.

    Raises:
        FileUnreadable: It is no such file, or damaged.
    """
    try:
        with path.open("rb") as file:
            head = file.read(DESCRIPTION_BYTES)
            size = file.seek(0, os.SEEK_END)
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        info = msgspec.json.decode(head[len(MAGIC) :].rstrip(b"\0"), type=StackInfo)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(path) from error
    if not head.startswith(MAGIC) or size != DESCRIPTION_BYTES + info.byte_count:
        raise _damaged(path)
    return info


def _damaged(path: Path) -> FileUnreadable:
    return FileUnreadable(
        f"{path.name} is no scratch file of this version, or damaged.", "Start the job again."
    )


def _description(info: StackInfo, path: Path) -> bytes:
    short = msgspec.structs.replace(
        info, path=str(path), reader="scratch", scene=0, scene_names=(), metadata_text="",
        level_shapes=(), level=0, level_scale=(1.0, 1.0, 1.0),
    )  # fmt: skip
    encoded = MAGIC + msgspec.json.encode(short)
    if len(encoded) > DESCRIPTION_BYTES:  # thousands of channels, or warnings
        encoded = MAGIC + msgspec.json.encode(msgspec.structs.replace(short, warnings=()))
    return encoded.ljust(DESCRIPTION_BYTES, b"\0")


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
