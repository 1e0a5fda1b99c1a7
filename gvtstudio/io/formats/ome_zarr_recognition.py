"""Tells Zarr folders from others; imports nothing, because every folder is asked."""

from pathlib import Path

MARKERS = ("zarr.json", ".zgroup", ".zarray", ".zattrs")
"""Files that describe a Zarr folder, newest version first."""
_DESCRIPTIONS = (*MARKERS, "NDTiff.index")


def is_ome_zarr(path: Path, first_bytes: bytes) -> bool:
    """Whether the path is a folder described as Zarr, version 2 or 3."""
    return not first_bytes and path.is_dir() and any((path / name).is_file() for name in MARKERS)


def described_folder(path: Path) -> Path:
    """The folder a description lies in; any other path as it is.

    Example:
        >>> described_folder(Path("cell.zarr/zarr.json")).name
        'cell.zarr'
    """
    return path.parent if path.name in _DESCRIPTIONS else path
