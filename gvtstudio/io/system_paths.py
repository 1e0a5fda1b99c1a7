"""Paths of every system: long ones, shares, other drive letters, names from other computers.

All functions are about the text of a path and never touch a disk, so that the rules of Windows
hold (and are tested) everywhere.
"""

import ntpath
import posixpath
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import TypeVar

P = TypeVar("P", bound=PurePath)

# Windows refuses 260 characters, and folders already 248, for room for a name of the old form.
_LONGEST_ON_WINDOWS = 247
_PREFIX = "\\\\?\\"
_SHARE_PREFIX = "\\\\?\\UNC\\"


def long_path(path: P) -> P:
    r"""The path in the form in which Windows takes more than 260 characters; others as they are.

    Example:
        >>> str(long_path(PureWindowsPath(r"C:\data\..\cell.tif")))
        'C:\\data\\..\\cell.tif'
        >>> str(long_path(PureWindowsPath("//server/share/" + 300 * "x")))[:24]
        '\\\\?\\UNC\\server\\share\\xxx'
    """
    text = str(path)
    is_long = isinstance(path, PureWindowsPath) and len(text) > _LONGEST_ON_WINDOWS
    if not is_long or not path.is_absolute() or text.startswith(_PREFIX):
        return path
    # behind the prefix Windows takes every character as it stands, ".." included
    text = ntpath.normpath(text)
    if text.startswith("\\\\"):
        return type(path)(_SHARE_PREFIX + text.lstrip("\\"))
    return type(path)(_PREFIX + text)


def relative_link(folder: PurePath, file: PurePath) -> str:
    r"""The way from a folder to a file with forward slashes; empty from drive to drive.

    Example:
        >>> relative_link(PureWindowsPath(r"E:\study\p"), PureWindowsPath(r"e:\study\a.tif"))
        '../a.tif'
        >>> relative_link(PureWindowsPath(r"C:\p"), PureWindowsPath(r"\\server\data\a.tif"))
        ''
    """
    rules = ntpath if isinstance(file, PureWindowsPath) else posixpath
    try:
        return type(file)(rules.relpath(file, folder)).as_posix()
    except ValueError:
        return ""


def linked_place(folder: P, relative: str) -> P:
    """Where a relative link leads from a folder, without ``..``."""
    rules = ntpath if isinstance(folder, PureWindowsPath) else posixpath
    return type(folder)(rules.normpath(folder / relative))


def link_name(absolute: str) -> str:
    r"""The name at the end of a path that may come from another system.

    Example:
        >>> link_name("D:\\data\\cell.tif"), link_name("/data/cell.tif")
        ('cell.tif', 'cell.tif')
    """
    foreign = PureWindowsPath(absolute)
    return foreign.name if foreign.drive else PurePosixPath(absolute).name


def same_name(first: str, second: str) -> bool:
    """Whether two names are one to the eye; computers from Apple write ä as two characters."""
    return unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", second)


def on_other_drives(path: PureWindowsPath, drives: Iterable[str]) -> list[PureWindowsPath]:
    """The same path on other drives: a stick gets another letter at every computer.

    Args:
        path: As it was; one on a share gives none.
        drives: Letters with a colon.
    """
    if len(path.drive) != len("C:"):
        return []
    others = (drive for drive in drives if drive.upper() != path.drive.upper())
    return [PureWindowsPath(drive + str(path)[len(path.drive) :]) for drive in others]
