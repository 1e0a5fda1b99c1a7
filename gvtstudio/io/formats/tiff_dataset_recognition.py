"""Tells folders in which Micro-Manager keeps one dataset in large TIFF files."""

import re
from pathlib import Path

from gvtstudio.io.formats.folder_names import names_in, tiff_names

INDEX = "NDTiff.index"
_MMSTACK = re.compile(r"(.*)_MMStack.*\.tif", re.IGNORECASE)


def is_tiff_dataset(path: Path, first_bytes: bytes) -> bool:
    """Whether a folder holds an NDTiff dataset, or nothing but the files of one MMStack."""
    return not first_bytes and path.is_dir() and bool(dataset_files(path))


def dataset_files(folder: Path) -> list[str]:
    """The names of the files of the dataset that a folder is; none where it is not one."""
    if (folder / INDEX).is_file():
        # Folders inside it hold lower resolutions, not datasets.
        return [name for name in names_in(folder) if "NDTiffStack" in name]
    names = tiff_names(folder)
    found = [_MMSTACK.fullmatch(name) for name in names]
    prefixes = {match[1] if match else None for match in found}
    return names if len(prefixes) == 1 and None not in prefixes else []
