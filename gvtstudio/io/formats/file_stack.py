"""What all readers share: a stack in a file, read region by region, and its failures in words."""

import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from xml.etree import ElementTree
from zipfile import BadZipFile

import numpy as np

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.region import Region, Span
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import damaged, unreadable

# Everything that libraries and their decoders raise on files that are damaged.
DAMAGE = (
    OSError, ValueError, RuntimeError, LookupError, TypeError, AttributeError, AssertionError,
    ArithmeticError, EOFError, ImportError, MemoryError, struct.error, zlib.error,
    BadZipFile,
    ElementTree.ParseError,
)  # fmt: skip

Fill = Callable[[np.ndarray, Region], None]
"""Puts the voxels of a region into an array of its shape, (T, Z, C, Y, X)."""

ReadPlane = Callable[[tuple[int, int, int], Span, Span], np.ndarray]
"""Rows and columns of the plane at (t, z, c), as (Y, X)."""


class FileStack:
    """One dataset of a file; may be read from several threads.

    Args:
        info: Its description.
        fill: Reads it; called by one thread at a time.
        close: Frees the file.
    """

    def __init__(self, info: StackInfo, fill: Fill, close: Callable[[], object]) -> None:
        self._info = info
        self._fill = fill
        self._close = close
        self._is_closed = False
        self._lock = threading.Lock()

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        return self._info

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region, (T, Z, C, Y, X), in the file's type and native byte order.

        Raises:
            FileUnreadable: The file is damaged or has vanished.
        """
        region.require_inside(self._info.shape)
        result = np.empty(region.shape, np.dtype(self._info.dtype))
        if result.size == 0:
            return result
        with self._lock:
            if self._is_closed:
                raise ValueError(f"{self._info.name} is closed")
            try:
                self._fill(result, region)
            except DAMAGE as error:
                raise _failure(Path(self._info.path), error) from error
        return result

    def close(self) -> None:
        """Free the file; reading afterwards is an error."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._close()


@contextmanager
def opening(path: Path) -> Iterator[ExitStack]:
    """What a library cannot open becomes a sentence; what was opened is then closed again.

    Args:
        path: The file.

    Yields:
        Takes what has to be closed when the opening fails.

    Raises:
        FileUnreadable: The file is damaged, or cannot be read.
    """
    with ExitStack() as opened:
        try:
            yield opened
        except DAMAGE as error:
            raise _failure(path, error) from error
        opened.pop_all()


def by_planes(read_plane: ReadPlane) -> Fill:
    """Fills a region plane by plane."""

    def fill(result: np.ndarray, region: Region) -> None:
        for i, t in enumerate(range(*region.t)):
            for j, z in enumerate(range(*region.z)):
                for k, c in enumerate(range(*region.c)):
                    result[i, j, k] = read_plane((t, z, c), region.y, region.x)

    return fill


def refuse_scene(path: Path, scene: int, count: int) -> None:
    """Raise where a file has no such dataset.

    Raises:
        FileUnreadable: It has none at all.
        UsageError: Others, but not this one.
    """
    if not count:
        raise FileUnreadable(f"{path.name} holds no image.", "Choose another file.")
    if not 0 <= scene < count:
        raise UsageError(
            f"{path.name} has no dataset {scene}.",
            f"Choose one from 0 to {count - 1}." if count > 1 else "Leave out --scene.",
        )


def is_coarser(shape: Shape5, finest: Shape5) -> bool:
    """Whether a level is a copy of the same volumes with fewer voxels."""
    same = shape[0] == finest[0] and shape[2] == finest[2]
    return same and shape != finest and all(0 < a <= b for a, b in zip(shape, finest, strict=True))


def _failure(path: Path, error: BaseException) -> FileUnreadable:
    if isinstance(error, OSError) and error.errno is not None:
        return unreadable(path, error)
    return damaged(path.name, error)
