"""The fingerprint of a file's content."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from gvtstudio.io.failures import unreadable

_BLOCK_BYTES = 1 << 20


def sha256_of_file(path: Path, check: Callable[[], None] = lambda: None) -> str:
    """SHA-256 of the content, as 64 hexadecimal digits; read in blocks.

    Args:
        path: The file.
        check: Called before every block; it may raise to stop.

    Raises:
        FileUnreadable: The file is missing or cannot be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            check()
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
                check()
            return digest.hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error
