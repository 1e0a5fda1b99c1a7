"""Opens any image file the program can read."""

import stat
from pathlib import Path

import msgspec

from gvtstudio.domain.errors import FileUnreadable, GvtError
from gvtstudio.domain.quantities import voxel_size_from
from gvtstudio.domain.specs import ReaderSpec, load_callable
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.io.calibrated_stack import CalibratedStack
from gvtstudio.io.described_stack import DescribedStack
from gvtstudio.io.failures import unreadable
from gvtstudio.io.formats import READERS
from gvtstudio.io.formats.ome_zarr_recognition import described_folder
from gvtstudio.io.other_formats import refuse_other_format
from gvtstudio.io.reordered_stack import ReorderedStack
from gvtstudio.io.system_paths import long_path

_FIRST_BYTES = 512


def open_stack(
    path: Path, scene: int = 0, voxel_size: str = "", axes: str = "", level: int = 0
) -> Stack:
    """Open a dataset of an image file or folder; its first bytes decide how it is read.

    Args:
        path: The file, or the folder of a format that is one, or of files that are its planes.
        scene: Which of its datasets, counted from 0.
        voxel_size: ``Z,Y,X`` in µm of the finest level, where the user knows better than the file.
        axes: What its planes are, such as ``TZ`` or ``ZC2``, where the user knows better.
        level: 0 is the finest; the others are the coarser copies in ``StackInfo.level_shapes``.

    Raises:
        FileUnreadable: Missing, not permitted, damaged, or no image the program can read.
        StackUnsuitable: The axes do not fit its planes.
        UsageError: The file has no such dataset or level, or that is no voxel size, or these are
            no axes.
    """
    voxel_um = voxel_size_from(voxel_size)
    path = described_folder(path.absolute())
    place = long_path(path)
    is_folder = place.is_dir()
    first_bytes = b"" if is_folder else _first_bytes(path)
    if not first_bytes and not is_folder:
        raise FileUnreadable(f"{path.name} is empty.", "Copy it again from its source.")
    reader = _reader_of(place, first_bytes)
    refuse_other_format(path, first_bytes, is_read=reader is not None)
    if reader is None:
        raise unreadable(path, IsADirectoryError()) if is_folder else _not_recognised(path)
    numbers = (scene, level) if level and reader.has_levels else (scene,)
    stack: Stack = load_callable(reader.open)(place, *numbers)
    if place != path:  # it is known by the path that the user sees
        stack = DescribedStack(stack, msgspec.structs.replace(stack.info, path=str(path)))
    try:
        if axes:
            stack = ReorderedStack(stack, axes)
        stack.info.refuse_level(level)
    except GvtError:
        stack.close()
        raise
    return CalibratedStack(stack, voxel_um) if voxel_um else stack


def is_stack_folder(path: Path) -> bool:
    """Whether a folder is itself a stack, as OME-Zarr and sequences of planes are."""
    return path.is_dir() and _reader_of(path, b"") is not None


def inspect_stack(path: Path, scene: int = 0, voxel_size: str = "", axes: str = "") -> StackInfo:
    """Describe a dataset of an image file, as ``open_stack`` would open it.

    Raises:
        GvtError: As ``open_stack`` does.
    """
    stack = open_stack(path, scene, voxel_size, axes)
    try:
        return stack.info
    finally:
        stack.close()


def _reader_of(path: Path, first_bytes: bytes) -> ReaderSpec | None:
    """Who reads a file; a folder has no bytes."""
    recognising = (
        reader for reader in READERS.values() if load_callable(reader.recognises)(path, first_bytes)
    )
    return next(recognising, None)


def _first_bytes(path: Path) -> bytes:
    try:
        # a pipe or a device would let the program wait for ever
        if not stat.S_ISREG(long_path(path).stat().st_mode):
            raise FileUnreadable(f"{path.name} is no file with data.", "Choose an image file.")
        with long_path(path).open("rb") as file:
            return file.read(_FIRST_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error


def _not_recognised(path: Path) -> FileUnreadable:
    # those without an extension are folders
    titles = ", ".join(reader.title for reader in READERS.values() if reader.extensions)
    return FileUnreadable(
        f"{path.name} is not an image this program can read.",
        f"It reads {titles} files; save the image as OME-TIFF.",
    )
