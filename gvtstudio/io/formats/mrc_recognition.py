"""Tells MRC and DeltaVision, its relative, by their first bytes, without importing a library."""

from pathlib import Path

HEADER_BYTES = 1024
"""Of both."""

_MAP = slice(208, 212)
_DV = slice(96, 98)
_DV_MAGIC = (b"\xa0\xc0", b"\xc0\xa0")


def is_mrc(path: Path, first_bytes: bytes) -> bool:
    """Whether the bytes begin an MRC file of the year 2000 or later, whatever it is called."""
    return first_bytes[_MAP] in (b"MAP ", b"MAP\0")


def is_dv(path: Path, first_bytes: bytes) -> bool:
    """Whether the bytes begin a DeltaVision file; such files are often called .mrc, too."""
    return first_bytes[_DV] in _DV_MAGIC and not is_mrc(path, first_bytes)
