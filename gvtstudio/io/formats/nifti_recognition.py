"""Tells a NIfTI file by its first bytes; apart, so that asking does not import a library."""

import gzip
import zlib
from pathlib import Path
from typing import Literal

Kind = Literal["", "one", "two", "pair"]
"""NIfTI-1, NIfTI-2, or the header of either whose voxels lie in another file; empty: none."""

HEADER_BYTES = {"one": 348, "two": 540}
FIRST_BYTES = 512
"""Enough to tell."""
GZIP_DAMAGE = (OSError, EOFError, zlib.error)
"""What unpacking raises, also on files that were cut off."""

_GZIP = b"\x1f\x8b\x08"
_MAGIC: dict[bytes, Kind] = {
    b"n+1\0": "one", b"n+2\0": "two", b"ni1\0": "pair", b"ni2\0": "pair",
}  # fmt: skip


def is_nifti(path: Path, first_bytes: bytes) -> bool:
    """Whether the bytes begin a NIfTI file, packed by gzip or not, whatever it is called."""
    if is_packed(first_bytes):
        try:
            with gzip.open(path) as file:
                first_bytes = file.read(HEADER_BYTES["one"])
        except GZIP_DAMAGE:
            return False
    return kind_of(first_bytes) != ""


def is_packed(first_bytes: bytes) -> bool:
    """Whether the bytes begin a gzip file."""
    return first_bytes.startswith(_GZIP)


def kind_of(first_bytes: bytes) -> Kind:
    """Which NIfTI the bytes begin, by the size of its header in either byte order and its magic."""
    sizes = {int.from_bytes(first_bytes[:4], order) for order in ("little", "big")}
    if HEADER_BYTES["one"] in sizes:
        return _MAGIC.get(first_bytes[344:348], "")
    if HEADER_BYTES["two"] in sizes:
        return _MAGIC.get(first_bytes[4:8], "")
    return ""
