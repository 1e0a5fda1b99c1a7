"""Tells HDF5, in which Imaris keeps its files, by its first bytes, without importing a library."""

from pathlib import Path

_MAGIC = b"\x89HDF\r\n\x1a\n"


def is_ims(path: Path, first_bytes: bytes) -> bool:
    """Whether the bytes begin an HDF5 file, whatever it is called; opening tells whose it is."""
    return first_bytes.startswith(_MAGIC)
