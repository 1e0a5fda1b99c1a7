"""When each time point of a CZI was taken, where the XML only points to a table in the file."""

import math
import struct
from typing import BinaryIO

_FILE_HEAD = struct.Struct("<104xq")
_SEGMENT_BYTES = 32
_RESERVED_BYTES = 256
_COUNT = struct.Struct("<i")
# Schema, position of the attachment, part of the file, kind of content, name.
_ENTRY = struct.Struct("<2s10xqi16s8s80s")
_TABLE_HEAD = struct.Struct("<ii")
_MOST_ATTACHMENTS = 1000
_NAME = b"TimeStamps"


def read_interval_s(file: BinaryIO, time_points: int) -> float | None:
    """Mean time between time points; ``None`` where the file has no such table for all of them.

    Args:
        file: Open anywhere.
        time_points: As many as the dataset has.
    """
    try:
        stamps = _stamps(file, time_points)
    except struct.error:
        return None
    if len(stamps) < 2:
        return None
    interval = (stamps[-1] - stamps[0]) / (len(stamps) - 1)
    return interval if math.isfinite(interval) and interval > 0 else None


def _stamps(file: BinaryIO, time_points: int) -> tuple[float, ...]:
    """The table: seconds on the clock of the microscope."""
    (directory,) = _FILE_HEAD.unpack(_at(file, 0, _FILE_HEAD.size))
    if directory <= 0:
        return ()
    start = directory + _SEGMENT_BYTES
    (count,) = _COUNT.unpack(_at(file, start, _COUNT.size))
    for i in range(min(count, _MOST_ATTACHMENTS)):
        place = start + _RESERVED_BYTES + i * _ENTRY.size
        _, position, _, _, _, name = _ENTRY.unpack(_at(file, place, _ENTRY.size))
        if name.rstrip(b"\0") == _NAME:
            table = position + _SEGMENT_BYTES + _RESERVED_BYTES
            _, found = _TABLE_HEAD.unpack(_at(file, table, _TABLE_HEAD.size))
            if found != time_points:
                return ()
            stamps = struct.Struct(f"<{found}d")
            return stamps.unpack(_at(file, table + _TABLE_HEAD.size, stamps.size))
    return ()


def _at(file: BinaryIO, position: int, count: int) -> bytes:
    """That many bytes; fewer, which ``struct`` then refuses, where the file ends before."""
    if not 0 <= position < 1 << 62:
        return b""
    file.seek(position)
    return file.read(count)
