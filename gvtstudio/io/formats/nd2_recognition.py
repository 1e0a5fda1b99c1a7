"""Knows Nikon ND2 by its first bytes."""

from pathlib import Path

_MAGIC = b"\xda\xce\xbe\x0a"
# Before 2010 ND2 was JPEG 2000, which other programs write under other names.
_JPEG_2000 = b"\x00\x00\x00\x0cjP"


def is_nd2(path: Path, first_bytes: bytes) -> bool:
    """Whether a file is ND2, written by NIS-Elements."""
    return first_bytes.startswith(_MAGIC) or is_old_nd2(path, first_bytes)


def is_old_nd2(path: Path, first_bytes: bytes) -> bool:
    """Whether a file is ND2 as it was before 2010."""
    return path.suffix.lower() == ".nd2" and first_bytes.startswith(_JPEG_2000)
