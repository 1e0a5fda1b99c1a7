"""Unpacks a file where every part of it needs all that is before it."""

import tempfile
import zlib
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import IO
from zipfile import BadZipFile

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.io.failures import damaged, unreadable
from gvtstudio.io.scratch_stack import refuse_too_little_room

_CHUNK_BYTES = 1 << 20
_DAMAGE = (OSError, EOFError, zlib.error, BadZipFile)


def unpacked(path: Path, byte_count: int, open_packed: Callable[[], IO[bytes]]) -> FileIO:
    """What is packed in a file in one on the disk without a name; no more than announced.

    Args:
        path: The file.
        byte_count: Length of what is packed, as the file announces it.
        open_packed: Opens it, so that unpacked bytes are read.

    Raises:
        FileUnreadable: The file is damaged or has vanished.
        OutputUnwritable: There is no room.
    """
    folder = Path(tempfile.gettempdir())
    refuse_too_little_room(folder, byte_count)
    file = _file_without_name()
    try:
        for chunk in _chunks(open_packed, byte_count):
            _write(file, chunk, folder)
    except BaseException as error:
        file.close()
        if not isinstance(error, _DAMAGE):
            raise
        if isinstance(error, OSError) and error.errno is not None:
            raise unreadable(path, error) from error
        raise damaged(path.name, error) from error
    return file


def _file_without_name() -> FileIO:
    return tempfile.TemporaryFile(buffering=0)


def _chunks(open_packed: Callable[[], IO[bytes]], byte_count: int) -> Iterator[bytes]:
    """So many bytes of what is packed.

    Raises:
        EOFError: There are fewer.
    """
    with open_packed() as packed:
        while byte_count:
            chunk = packed.read(min(_CHUNK_BYTES, byte_count))
            if not chunk:
                raise EOFError("its end is missing")
            byte_count -= len(chunk)
            yield chunk
        packed.read(1)  # goes to the sum behind the content, which is then checked


def _write(file: FileIO, chunk: bytes, folder: Path) -> None:
    view = memoryview(chunk)
    try:
        while view:
            view = view[file.write(view) :]
    except OSError as error:
        raise OutputUnwritable(
            f"There is no room in {folder} to unpack the file: {error.strerror or error}.",
            "Free some space there, then open it again.",
        ) from error
