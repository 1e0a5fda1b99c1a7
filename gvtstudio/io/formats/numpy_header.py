"""What the header of a NumPy array says, read without evaluating it, and which axis is which."""

import math
import re
from typing import IO, NamedTuple

import numpy as np

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.raw_voxels import RawLayout

MAGIC = b"\x93NUMPY"

# Length of the length that comes behind magic and version, by version.
_LENGTH_BYTES = {1: 2, 2: 4, 3: 4}
_MOST_HEADER_BYTES = 1 << 16
_TYPE = re.compile(rb"""["']descr["']\s*:\s*["']([<>|=]?)([a-zA-Z])(\d*)["']""")
_FORTRAN = re.compile(rb"""["']fortran_order["']\s*:\s*(True|False)""")
_SHAPE = re.compile(rb"""["']shape["']\s*:\s*\(([\d\sL,]*)\)""")
_READABLE = {
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
    "float16", "float32", "float64",
}  # fmt: skip
_FEWEST_AXES, _MOST_AXES = 2, 5
# More channels than that are rare, fewer slices or time points hardly ever saved.
_MOST_CHANNELS = 4
_WORDS = {"T": "time points", "Z": "slices", "C": "channels", "Y": "rows", "X": "columns"}


class ArrayHeader(NamedTuple):
    """A header that makes sense.

    Args:
        dtype: Of the stored numbers, with their byte order.
        is_fortran: Whether the first axis runs fastest.
        shape: Of the array.
        length: Bytes before the first number.
    """

    dtype: np.dtype
    is_fortran: bool
    shape: tuple[int, ...]
    length: int

    @property
    def end(self) -> int:
        """How long a file with this array is."""
        return self.length + math.prod(self.shape) * self.dtype.itemsize

    @property
    def is_stack(self) -> bool:
        """Whether the array has planes, and no more axes than a stack."""
        return _FEWEST_AXES <= len(self.shape) <= _MOST_AXES and 0 not in self.shape


def parse_array_header(file: IO[bytes], name: str) -> ArrayHeader:
    """Understand the begin of an array.

    Args:
        file: At its begin.
        name: For sentences.

    Raises:
        FileUnreadable: It is no array, or one of something else than whole and real numbers.
    """
    start = file.read(len(MAGIC) + 2)
    size = _LENGTH_BYTES.get(start[-2]) if start.startswith(MAGIC) and len(start) == 8 else None
    if size is None:
        raise damaged(name, "it is no NumPy array of a known version")
    count = int.from_bytes(file.read(size), "little")
    text = file.read(min(count, _MOST_HEADER_BYTES))
    fortran, shape = _FORTRAN.search(text), _SHAPE.search(text)
    if len(text) < count or fortran is None or shape is None:
        raise damaged(name, "its header cannot be understood")
    return ArrayHeader(
        _voxel_type(text, name),
        fortran[1] == b"True",
        tuple(int(n) for n in shape[1].replace(b"L", b"").split(b",") if n.strip()),
        len(start) + size + count,
    )


def array_layout(header: ArrayHeader, axes: str, begin: int) -> RawLayout:
    """How an array lies in a file.

    Args:
        header: Of the array.
        axes: A letter of ``TZCYX`` for each of its axes.
        begin: Where in the file its first number is.
    """
    missing = "".join(letter for letter in "TZCYX" if letter not in axes)
    letters = axes if header.is_fortran else axes[::-1]
    sizes = header.shape if header.is_fortran else header.shape[::-1]
    ones = (1,) * len(missing)
    return RawLayout(sizes + ones, letters + missing, (False,) * 5, header.dtype, begin, None)


def guessed_axes(shape: tuple[int, ...]) -> str:
    """Which axis is which, as arrays do not name them.

    Channels are few, so they are where an axis is short; without such an axis, three are slices
    with rows and columns, and four are time points of them.

    Example:
        >>> guessed_axes((12, 512, 512)), guessed_axes((30, 2, 512, 512))
        ('ZYX', 'ZCYX')
        >>> guessed_axes((512, 512, 3)), guessed_axes((10, 12, 64, 64))
        ('YXC', 'TZYX')
    """
    *leading, height, width = shape
    if len(shape) > _FEWEST_AXES and width <= _MOST_CHANNELS < min(leading[-1], height):
        return {3: "YXC", 4: "ZYXC", 5: "TZYXC"}[len(shape)]
    if len(shape) == _MOST_AXES:
        return "TCZYX" if leading[1] <= _MOST_CHANNELS < leading[2] else "TZCYX"
    if len(shape) == _MOST_AXES - 1:
        first, second = leading
        if second <= _MOST_CHANNELS < first:
            return "ZCYX"
        return "CZYX" if first <= _MOST_CHANNELS else "TZYX"
    return "ZYX" if leading else "YX"


def describe_guess(axes: str, shape: tuple[int, ...]) -> str:
    """The sentence that tells the user which axis was taken for which."""
    parts = [f"{size} {_WORDS[axis]}" for axis, size in zip(axes, shape, strict=True)]
    listed = f"{', '.join(parts[:-1])} and {parts[-1]}"
    return (
        f"An array does not name its axes; this one is read as {listed}. If it is something else, "
        "say so: --axes, or Axes and Voxel Size… in the window."
    )


def _voxel_type(text: bytes, name: str) -> np.dtype:
    found = _TYPE.search(text)
    kind = found[2].decode() if found else ""
    if found is not None and kind in "biuf":
        order, size = found[1].decode() or "=", found[3].decode()
        dtype = np.dtype(f"{order}{kind}{size}")
        if dtype.name in _READABLE:
            return dtype
    held = {"O": "Python objects", "c": "complex numbers", "U": "texts", "S": "texts"}
    raise FileUnreadable(
        f"{name} holds {held.get(kind, 'records or numbers of an unusual kind')}; only whole and "
        "real numbers of up to 64 bits can be read.",
        "Save it as an array of real numbers, for example numpy.save(name, array.astype('f4')).",
    )
