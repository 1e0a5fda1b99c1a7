"""Tells a TIFF by its first bytes; apart, so that asking does not import the TIFF library."""

from pathlib import Path

_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def is_tiff(path: Path, first_bytes: bytes) -> bool:
    """Whether the bytes begin a TIFF or BigTIFF, whatever the file is called."""
    return first_bytes.startswith(_MAGIC)
