"""A file for libraries that believe every length a file announces."""

from pathlib import Path
from typing import BinaryIO


class BoundedFile:
    """An open file that is never asked for more than is left of it.

    What a damaged file announces may be more than the memory; Python would ask for that much before
    it sees how little is there.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        self.name = str(path)
        self.size = path.stat().st_size

    def read(self, count: int | None = -1, /) -> bytes:
        """At most that many bytes, or all that are left."""
        left = max(0, self.size - self._file.tell())
        return self._file.read(left if count is None or count < 0 else min(count, left))

    def read_at(self, position: int, count: int) -> bytes:
        """Exactly that many bytes from a place.

        Raises:
            ValueError: The file ends before.
        """
        if not 0 <= position <= self.size - count:
            raise ValueError("its end is missing")
        self._file.seek(position)
        found = self._file.read(count)
        if len(found) != count:
            raise ValueError("its end is missing")
        return found

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place."""
        return self._file.tell()

    @property
    def closed(self) -> bool:
        """Whether the file has been freed."""
        return self._file.closed

    def close(self) -> None:
        """Free the file."""
        self._file.close()
