"""Tells a folder with one stack, a plane in every file, from a folder of images."""

from collections.abc import Sequence
from pathlib import Path

from gvtstudio.io.formats.folder_names import tiff_names
from gvtstudio.io.formats.sequence_names import NameSequence, read_names
from gvtstudio.io.formats.tiff_header import page_header

# Of many files only so many are looked into; the others are checked when they are read.
_LOOKED_AT = 64


def is_tiff_sequence(path: Path, first_bytes: bytes) -> bool:
    """Whether the names of all TIFF files of a folder have a pattern and all are planes alike."""
    return not first_bytes and path.is_dir() and sequence_in(path) is not None


def sequence_in(folder: Path) -> NameSequence | None:
    """The planes of the stack that the files of a folder are; ``None`` where they are none."""
    names = tiff_names(folder)
    sequence = read_names(names)
    if sequence is None:
        return None
    return sequence if _are_alike(folder, names, sequence.sizes[2] > 1) else None


def _are_alike(folder: Path, names: Sequence[str], has_channels: bool) -> bool:
    """Whether files are one page each, of one size and type; colours are channels already."""
    step = -(-len(names) // _LOOKED_AT)
    headers = {page_header(folder / name) for name in (*names[::step], names[-1])}
    if len(headers) > 1:
        return False
    (header,) = headers
    return header is not None and header.is_single and not (has_channels and header.samples > 1)
