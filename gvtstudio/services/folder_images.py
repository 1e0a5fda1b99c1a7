"""The image files of a folder the user has dropped."""

import os
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.io.formats import READERS

# A folder on a network share must not hold the window up, however much is in it.
MOST_ENTRIES = 10_000
MOST_IMAGES = 500


class FolderImages(NamedTuple):
    """What a folder holds.

    Args:
        paths: Its image files by name, not those of folders inside it.
        is_cut: Whether there may be more than was looked at.
    """

    paths: tuple[Path, ...]
    is_cut: bool


def image_extensions() -> tuple[str, ...]:
    """Every extension of every reader, lower case."""
    return tuple(sorted({e for row in READERS.values() for e in row.extensions}))


def images_in(folder: Path) -> FolderImages:
    """List the images directly inside a folder.

    Raises:
        FileUnreadable: The folder cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            looked_at = [entry.name for entry in islice(entries, MOST_ENTRIES + 1)]
    except OSError as error:
        raise FileUnreadable(
            f"The folder {folder} cannot be read: {error.strerror or error}.",
            "Check its permissions, or that its disk or network is reachable.",
        ) from error
    names = sorted(name for name in looked_at if name.lower().endswith(image_extensions()))
    is_cut = len(looked_at) > MOST_ENTRIES or len(names) > MOST_IMAGES
    return FolderImages(tuple(folder / name for name in names[:MOST_IMAGES]), is_cut)
