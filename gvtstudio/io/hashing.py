"""The fingerprint of a file's content."""

import hashlib
from pathlib import Path

from gvtstudio.io.failures import unreadable


def sha256_of_file(path: Path) -> str:
    """SHA-256 of the content, as 64 hexadecimal digits; read in blocks.

    Raises:
        FileUnreadable: The file is missing or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error
