"""What the writers of movies share: a file that is ended, or after a failure only closed."""

from pathlib import Path
from types import TracebackType
from typing import Self


class FileWriter:
    """A file that is open within a ``with``.

    Args:
        path: File to write.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._file.close()

    def _finish(self) -> None:
        """Write what ends the file."""
        raise NotImplementedError
