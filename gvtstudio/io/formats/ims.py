"""Opens Imaris files (.ims): HDF5 with a volume for each time point and channel.

The layout is that of Imaris 5.5 and later.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import msgspec
import numpy as np

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.described import Described
from gvtstudio.io.formats.file_stack import (
    DAMAGE,
    FileStack,
    is_coarser,
    opening,
    refuse_scene,
)
from gvtstudio.io.formats.ims_metadata import describe_ims, whole_attribute
from gvtstudio.io.formats.ims_voxels import ImsVoxels, child, refuse_packing

_DATASET = re.compile(r"DataSet\d*")
# Volumes that are written in parts need as many in memory at once.
_CACHE_BYTES = 32 << 20
# Zeros, and parts that were never written, take hardly any room; nothing real is packed better.
_STRONGEST_PACKING = 10_000


class _Level(NamedTuple):
    """One resolution of a dataset.

    Args:
        group: With its time points.
        shape: Sizes along T, Z, C, Y, X.
        dtype: Of its voxels.
    """

    group: Any
    shape: Shape5
    dtype: Any


def open_ims(path: Path, scene: int = 0, level: int = 0) -> FileStack:
    """Open a dataset of an Imaris file.

    Args:
        path: The file.
        scene: Which of its datasets.
        level: 0 is the finest; every further one is coarser.

    Raises:
        FileUnreadable: The file is damaged, truncated, or none of Imaris.
        UsageError: There is no such dataset, or level of it.
    """
    with opening(path) as opened:
        file = opened.enter_context(h5py.File(path, "r", locking=False, rdcc_nbytes=_CACHE_BYTES))
        names = sorted((name for name in file if _DATASET.fullmatch(name)), key=_number)
        if not names:
            raise FileUnreadable(
                f"{path.name} is an HDF5 file, but none of Imaris.",
                "Save the stack in it as OME-TIFF with the program that wrote it.",
            )
        refuse_scene(path, scene, len(names))
        dataset = child(file, names[scene])
        finest = _level(dataset, 0, path)
        info_group = file.get(names[scene].replace("DataSet", "DataSetInfo"))
        described = describe_ims(info_group, finest.shape)
        info = msgspec.structs.replace(
            _info(path, finest, described, (scene, tuple(names))),
            level_shapes=tuple(_coarser_shapes(dataset, finest, path)),
        )
        chosen = _level(dataset, level, path) if 0 < level < _level_count(dataset) else finest
        voxels = ImsVoxels(chosen.group)
        return FileStack(info.at_level(level), voxels.fill, file.close)


def _number(name: str) -> int:
    return int(name.removeprefix("DataSet") or 0)


def _count(names: Sequence[str], word: str) -> int:
    """How many groups ``word 0``, ``word 1`` … there are."""
    found = set(names)
    count = 0
    while f"{word} {count}" in found:
        count += 1
    return count


def _level_count(dataset: Any) -> int:
    return _count(list(dataset), "ResolutionLevel")


def _level(dataset: Any, number: int, path: Path) -> _Level:
    group = child(dataset, f"ResolutionLevel {number}")
    first = _first_volumes(group)
    return _Level(group, _shape(group, first, path), first[0].dtype)


def _coarser_shapes(dataset: Any, finest: _Level, path: Path) -> Iterator[Shape5]:
    """Of the levels after the finest, up to one that is damaged, or no copy of it."""
    for number in range(1, _level_count(dataset)):
        try:
            level = _level(dataset, number, path)
        except (*DAMAGE, FileUnreadable):
            return
        if level.dtype != finest.dtype or not is_coarser(level.shape, finest.shape):
            return
        yield level.shape


def _first_volumes(level: Any) -> list[Any]:
    """The volumes of the first time point, channel by channel."""
    time_point = child(level, "TimePoint 0")
    channels = range(_count(list(time_point), "Channel"))
    return [child(child(time_point, f"Channel {c}"), "Data") for c in channels]


def _shape(level: Any, first: list[Any], path: Path) -> Shape5:
    if not first:
        raise damaged(path.name, "it has no channels")
    sizes = {_volume_size(volume) for volume in first}
    if len(sizes) > 1 or len({volume.dtype for volume in first}) > 1:
        raise FileUnreadable(
            f"{path.name} has channels of different size or type.",
            "Save the channels as separate files.",
        )
    for volume in first:
        _refuse_volume(volume, path)
    shape = (_count(list(level), "TimePoint"), sizes.pop(), len(first))
    time_points, (z, y, x), channels = shape
    voxel_bytes = first[0].dtype.itemsize
    most = path.stat().st_size * _STRONGEST_PACKING
    if time_points * channels * z * y * x * voxel_bytes > most:
        raise damaged(path.name, "it announces more than there is")
    return time_points, z, channels, y, x


def _volume_size(volume: Any) -> tuple[int, int, int]:
    """Without what Imaris adds so that parts are full."""
    stored = tuple(volume.shape)
    if len(stored) != 3:
        raise ValueError(f"a volume has {len(stored)} axes")
    known = [whole_attribute(volume.parent, f"ImageSize{axis}") for axis in "ZYX"]
    z, y, x = (
        wanted if wanted is not None and 0 < wanted <= size else int(size)
        for wanted, size in zip(known, stored, strict=True)
    )
    return z, y, x


def _refuse_volume(volume: Any, path: Path) -> None:
    if volume.dtype.kind not in "buif":
        raise FileUnreadable(
            f"{path.name} holds {volume.dtype} values; only whole and real numbers can be read.",
            "Save it as whole or real numbers with the program that wrote it.",
        )
    if volume.external or volume.is_virtual or 0 in volume.shape:
        raise damaged(path.name, "its voxels are not in it")
    if volume.chunks is None and volume.nbytes > path.stat().st_size:
        raise damaged(path.name, "it announces more than there is")
    refuse_packing(volume, path.name)


def _info(
    path: Path, finest: _Level, described: Described, scenes: tuple[int, tuple[str, ...]]
) -> StackInfo:
    scene, names = scenes
    return StackInfo(
        path=str(path),
        shape=finest.shape,
        dtype=np.dtype(finest.dtype).name,
        channels=described.channels or default_channels(finest.shape[2]),
        calibration=described.calibration,
        reader="ims",
        file_axes="TCZYX",
        scene=scene,
        scene_names=names,
        metadata_text=described.text,
    )
