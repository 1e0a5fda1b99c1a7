"""The voxels of a NIfTI file, read region by region."""

import gzip
import tempfile
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gvtstudio.domain.axes import STACK_AXES
from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.domain.region import Region, Span
from gvtstudio.io.failures import damaged, unreadable
from gvtstudio.io.formats.nifti_recognition import GZIP_DAMAGE
from gvtstudio.io.scratch_stack import fill_from, refuse_too_little_room, strips_of

_CHUNK_BYTES = 1 << 20
# The dimensions of a file, the fastest being 0, in the order in which scratch stacks, whose way of
# reading is used, have T, Z, C, Y and X.
_STORED_ORDER = (4, 2, 3, 1, 0)


class NiftiLayout(NamedTuple):
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


class NiftiVoxels:
    """Those of the volume of a NIfTI file.

    Args:
        path: The file.
        layout: How they lie in it.
        unpacked_bytes: Length of the file once it is unpacked; 0 where it is not packed.
    """

    def __init__(self, path: Path, layout: NiftiLayout, unpacked_bytes: int) -> None:
        self._path = path
        self._layout = layout
        self._unpacked_bytes = unpacked_bytes
        self._file: FileIO | None = None

    def fill(self, result: np.ndarray, region: Region) -> None:
        """Read a region.

        Raises:
            FileUnreadable: The file is damaged or has vanished.
            OutputUnwritable: There is no room to unpack it.
        """
        layout, file = self._layout, self._opened()
        part = layout.stored_region(region)
        t, z, c, y, x = (layout.sizes[i] for i in _STORED_ORDER)
        target = layout.as_stored(result)
        itemsize = layout.dtype.itemsize
        for offset, place in strips_of(part, (t, z, c, y, x), itemsize, layout.begin):
            rows = np.empty((len(target[place]), x * itemsize), np.uint8)
            fill_from(file, offset, rows)
            target[place] = self._intensities(rows.view(layout.dtype)[:, slice(*part.x)])

    def close(self) -> None:
        """Free the file."""
        if self._file is not None:
            self._file.close()

    def _opened(self) -> FileIO:
        """The file; one that is packed is unpacked once, as every part of it needs all before."""
        if self._file is None:
            if self._unpacked_bytes:
                self._file = _unpacked(self._path, self._unpacked_bytes)
            else:
                try:
                    self._file = self._path.open("rb", buffering=0)
                except OSError as error:
                    raise unreadable(self._path, error) from error
        return self._file

    def _intensities(self, numbers: np.ndarray) -> np.ndarray:
        if self._layout.scale is None:
            return numbers
        slope, summand = self._layout.scale
        with np.errstate(all="ignore"):
            scaled: np.ndarray = (numbers * np.float64(slope) + summand).astype(np.float32)
        return scaled


def _unpacked(path: Path, byte_count: int) -> FileIO:
    """The content of a packed file in one on the disk without a name; no more than announced.

    Raises:
        FileUnreadable: The file is damaged or has vanished.
        OutputUnwritable: There is no room.
    """
    folder = Path(tempfile.gettempdir())
    refuse_too_little_room(folder, byte_count)
    file = _file_without_name()
    try:
        for chunk in _chunks(path, byte_count):
            _write(file, chunk, folder)
    except BaseException as error:
        file.close()
        if not isinstance(error, GZIP_DAMAGE):
            raise
        if isinstance(error, OSError) and error.errno is not None:
            raise unreadable(path, error) from error
        raise damaged(path.name, error) from error
    return file


def _file_without_name() -> FileIO:
    return tempfile.TemporaryFile(buffering=0)


def _chunks(path: Path, byte_count: int) -> Iterator[bytes]:
    """So many bytes of what is packed.

    Raises:
        EOFError: There are fewer.
    """
    with gzip.open(path) as packed:
        while byte_count:
            chunk = packed.read(min(_CHUNK_BYTES, byte_count))
            if not chunk:
                raise EOFError("its end is missing")
            byte_count -= len(chunk)
            yield chunk
        packed.read(1)  # goes to the sum behind the content, which is then checked


def _write(file: FileIO, chunk: bytes, folder: Path) -> None:
    view = memoryview(chunk)
    try:
        while view:
            view = view[file.write(view) :]
    except OSError as error:
        raise OutputUnwritable(
            f"There is no room in {folder} to unpack the file: {error.strerror or error}.",
            "Free some space there, then open it again.",
        ) from error
