"""Opens a Micro-Manager acquisition of one TIFF file per plane, of version 1 or 2."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gvtstudio.domain.channel import Channel, default_channels
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.file_stack import FileStack, opening, refuse_scene
from gvtstudio.io.formats.folder_names import names_in
from gvtstudio.io.formats.micromanager_folder_recognition import (
    DESCRIPTION,
    NEW_NAME,
    OLD_NAME,
    position_folders,
)
from gvtstudio.io.formats.micromanager_metadata import described
from gvtstudio.io.formats.micromanager_text import read_summary
from gvtstudio.io.formats.plane_files import PlaneFiles, first_plane, missing_warning
from gvtstudio.io.formats.sequence_names import Place

# Channels may leave out slices and times, but not nearly all of them.
_MOST_EMPTY = 100


class _Planes(NamedTuple):
    """The files of one stage position.

    Args:
        files: The file of every plane that is there.
        sizes: Along T, Z and C.
        words: Names of the channels where those of the files tell them.
    """

    files: dict[Place, Path]
    sizes: Place
    words: tuple[str, ...]

    @property
    def missing(self) -> int:
        """Planes without a file."""
        return math.prod(self.sizes) - len(self.files)


def open_micromanager_folder(path: Path, scene: int = 0) -> FileStack:
    """Open one stage position of an acquisition.

    Args:
        path: The folder of the acquisition, or of one of its stage positions.
        scene: Which of its stage positions, counted from 0.

    Raises:
        FileUnreadable: A file that tells size, type or channels is damaged.
        UsageError: There is no such dataset.
    """
    folders = position_folders(path)
    refuse_scene(path, scene, len(folders))
    folder = folders[scene]
    with opening(folder / DESCRIPTION):
        summary = read_summary(folder / DESCRIPTION)
        planes = _planes(folder, summary)
    if planes.missing > _MOST_EMPTY * len(planes.files):
        raise damaged(path.name, ValueError("nearly all of its files are missing"))
    first = first_plane(planes.files[min(planes.files)])
    voxels = PlaneFiles(planes.files, first)
    names = tuple(folder.name for folder in folders)
    info = _info(planes, first, summary)
    return FileStack(
        msgspec.structs.replace(info, path=str(path), scene=scene, scene_names=names),
        voxels.fill,
        voxels.close,
    )


def _info(planes: _Planes, first: StackInfo, summary: Mapping[str, Any]) -> StackInfo:
    """The description, but for path and scenes, which are not the plane's."""
    times, slices, channels = planes.sizes
    shape = (times, slices, channels * first.shape[2], *first.shape[3:])
    told = described({"Summary": summary}, shape)
    return msgspec.structs.replace(
        first,
        shape=shape,
        channels=_channels(planes, first, told.channels),
        calibration=told.calibration,
        reader="micromanager",
        file_axes=f"TZC{first.file_axes}",
        significant_bits=told.significant_bits,
        metadata_text=told.text,
        warnings=missing_warning(planes.missing) + first.warnings,
    )


def _channels(planes: _Planes, first: StackInfo, told: tuple[Channel, ...]) -> tuple[Channel, ...]:
    """Those of the summary, or of the names of the files."""
    if first.is_rgb:
        return first.channels * planes.sizes[2]
    return told or tuple(map(Channel, planes.words)) or default_channels(planes.sizes[2])


def _planes(folder: Path, summary: Mapping[str, Any]) -> _Planes:
    """Where the files of a folder belong, told by their names in one of two manners."""
    names = names_in(folder)
    new = [match for match in map(NEW_NAME.fullmatch, names) if match]
    if new:
        places = [(int(found["t"]), int(found["z"]), int(found["c"])) for found in new]
        files = {place: folder / found.string for place, found in zip(places, new, strict=True)}
        return _Planes(files, _sizes(files), ())
    old = [match for match in map(OLD_NAME.fullmatch, names) if match]
    words = _ordered({found["channel"] for found in old}, summary.get("ChNames"))
    files = {
        (int(found["t"]), int(found["z"]), words.index(found["channel"])): folder / found.string
        for found in old
    }
    return _Planes(files, _sizes(files), tuple(words))


def _sizes(places: Mapping[Place, Path]) -> Place:
    t, z, c = (max(place[axis] for place in places) + 1 for axis in range(3))
    return (t, z, c)


def _ordered(words: set[str], told: object) -> list[str]:
    """Channels in the order of the acquisition; names of files lack signs that disks refuse."""
    order = [_plain(str(name)) for name in told] if isinstance(told, list) else []
    known = {word: order.index(_plain(word)) for word in words if _plain(word) in order}
    return sorted(words, key=lambda word: (known.get(word, len(order)), word))


def _plain(word: str) -> str:
    return re.sub(r"\W", "", word).casefold()
