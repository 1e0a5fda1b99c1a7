"""Keeps tifffile's log lines from the user's console and turns some of them into sentences."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tifffile import logger

# tifffile says these and goes on with the pages it could read.
_TRUNCATION = (
    "invalid offset to page",
    "invalid page offset",
    "corrupted tag list",
    "corrupted file",
    "invalid circular reference",
)
_MISSING_PARTS = ("failed to read", "missing", "index out of range")


class LibraryLog(logging.Handler):
    """The lines tifffile logged in one thread."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line."""
        if record.thread == self._thread:
            self._lines.append(record.getMessage())

    @property
    def tells_truncation(self) -> bool:
        """Whether pages were announced that are not there."""
        return any(sign in line for line in self._lines for sign in _TRUNCATION)

    @property
    def tells_missing_parts(self) -> bool:
        """Whether parts of a dataset, such as files beside this one, are not there."""
        return any(sign in line for line in self._lines for sign in _MISSING_PARTS)


@contextmanager
def collected_log() -> Iterator[LibraryLog]:
    """Collect tifffile's log lines instead of showing them."""
    library = logger()
    # Without a handler of ours, Python would print the library's warnings on stderr.
    library.propagate = False
    collected = LibraryLog()
    library.addHandler(collected)
    try:
        yield collected
    finally:
        library.removeHandler(collected)
