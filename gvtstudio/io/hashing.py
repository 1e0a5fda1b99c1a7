"""The fingerprint of a file's content, or of a folder that is a stack."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from gvtstudio.io.failures import unreadable
from gvtstudio.io.formats.ome_zarr_recognition import described_folder
from gvtstudio.io.system_paths import long_path

_BLOCK_BYTES = 1 << 20
# What file managers put into any folder that is looked at.
_NOT_CONTENT = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


def sha256_of_file(path: Path, check: Callable[[], None] = lambda: None) -> str:
    """SHA-256 of the content, as 64 hexadecimal digits; read in blocks.

    Of a folder: over name, length and content of every file in it, sorted by name, so that it is
    the same wherever the folder lies.

    Args:
        path: The file or folder; or the file that describes a Zarr folder.
        check: Called before every block; it may raise to stop.

    Raises:
        FileUnreadable: The file is missing or cannot be read.
    """
    digest = hashlib.sha256()
    path = long_path(described_folder(path.absolute()))
    try:
        if not path.is_dir():
            _add(digest, path, check)
        else:
            for name, file in sorted(files_in(path)):
                digest.update(b"%b\0%d\0" % (name, file.stat().st_size))
                _add(digest, file, check)
    except OSError as error:
        raise unreadable(path, error) from error
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", path: Path, check: Callable[[], None]) -> None:
    with path.open("rb") as file:
        check()
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            check()


def files_in(folder: Path) -> Iterator[tuple[bytes, Path]]:
    """Every file with its name inside the folder, written the same on every system.

    Raises:
        OSError: A folder inside cannot be read.
    """
    for parent, _, files in os.walk(folder, onerror=_raise):
        for name in files:
            if name not in _NOT_CONTENT:
                file = Path(parent, name)
                inner = file.relative_to(folder).as_posix()
                yield inner.encode("utf-8", "surrogateescape"), file


def _raise(error: OSError) -> None:
    raise error
