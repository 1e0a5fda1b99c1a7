"""Knows Leica LIF and LOF by their first bytes."""

import struct
from pathlib import Path

# Magic, length of the chunk, magic, number of characters.
_HEAD = struct.Struct("<IIBI")


def is_lif(path: Path, first_bytes: bytes) -> bool:
    """Whether a file is LIF or LOF, written by LAS X."""
    if len(first_bytes) < _HEAD.size:
        return False
    outer, length, inner, characters = _HEAD.unpack_from(first_bytes)
    return bool(outer == 0x70 and inner == 0x2A and length == 2 * characters + 5)
