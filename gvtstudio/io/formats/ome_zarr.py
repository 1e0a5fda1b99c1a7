"""Opens OME-Zarr, versions 0.1 to 0.5, and plain Zarr arrays; both are folders."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.file_stack import (
    DAMAGE,
    FileStack,
    Fill,
    is_coarser,
    opening,
    refuse_scene,
)
from gvtstudio.io.formats.ome_zarr_axes import AxisPlan, guessed_axes, plan_axes
from gvtstudio.io.formats.ome_zarr_metadata import Levels, ZarrLevel, describe, levels_of
from gvtstudio.io.formats.ome_zarr_recognition import described_folder
from gvtstudio.io.formats.ome_zarr_scenes import ZarrImage, list_images
from gvtstudio.io.zarr_array import ZarrArray
from gvtstudio.io.zarr_node import ZarrNode, inside, read_node

# A folder may announce any size, because chunks that are missing take no room. No microscope
# fills this, and nothing here could hold such a chunk or plane.
_MOST_BYTES = 1 << 50
_MOST_PLANE_BYTES = 1 << 34
_MOST_CHUNK_BYTES = 1 << 32
_MOST_CHUNKS_OF_A_PLANE = 1 << 20


class _Level(NamedTuple):
    """One level of an image, or an array alone.

    Args:
        voxels: Its array.
        plan: Of its axes.
        described: As the file names it.
    """

    voxels: ZarrArray
    plan: AxisPlan
    described: ZarrLevel


def open_ome_zarr(path: Path, scene: int = 0, level: int = 0) -> FileStack:
    """Open one image of a Zarr folder.

    Args:
        path: The folder, or the file in it that describes it.
        scene: Which of its images.
        level: 0 is the finest; every further one is coarser.

    Raises:
        FileUnreadable: The folder is damaged or holds nothing a stack can hold.
        UsageError: There is no such image, or level of it.
    """
    path = described_folder(path)
    with opening(path):
        images = list_images(path)
        refuse_scene(path, scene, len(images))
        image = images[scene]
        node = _described(image.folder)
        levels = levels_of(node, image)
        finest = _open_level(node, image, levels[0], path)
        shapes = tuple(_coarser_shapes(node, image, levels, path, finest))
        info = msgspec.structs.replace(
            _info(path, node, image, finest),
            scene=scene,
            scene_names=tuple(each.name for each in images),
            level_shapes=shapes,
        )
        chosen = finest
        if 0 < level < len(levels):
            chosen = _open_level(node, image, levels[level], path)
        return FileStack(info.at_level(level), _filler(chosen.voxels, chosen.plan), lambda: None)


def _open_level(node: ZarrNode, image: ZarrImage, level: ZarrLevel | None, path: Path) -> _Level:
    array = node if level is None else _described(inside(image.folder, level.path))
    voxels = ZarrArray(array.folder, _refuse_unreadable(array, path), path.name)
    plan, level = _plan(array, voxels, level)
    _refuse_absurd(voxels, plan, path.name)
    return _Level(voxels, plan, level)


def _coarser_shapes(
    node: ZarrNode, image: ZarrImage, levels: Levels, path: Path, finest: _Level
) -> Iterator[Shape5]:
    """Of the levels after the finest, up to one that is damaged, or no copy of it."""
    for level in levels[1:]:
        try:
            voxels, plan, _ = _open_level(node, image, level, path)
        except (*DAMAGE, FileUnreadable):
            return
        if voxels.dtype != finest.voxels.dtype or not is_coarser(plan.shape, finest.plan.shape):
            return
        yield plan.shape


def _filler(voxels: ZarrArray, plan: AxisPlan) -> Fill:
    def fill(result: np.ndarray, region: Region) -> None:
        for channels, block in plan.blocks(region):
            result[:, :, channels] = plan.turned(voxels.read(block))

    return fill


def _described(folder: Path) -> ZarrNode:
    node = read_node(folder)
    if node is None:
        raise ValueError(f"its part {folder.name} is missing")
    return node


def _refuse_unreadable(node: ZarrNode, path: Path) -> dict[str, Any]:
    """The description of an array of whole or real numbers."""
    if node.array is None:
        raise ValueError(f"its part {node.folder.name} is no array")
    described = dict(node.array)
    found = described.get("dtype" if described["zarr_format"] == 2 else "data_type")
    try:
        is_readable = isinstance(found, str) and np.dtype(found).kind in "buif"
    except TypeError:
        is_readable = False
    if not is_readable:
        name = np.dtype(found).name if isinstance(found, str) and found[:1] in "<>|" else found
        raise FileUnreadable(
            f"{path.name} holds {name} values; only whole and real numbers can be read.",
            "Save the magnitude or the real part as float32.",
        )
    if described.get("filters") == []:  # as n5-zarr writes it; the library warns of it
        described["filters"] = None
    return described


def _plan(node: ZarrNode, voxels: ZarrArray, level: ZarrLevel | None) -> tuple[AxisPlan, ZarrLevel]:
    """The axes as they are described, or guessed where they are not."""
    if level is not None:
        return plan_axes(level.axes, voxels.shape), level
    names = (node.array or {}).get("dimension_names") or node.attributes.get("_ARRAY_DIMENSIONS")
    axes, warning = guessed_axes(names or (), len(voxels.shape))
    plan = plan_axes(axes, voxels.shape)
    if warning:
        plan = plan._replace(warnings=(warning, *plan.warnings), assumed=warning)
    return plan, ZarrLevel("", axes, (1.0,) * len(axes))


def _refuse_absurd(voxels: ZarrArray, plan: AxisPlan, name: str) -> None:
    """Raise where a number in the description must be wrong."""
    _, _, _, y, x = plan.shape
    itemsize = voxels.dtype.itemsize
    lateral = [i for i, letter in enumerate(plan.letters) if letter in "YX"]
    chunks = math.prod(-(-plan.sizes[i] // voxels.chunks[i]) for i in lateral)
    if (
        math.prod(voxels.shape) * itemsize > _MOST_BYTES
        or y * x * itemsize > _MOST_PLANE_BYTES
        or math.prod(voxels.chunks) * itemsize > _MOST_CHUNK_BYTES
        or chunks > _MOST_CHUNKS_OF_A_PLANE
    ):
        sizes = "x".join(map(str, voxels.shape))
        raise damaged(name, f"it announces {sizes} voxels in chunks of {voxels.chunks}")


def _info(path: Path, node: ZarrNode, image: ZarrImage, level: _Level) -> StackInfo:
    plan = level.plan
    described = describe(node, image, level.described, plan)
    return StackInfo(
        path=str(path),
        shape=plan.shape,
        dtype=level.voxels.dtype.name,
        channels=described.channels,
        calibration=described.calibration,
        reader="ome_zarr",
        file_axes=plan.letters,
        significant_bits=described.significant_bits,
        metadata_text=described.text,
        warnings=described.warnings,
        axes_assumed=plan.assumed,
    )
