"""Knows Zeiss CZI by its first bytes."""

from pathlib import Path

_MAGIC = b"ZISRAWFILE"


def is_czi(path: Path, first_bytes: bytes) -> bool:
    """Whether a file is CZI, written by ZEN."""
    return first_bytes.startswith(_MAGIC)
