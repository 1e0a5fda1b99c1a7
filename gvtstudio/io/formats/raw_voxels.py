"""Voxels that lie in a file as they are, one after the other, read region by region."""

import math
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gvtstudio.domain.axes import STACK_AXES, Shape5
from gvtstudio.domain.region import Region, Span
from gvtstudio.io.failures import damaged, unreadable
from gvtstudio.io.scratch_stack import fill_from, strips_of

# The dimensions of a file, the fastest being 0, in the order in which scratch stacks, whose way of
# reading is used, have T, Z, C, Y and X.
_STORED_ORDER = (4, 2, 3, 1, 0)


class RawLayout(NamedTuple):
    """How the voxels lie in a file.

    Args:
        sizes: Of its five dimensions, the fastest first.
        targets: For each the axis of the stack, of ``TZCYX``.
        flipped: For each whether it runs against that axis.
        dtype: Of the stored numbers, with their byte order.
        begin: Where the voxels begin.
        scale: Factor and summand that make intensities of the numbers, or ``None``.
    """

    sizes: tuple[int, ...]
    targets: str
    flipped: tuple[bool, ...]
    dtype: np.dtype
    begin: int
    scale: tuple[float, float] | None

    @property
    def shape(self) -> Shape5:
        """Sizes of the stack along T, Z, C, Y, X."""
        lengths = dict(zip(self.targets, self.sizes, strict=True))
        t, z, c, y, x = (lengths[axis] for axis in STACK_AXES)
        return t, z, c, y, x

    @property
    def end(self) -> int:
        """How long the file must be."""
        return self.begin + math.prod(self.sizes) * self.dtype.itemsize

    def stored_region(self, region: Region) -> Region:
        """Where a region of the stack lies in the file, its axes named by ``_STORED_ORDER``."""
        wanted = dict(zip(STACK_AXES, region.spans, strict=True))
        spans: list[Span] = []
        for i in _STORED_ORDER:
            first, stop = wanted[self.targets[i]]
            is_flipped, size = self.flipped[i], self.sizes[i]
            spans.append((size - stop, size - first) if is_flipped else (first, stop))
        return Region(*spans)

    def as_stored(self, block: np.ndarray) -> np.ndarray:
        """A view of a block (T, Z, C, Y, X) whose axes are those of ``stored_region``."""
        view = block.transpose([STACK_AXES.index(self.targets[i]) for i in _STORED_ORDER])
        steps = (slice(None, None, -1 if self.flipped[i] else 1) for i in _STORED_ORDER)
        return view[tuple(steps)]


class RawVoxels:
    """Those of a file that holds nothing else between them.

    Args:
        layout: How they lie in it.
        open_file: Opens it; called once, before anything is read.
    """

    def __init__(self, layout: RawLayout, open_file: Callable[[], FileIO]) -> None:
        self._layout = layout
        self._open_file = open_file
        self._file: FileIO | None = None

    def fill(self, result: np.ndarray, region: Region) -> None:
        """Read a region.

        Raises:
            FileUnreadable: The file is damaged or has vanished.
            OutputUnwritable: There is no room to unpack it.
        """
        if self._file is None:
            self._file = self._open_file()
        layout = self._layout
        part = layout.stored_region(region)
        t, z, c, y, x = (layout.sizes[i] for i in _STORED_ORDER)
        target = layout.as_stored(result)
        itemsize = layout.dtype.itemsize
        for offset, place in strips_of(part, (t, z, c, y, x), itemsize, layout.begin):
            rows = np.empty((len(target[place]), x * itemsize), np.uint8)
            fill_from(self._file, offset, rows)
            target[place] = self._intensities(rows.view(layout.dtype)[:, slice(*part.x)])

    def close(self) -> None:
        """Free the file."""
        if self._file is not None:
            self._file.close()

    def _intensities(self, numbers: np.ndarray) -> np.ndarray:
        if self._layout.scale is None:
            return numbers
        slope, summand = self._layout.scale
        with np.errstate(all="ignore"):
            scaled: np.ndarray = (numbers * np.float64(slope) + summand).astype(np.float32)
        return scaled


def refuse_too_short(path: Path, end: int, packing: int = 1) -> None:
    """Raise where a header announces more than the file holds.

    Args:
        path: The file.
        end: How many bytes it must hold.
        packing: How many times smaller they may have become.

    Raises:
        FileUnreadable: It does.
        OSError: It has vanished.
    """
    if end > path.stat().st_size * packing:
        raise damaged(path.name, "its end is missing, or its header announces too much")


def plain_file(path: Path) -> FileIO:
    """A file that needs no unpacking.

    Raises:
        FileUnreadable: It has vanished, or may not be read.
    """
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise unreadable(path, error) from error
