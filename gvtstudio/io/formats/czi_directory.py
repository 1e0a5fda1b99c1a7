"""The directory of a CZI: where each camera image or tile lies in the file, and what it is.

libCZI does not check the lengths a damaged file announces and would take the program down with it;
so they are checked here before libCZI sees them.
"""

import struct
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

_FILE_MAGIC = b"ZISRAWFILE"
_DIRECTORY_MAGIC = b"ZISRAWDIRECTORY"
_PIECE_MAGIC = b"ZISRAWSUBBLOCK"
_DIRECTORY_POSITION = struct.Struct("<84xq")
_DIRECTORY_HEAD = struct.Struct("<16sqqi124x")
# Schema, pixel type, position, part of the file, packing, kind of pyramid, number of dimensions.
_ENTRY = struct.Struct("<2siqiiBxxxxxi")
_DIMENSION = struct.Struct("<4siifi")
# A piece: magic, lengths of its segment, of its metadata, attachment and pixels; then its entry.
_PIECE_HEAD = struct.Struct("<16sqqiiq")
# The format has eleven.
_MOST_DIMENSIONS = 16

PIXEL_TYPES = {
    0: "Gray8", 1: "Gray16", 2: "Gray32Float", 3: "Bgr24", 4: "Bgr48", 8: "Bgr96Float",
    9: "Bgra32", 10: "Gray64ComplexFloat", 11: "Bgr192ComplexFloat", 12: "Gray32", 13: "Gray64",
}  # fmt: skip
PACKINGS = {0: "", 1: "JPEG", 2: "LZW", 4: "JPEG XR", 5: "Zstandard", 6: "Zstandard, sorted bytes"}

Rectangle = tuple[int, int, int, int]
"""x, y, width and height, in pixels of the whole file."""


class Piece(NamedTuple):
    """One camera image, or one tile of a mosaic.

    Args:
        position: Of its segment in the file.
        place: Index along each axis the entry names.
        rectangle: Where it lies.
        pixel_type: As ZEN calls it.
        packing: Empty where the pixels are stored as they are.
        step: How many times as large as those of the image its pixels are: 1, or more where it is
            of a coarser copy.
    """

    position: int
    place: Mapping[str, int]
    rectangle: Rectangle
    pixel_type: str
    packing: str
    step: int = 1


def read_directory(file: BinaryIO, file_bytes: int) -> list[Piece]:
    """All pieces, also those of coarser copies of the image (pyramids).

    Raises:
        ValueError: The directory is damaged.
    """
    head = file.read(_DIRECTORY_POSITION.size)
    if not head.startswith(_FILE_MAGIC):
        raise ValueError("it does not begin as a CZI file")
    (position,) = _DIRECTORY_POSITION.unpack(head)
    if not 0 < position < file_bytes - _DIRECTORY_HEAD.size:
        raise ValueError("its end is missing")
    file.seek(position)
    magic, _, used, count = _DIRECTORY_HEAD.unpack(file.read(_DIRECTORY_HEAD.size))
    if not magic.startswith(_DIRECTORY_MAGIC):
        raise ValueError("its directory is damaged")
    entries = file.read(max(0, min(used, file_bytes)))
    found, offset = [], 0
    for _ in range(count):
        dimensions = _ENTRY.unpack_from(entries, offset)[-1]
        _check_dimensions(dimensions)
        end = offset + _ENTRY.size + dimensions * _DIMENSION.size
        piece = _piece(entries[offset:end])
        if piece is not None:
            found.append(piece)
        offset = end
    return found


def check_piece(file: BinaryIO, file_bytes: int, piece: Piece) -> None:
    """Raise where libCZI could not read a piece without harm.

    Raises:
        ValueError: Its lengths are damaged.
    """
    if not 0 <= piece.position < file_bytes:
        raise ValueError("its end is missing")
    file.seek(piece.position)
    head = file.read(_PIECE_HEAD.size + _ENTRY.size)
    magic, _, _, *lengths = _PIECE_HEAD.unpack_from(head)
    schema, *_, dimensions = _ENTRY.unpack_from(head, _PIECE_HEAD.size)
    if not magic.startswith(_PIECE_MAGIC) or schema != b"DV":
        raise ValueError(f"nothing readable at byte {piece.position}")
    _check_dimensions(dimensions)
    if min(lengths) < 0 or piece.position + sum(lengths) > file_bytes:
        raise ValueError(f"{sum(lengths)} bytes are announced at byte {piece.position}")


def _check_dimensions(count: int) -> None:
    if not 0 < count <= _MOST_DIMENSIONS:
        raise ValueError(f"{count} dimensions are announced")


def _piece(entry: bytes) -> Piece | None:
    schema, pixel_type, position, _, packing, _, _ = _ENTRY.unpack_from(entry)
    if schema != b"DV":
        raise ValueError("its directory is damaged")
    starts, sizes, stored = {}, {}, {}
    for name, start, size, _, stored_size in _DIMENSION.iter_unpack(entry[_ENTRY.size :]):
        axis = name.rstrip(b"\0").decode("ascii", "replace")
        starts[axis], sizes[axis], stored[axis] = start, size, stored_size
    step = 1
    if any(stored[axis] not in (0, sizes[axis]) for axis in "XY"):
        step = _step(sizes, stored)
        if step < 2:
            return None
    rectangle = starts.pop("X"), starts.pop("Y"), sizes["X"], sizes["Y"]
    kind = PIXEL_TYPES.get(pixel_type, f"type {pixel_type}")
    packed = PACKINGS.get(packing, f"packing {packing}")
    return Piece(position, starts, rectangle, kind, packed, step)


def _step(sizes: Mapping[str, int], stored: Mapping[str, int]) -> int:
    """Pixels of the image per pixel of a coarser copy; 0 where that cannot be."""
    if any(not 0 < stored[axis] <= sizes[axis] for axis in "XY"):
        return 0
    return max(round(sizes[axis] / stored[axis]) for axis in "XY")
