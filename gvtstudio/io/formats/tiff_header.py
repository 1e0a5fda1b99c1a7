"""Size and type of the first page of a TIFF, told without the TIFF library and its metadata."""

import struct
from pathlib import Path
from typing import NamedTuple

_ENDS = {b"II": "<", b"MM": ">"}
_WIDTH, _HEIGHT, _BITS, _SAMPLES, _KIND = 256, 257, 258, 277, 339
_ASKED = (_WIDTH, _HEIGHT, _BITS, _SAMPLES, _KIND)
_NUMBER_FORMATS = {3: "H", 4: "I", 16: "Q"}
_MOST_TAGS = 1000


class PageHeader(NamedTuple):
    """What tells pages that fit one stack.

    Args:
        width: In pixels.
        height: In pixels.
        bits: Of one value.
        samples: Values of one pixel.
        kind: Whole numbers (1), with sign (2), real numbers (3).
        is_single: Whether the file has no other page.
    """

    width: int
    height: int
    bits: int
    samples: int
    kind: int
    is_single: bool


def page_header(path: Path) -> PageHeader | None:
    """Read the first directory of a TIFF; ``None`` where the file cannot be read as one."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
            order = _ENDS[start[:2]]
            (version,) = struct.unpack_from(f"{order}H", start, 2)
            is_big = version == 43
            place, at = ("Q", 8) if is_big else ("I", 4)
            (offset,) = struct.unpack_from(order + place, start, at)
            file.seek(offset)
            count_bytes = 8 if is_big else 2
            (count,) = struct.unpack(order + ("Q" if is_big else "H"), file.read(count_bytes))
            if version not in (42, 43) or count > _MOST_TAGS:
                return None
            entry_bytes, place_bytes = (20, 8) if is_big else (12, 4)
            directory = file.read(count * entry_bytes + place_bytes)
            (after,) = struct.unpack_from(order + place, directory, count * entry_bytes)
    except (OSError, KeyError, struct.error, OverflowError):
        return None
    return _header(directory, order, entry_bytes, after == 0)


def _header(directory: bytes, order: str, entry_bytes: int, is_single: bool) -> PageHeader:
    """Gather the tags that are asked for; of several values, as bits of RGB, the type is enough."""
    found = {_WIDTH: 0, _HEIGHT: 0, _BITS: 1, _SAMPLES: 1, _KIND: 1}
    value_at = 12 if entry_bytes == 20 else 8
    for start in range(0, len(directory) - entry_bytes, entry_bytes):
        tag, kind = struct.unpack_from(f"{order}HH", directory, start)
        (count,) = struct.unpack_from(
            order + ("Q" if value_at == 12 else "I"), directory, start + 4
        )
        if tag in _ASKED and count == 1 and kind in _NUMBER_FORMATS:
            number = order + _NUMBER_FORMATS[kind]
            (found[tag],) = struct.unpack_from(number, directory, start + value_at)
    width, height, bits, samples, sample_kind = (found[tag] for tag in _ASKED)
    return PageHeader(width, height, bits, samples, sample_kind, is_single)
