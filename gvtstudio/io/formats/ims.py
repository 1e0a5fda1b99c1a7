"""Opens Imaris files (.ims): HDF5 with a volume for each time point and channel.

The layout is that of Imaris 5.5 and later. Only the full resolution is read.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.described import Described
from gvtstudio.io.formats.file_stack import FileStack, opening, refuse_scene
from gvtstudio.io.formats.ims_metadata import describe_ims, whole_attribute
from gvtstudio.io.formats.ims_voxels import ImsVoxels, child, refuse_packing

_DATASET = re.compile(r"DataSet\d*")
# Volumes that are written in parts need as many in memory at once.
_CACHE_BYTES = 32 << 20
# Zeros, and parts that were never written, take hardly any room; nothing real is packed better.
_STRONGEST_PACKING = 10_000


def open_ims(path: Path, scene: int = 0) -> FileStack:
    """Open a dataset of an Imaris file.

    Raises:
        FileUnreadable: The file is damaged, truncated, or none of Imaris.
        UsageError: There is no such dataset.
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
        level = child(child(file, names[scene]), "ResolutionLevel 0")
        first = _first_volumes(level)
        shape = _shape(level, first, file, path)
        info_group = file.get(names[scene].replace("DataSet", "DataSetInfo"))
        described = describe_ims(info_group, shape)
        info = _info(path, shape, first[0], described, (scene, tuple(names)))
        voxels = ImsVoxels(level)
        return FileStack(info, voxels.fill, file.close)


def _number(name: str) -> int:
    return int(name.removeprefix("DataSet") or 0)


def _count(names: Sequence[str], word: str) -> int:
    """How many groups ``word 0``, ``word 1`` … there are."""
    found = set(names)
    count = 0
    while f"{word} {count}" in found:
        count += 1
    return count


def _first_volumes(level: Any) -> list[Any]:
    """The volumes of the first time point, channel by channel."""
    time_point = child(level, "TimePoint 0")
    channels = range(_count(list(time_point), "Channel"))
    return [child(child(time_point, f"Channel {c}"), "Data") for c in channels]


def _shape(level: Any, first: list[Any], file: Any, path: Path) -> Shape5:
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
    path: Path,
    shape: Shape5,
    volume: Any,
    described: Described,
    scenes: tuple[int, tuple[str, ...]],
) -> StackInfo:
    scene, names = scenes
    return StackInfo(
        path=str(path),
        shape=shape,
        dtype=np.dtype(volume.dtype).name,
        channels=described.channels or default_channels(shape[2]),
        calibration=described.calibration,
        reader="ims",
        file_axes="TCZYX",
        scene=scene,
        scene_names=names,
        metadata_text=described.text,
    )
