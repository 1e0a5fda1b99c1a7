"""Opens NumPy arrays: one in a file (.npy), or several packed (.npz), each a dataset of it.

Nothing is ever evaluated or unpickled, whatever the file holds.
"""

import zipfile
from functools import partial
from io import FileIO
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.file_stack import FileStack, opening, refuse_scene
from gvtstudio.io.formats.numpy_header import (
    MAGIC,
    ArrayHeader,
    array_layout,
    describe_guess,
    guessed_axes,
    parse_array_header,
)
from gvtstudio.io.formats.raw_voxels import RawLayout, RawVoxels, plain_file
from gvtstudio.io.formats.unpacked_file import unpacked

_ZIP = b"PK\x03\x04"
_ENDING = ".npy"
_LOCAL_HEADER = 30
_NAME_LENGTH = slice(26, 28)
_EXTRA_LENGTH = slice(28, 30)
_MOST_ARRAYS = 1000
# Deflate makes nothing smaller than by this; a file that announces more than that is wrong.
_STRONGEST_PACKING = 1032


class _Member(NamedTuple):
    name: str
    header: ArrayHeader
    entry: zipfile.ZipInfo


def is_numpy(path: Path, first_bytes: bytes) -> bool:
    """Whether the bytes begin a NumPy array, or a zip archive whose first member is one."""
    if not first_bytes.startswith(_ZIP):
        return first_bytes.startswith(MAGIC)
    length = int.from_bytes(first_bytes[_NAME_LENGTH], "little")
    return first_bytes[_LOCAL_HEADER:][:length].endswith(_ENDING.encode())


def open_numpy(path: Path, scene: int = 0) -> FileStack:
    """Open an array.

    Raises:
        FileUnreadable: The file is damaged, truncated, or holds nothing a stack can hold.
        UsageError: There is no such dataset.
    """
    with opening(path):
        with path.open("rb") as file:
            is_zip = file.read(len(_ZIP)) == _ZIP
        return _open_member(path, scene) if is_zip else _open_array(path, scene)


def _open_array(path: Path, scene: int) -> FileStack:
    refuse_scene(path, scene, 1)
    with path.open("rb") as file:
        header = parse_array_header(file, path.name)
    if header.end > path.stat().st_size:
        raise damaged(path.name, "its end is missing, or its header announces too much")
    if not header.is_stack:
        raise FileUnreadable(
            f"{path.name} holds an array of shape {header.shape}; a stack has two to five axes.",
            "Save the planes, or a part of the array, as an array of their own.",
        )
    voxels = RawVoxels(_layout(header, header.length), partial(plain_file, path))
    return FileStack(_info(path, header, 0, (path.name,)), voxels.fill, voxels.close)


def _open_member(path: Path, scene: int) -> FileStack:
    members = _members(path)
    refuse_scene(path, scene, len(members))
    _, header, entry = members[scene]
    _refuse_impossible(path, members[scene])
    if entry.compress_type == zipfile.ZIP_STORED:
        begin, open_file = _begin(path, entry), partial(plain_file, path)
    else:
        begin, open_file = 0, partial(_unpacked_member, path, entry)
    info = _info(path, header, scene, tuple(member.name for member in members))
    voxels = RawVoxels(_layout(header, begin + header.length), open_file)
    return FileStack(info, voxels.fill, voxels.close)


def _members(path: Path) -> list[_Member]:
    """The arrays that are stacks; others are left out."""
    found = []
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if entry.filename.endswith(_ENDING)]
        if len(entries) > _MOST_ARRAYS:
            raise FileUnreadable(
                f"{path.name} holds {len(entries)} arrays, more than can be listed.",
                "Save those that are stacks as a file of their own.",
            )
        for entry in entries:
            with archive.open(entry) as file:
                header = _header_or_none(file, path.name)
            if header is not None and header.is_stack:
                found.append(_Member(entry.filename.removesuffix(_ENDING), header, entry))
    return found


def _header_or_none(file: IO[bytes], name: str) -> ArrayHeader | None:
    try:
        return parse_array_header(file, name)
    except FileUnreadable:
        return None


def _refuse_impossible(path: Path, member: _Member) -> None:
    entry, header = member.entry, member.header
    packed = entry.compress_size
    most = packed if entry.compress_type == zipfile.ZIP_STORED else packed * _STRONGEST_PACKING
    if header.end > entry.file_size or entry.file_size > most or packed > path.stat().st_size:
        raise damaged(path.name, f"its array {member.name} announces more than there is")


def _begin(path: Path, entry: zipfile.ZipInfo) -> int:
    """Where in the file a member begins that is not packed."""
    with path.open("rb") as file:
        file.seek(entry.header_offset)
        head = file.read(_LOCAL_HEADER)
        lengths = (head[_NAME_LENGTH], head[_EXTRA_LENGTH])
        begin = file.tell() + sum(int.from_bytes(length, "little") for length in lengths)
    if begin + entry.file_size > path.stat().st_size:
        raise damaged(path.name, "its end is missing")
    return begin


def _unpacked_member(path: Path, entry: zipfile.ZipInfo) -> FileIO:
    with zipfile.ZipFile(path) as archive:
        return unpacked(path, entry.file_size, partial(archive.open, entry))


def _layout(header: ArrayHeader, begin: int) -> RawLayout:
    return array_layout(header, guessed_axes(header.shape), begin)


def _info(path: Path, header: ArrayHeader, scene: int, names: tuple[str, ...]) -> StackInfo:
    axes = guessed_axes(header.shape)
    guess = describe_guess(axes, header.shape) if len(axes) > 2 else ""
    layout = _layout(header, 0)
    is_rgb = axes == "YXC" and layout.shape[2] > 2 and header.dtype == np.uint8
    return StackInfo(
        path=str(path),
        shape=layout.shape,
        dtype=header.dtype.name,
        channels=default_channels(layout.shape[2]),
        calibration=Calibration(),
        reader="numpy",
        file_axes=axes,
        scene=scene,
        scene_names=names,
        is_rgb=is_rgb,
        warnings=(guess,) if guess else (),
        axes_assumed=guess,
    )
