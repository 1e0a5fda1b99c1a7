"""The names of the TIFF files of a folder; imports no library, because every folder is asked."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from gvtstudio.io.formats import READERS

PLANE_EXTENSIONS = (".tif", ".tiff")
_MOST_ENTRIES = 200_000


def names_in(folder: Path) -> list[str]:
    """The names of what a folder shows, sorted; none where it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, _MOST_ENTRIES)]
    except OSError:
        return []
    return sorted(name for name in names if not name.startswith("."))


def tiff_names(folder: Path) -> list[str]:
    """The names of the TIFF files of a folder; none where it holds other images too."""
    images = [name for name in names_in(folder) if name.lower().endswith(tuple(_extensions()))]
    are_all = all(name.lower().endswith(PLANE_EXTENSIONS) for name in images)
    return images if are_all else []


def _extensions() -> Iterator[str]:
    for reader in READERS.values():
        yield from reader.extensions
