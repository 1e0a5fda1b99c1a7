"""Turns what the operating system says about a file into a sentence with a remedy."""

import errno
import os
from pathlib import Path

from gvtstudio.domain.errors import FileUnreadable, OutputUnwritable
from gvtstudio.io.places import HOME_VARIABLE, user_data_dir

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


def unreadable(path: Path, error: OSError) -> FileUnreadable:
    """Why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return FileUnreadable(
            f"{path.name} was not found in {path.parent}.",
            "Check the name, or whether the drive is connected.",
        )
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return FileUnreadable(f"{path.name} is a folder, not a file.", "Choose a file inside it.")
    if isinstance(error, PermissionError):
        return FileUnreadable(
            f"{path.name} may not be read by you.",
            "Close it in other programs, or ask its owner for permission to read.",
        )
    return FileUnreadable(
        f"{path.name} could not be read: {error.strerror or error}.",
        "Check the drive or network connection, then try again.",
    )


def damaged(name: str, reason: object) -> FileUnreadable:
    """The sentence for a file that cannot be understood or unpacked."""
    said = str(reason).splitlines()[0][:120] if str(reason) else type(reason).__name__
    return FileUnreadable(
        f"{name} is damaged or incomplete ({said}).",
        "Copy it again from its source, or save it again in the program that wrote it; while a "
        "microscope still writes it, wait until that has ended.",
    )


def unwritable(path: Path, error: OSError) -> OutputUnwritable:
    """Why a file cannot be written."""
    if error.errno in _DISK_FULL:
        return OutputUnwritable(
            f"The disk became full while {path.name} was written; nothing was kept of it.",
            "Free some space or choose another folder.",
        )
    if error.errno == errno.EFBIG:
        return OutputUnwritable(
            f"{path.name} became larger than this drive or your quota allows; nothing was kept.",
            "Choose a drive that takes large files (not formatted as FAT32).",
        )
    home = user_data_dir()
    obstacle = _obstacle(home) if path.is_relative_to(home) else ""
    if obstacle:
        return OutputUnwritable(
            f"The program cannot keep its own files in {home}: {obstacle}.",
            f"Let the environment variable {HOME_VARIABLE} name a folder that you may write in.",
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return OutputUnwritable(
            f"{path.name} cannot be written in {path.parent}: no permission.",
            "Choose another folder, or close the file in other programs.",
        )
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return OutputUnwritable(
            f"{path.name} cannot be written: there is no folder {path.parent}.",
            "Choose a folder that exists, or check whether the drive is connected.",
        )
    return OutputUnwritable(
        f"{path.name} could not be written: {error.strerror or error}.",
        "Check the drive or network connection, or choose another folder.",
    )


def _obstacle(folder: Path) -> str:
    """Why nothing can be written into a folder, or it cannot be made; empty where it seems fine."""
    nearest = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    if not nearest.is_dir():
        return f"{nearest} is no folder"
    return "" if os.access(nearest, os.W_OK) else f"no permission to write in {nearest}"
