"""Files and folders that are there whole or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.io.failures import unwritable

_FLUSHED_AT_ONCE = 16


def refuse_existing(target: Path) -> None:
    """Raise when the target exists.

    Raises:
        OutputUnwritable: It does.
    """
    if target.exists():
        raise OutputUnwritable(
            f"{target.name} exists already in {target.parent}.",
            "Choose another name or folder, or allow overwriting (--overwrite).",
        )


def refuse_unwritable(target: Path) -> None:
    """Raise when it can already be told that the target cannot be made; writes nothing.

    Raises:
        OutputUnwritable: A part of its path is no folder, or not the user's to write.
    """
    nearest = next((parent for parent in target.parents if parent.exists()), None)
    if nearest is not None and not nearest.is_dir():
        raise unwritable(target, NotADirectoryError())
    if nearest is not None and not os.access(nearest, os.W_OK):
        raise unwritable(target, PermissionError())


@contextmanager
def atomic_file(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """A temporary path beside the target that becomes the target when the block succeeds.

    The folder of the target is made where needed. Whatever goes wrong inside the block, nothing
    new is left behind and an older target stays as it was.

    Args:
        target: The file to make.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OutputUnwritable: It exists and may not be replaced, or the place cannot be written.
    """
    if not overwrite:
        refuse_existing(target)
    temporary = _temporary_beside(target)
    try:
        try:
            yield temporary
            _flush_to_disk(temporary)
            if not overwrite:
                refuse_existing(target)
            temporary.replace(target)
        except OSError as error:
            raise unwritable(target, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """A temporary folder beside the target that becomes the target when the block succeeds.

    As with ``atomic_file``: whatever goes wrong, nothing new is left behind and what was there
    before stays as it was.

    Args:
        target: The folder to make.
        overwrite: Whether what has its name may be replaced.

    Raises:
        OutputUnwritable: It exists and may not be replaced, or the place cannot be written.
    """
    if not overwrite:
        refuse_existing(target)
    temporary = _name_beside(target, "writing")
    try:
        try:
            temporary.mkdir(parents=True)
            yield temporary
            _flush_folder_to_disk(temporary)
            if not overwrite:
                refuse_existing(target)
            _swap_in(temporary, target)
        except OSError as error:
            raise unwritable(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _swap_in(folder: Path, target: Path) -> None:
    """Give a folder the name of the target; what had it is removed when that is done."""
    if not target.exists():
        folder.rename(target)
        return
    aside = _name_beside(target, "replaced")
    target.rename(aside)
    try:
        folder.rename(target)
    except OSError:
        aside.rename(target)
        raise
    if aside.is_dir():
        shutil.rmtree(aside, ignore_errors=True)
    else:
        aside.unlink(missing_ok=True)


def write_bytes(target: Path, data: bytes, *, overwrite: bool = True) -> None:
    """Write a small file whole or not at all.

    Raises:
        OutputUnwritable: It exists and may not be replaced, or the place cannot be written.
    """
    with atomic_file(target, overwrite=overwrite) as temporary:
        temporary.write_bytes(data)


def _temporary_beside(target: Path) -> Path:
    """An empty file in the target's folder; its name keeps the extension, which writers look at."""
    temporary = _name_beside(target, "writing")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise unwritable(target, error) from error
    return temporary


def _name_beside(target: Path, what: str) -> Path:
    """A path in the target's folder that is not taken; it keeps the extension."""
    # The name of the target is not part of it: 255 bytes are the limit, and Chinese takes three.
    return target.with_name(f".{what}-{secrets.token_hex(6)}{target.suffix}")


def _flush_folder_to_disk(folder: Path) -> None:
    """The same for all files of a folder; several at once, because the disk makes each wait."""
    files = [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]
    with ThreadPoolExecutor(_FLUSHED_AT_ONCE) as pool:
        for _ in pool.map(_flush_to_disk, files):
            pass


def _flush_to_disk(path: Path) -> None:
    """Make sure that a power cut after the rename cannot leave an empty file."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
