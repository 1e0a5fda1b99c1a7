"""Opens the folder of an NDTiff or MMStack dataset of Micro-Manager."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from tifffile import TiffFile, read_ndtiff_index

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.file_stack import opening
from gvtstudio.io.formats.folder_stack import FolderStack
from gvtstudio.io.formats.plane_files import stack_of_file
from gvtstudio.io.formats.tiff_dataset_recognition import INDEX, dataset_files
from gvtstudio.io.formats.tiff_log import collected_log

# An index that names more planes than so many times those it has is damaged.
_MOST_EMPTY = 64


class _Labels(msgspec.Struct, frozen=True):
    """Names that a dataset gives to its positions and channels, in order."""

    first_file: str
    positions: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def open_tiff_dataset(path: Path, scene: int = 0) -> FolderStack:
    """Open one stage position of a dataset.

    Args:
        path: The folder.
        scene: Which of its stage positions, counted from 0.

    Raises:
        FileUnreadable: It is damaged, or files of it are missing.
        UsageError: There is no such dataset.
    """
    names = dataset_files(path)
    if not names:
        raise FileUnreadable(
            f"{path.name} holds an index, but not the files it is of.",
            "Copy the whole folder again from its source.",
        )
    has_index = (path / INDEX).is_file()
    labels = _labels_of_index(path / INDEX) if has_index else _labels_of_summary(path / names[0])
    stack = stack_of_file(path / labels.first_file, scene)
    return FolderStack(stack, _info(path, stack.info, labels))


def _info(path: Path, info: StackInfo, labels: _Labels) -> StackInfo:
    has_labels = len(labels.positions) == len(info.scene_names)
    channels = info.channels
    if len(labels.channels) == len(channels):
        channels = tuple(map(Channel, labels.channels))
    return msgspec.structs.replace(
        info,
        path=str(path),
        reader="tiff_dataset",
        scene_names=labels.positions if has_labels else info.scene_names,
        channels=channels,
    )


def _labels_of_index(path: Path) -> _Labels:
    """The names in the index, in the order of their first planes, as the library counts them."""
    with collected_log(), opening(path):
        entries = list(read_ndtiff_index(path))
        places = [place for place, *_ in entries]
        if not entries or _extent(places) > _MOST_EMPTY * len(entries):
            raise damaged(path.name, ValueError("it names no planes, or far too many"))
        return _Labels(entries[0][1], _words(places, "position"), _words(places, "channel"))


def _words(places: Sequence[Mapping[str, int | str]], axis: str) -> tuple[str, ...]:
    """The labels along an axis; none where it is numbered."""
    found = dict.fromkeys(place[axis] for place in places if axis in place)
    return tuple(word for word in found if isinstance(word, str))


def _extent(places: Sequence[Mapping[str, int | str]]) -> int:
    """Planes between the first and last number along every axis."""
    sizes = []
    for axis in places[0]:
        values = {place[axis] for place in places}
        numbers = [value for value in values if isinstance(value, int)]
        sizes.append(max(numbers) - min(numbers) + 1 if numbers else len(values))
    return math.prod(sizes)


def _labels_of_summary(path: Path) -> _Labels:
    """The names of stage positions in the summary of an MMStack."""
    with collected_log(), opening(path), TiffFile(path) as tif:
        values: dict[str, Any] = tif.micromanager_metadata or {}
    summary = values.get("Summary")
    stages = summary.get("StagePositions") if isinstance(summary, dict) else None
    stages = stages if isinstance(stages, list) else []
    labels = [stage.get("Label") for stage in stages if isinstance(stage, dict)]
    return _Labels(path.name, tuple(label for label in labels if isinstance(label, str)))
