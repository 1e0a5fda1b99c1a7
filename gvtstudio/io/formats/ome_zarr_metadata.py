"""What OME-Zarr metadata of any version tell, in our terms."""

import json
from typing import Any, NamedTuple

import msgspec

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel, default_channels
from gvtstudio.io.formats.described import Described, from_file
from gvtstudio.io.formats.ome_zarr_axes import Axis, AxisPlan
from gvtstudio.io.formats.ome_zarr_scenes import ZarrImage
from gvtstudio.io.formats.units import duration_s, length_um
from gvtstudio.io.zarr_node import NOTE, ZarrNode, find_note

# Before version 0.3 axes were not written.
_FIRST_AXES = ("t", "c", "z", "y", "x")


class _Transformation(msgspec.Struct, frozen=True):
    type: str
    scale: tuple[float, ...] = ()


class _Dataset(msgspec.Struct, frozen=True, rename="camel"):
    path: str
    coordinate_transformations: tuple[_Transformation, ...] = ()


class _Multiscale(msgspec.Struct, frozen=True, rename="camel"):
    datasets: tuple[_Dataset, ...]
    axes: tuple[Axis | str, ...] = _FIRST_AXES
    coordinate_transformations: tuple[_Transformation, ...] | None = None


class ZarrLevel(NamedTuple):
    """One level of an image: the finest is the first.

    Args:
        path: Of its array, inside the folder of the image.
        axes: Of the array.
        scale: Size of a voxel along each of them, in its unit.
    """

    path: str
    axes: tuple[Axis, ...]
    scale: tuple[float, ...]


Levels = tuple[ZarrLevel | None, ...]
"""From the finest on; of an array alone a single ``None``."""


def levels_of(node: ZarrNode, image: ZarrImage) -> Levels:
    """Every level that an image is described with.

    Raises:
        ValueError: The description cannot be understood.
    """
    if image.number is None:
        return (None,)
    described = node.ome["multiscales"][image.number]
    multiscale = msgspec.convert(described, _Multiscale, strict=False)
    if not multiscale.datasets:
        raise ValueError("an image has no levels")
    return tuple(_level(multiscale, dataset) for dataset in multiscale.datasets)


def _level(multiscale: _Multiscale, dataset: _Dataset) -> ZarrLevel:
    axes = tuple(Axis(axis) if isinstance(axis, str) else axis for axis in multiscale.axes)
    scale = [1.0] * len(axes)
    both = dataset.coordinate_transformations + (multiscale.coordinate_transformations or ())
    for transformation in both:
        if transformation.type == "scale" and len(transformation.scale) == len(axes):
            scale = [a * b for a, b in zip(scale, transformation.scale, strict=True)]
    return ZarrLevel(dataset.path, axes, tuple(scale))


def describe(node: ZarrNode, image: ZarrImage, level: ZarrLevel, plan: AxisPlan) -> Described:
    """Metadata of an image, or of an array alone."""
    calibration, without_unit = _calibration(level, plan)
    warnings = plan.warnings
    if without_unit:
        warnings += (
            f"The size of a voxel along {', '.join(without_unit)} has no unit in the file, and "
            "is left out.",
        )
    channels = _channels(node, image, plan)
    note = find_note(node)
    if note is None:
        text = "\n".join(filter(None, (_remaining(node), image.series_text)))
        return Described(calibration, channels, None, text, warnings)
    written = tuple(channel.name for channel in note.channels)
    if written == tuple(channel.name for channel in channels):
        channels = note.channels
    return Described(calibration, channels, note.significant_bits, note.metadata_text, warnings)


def _calibration(level: ZarrLevel, plan: AxisPlan) -> tuple[Calibration, list[str]]:
    """Voxel size and time interval, and the axes that have a size without a unit."""
    sizes: dict[str, float | None] = {}
    without_unit = []
    for letter, axis, size in zip(plan.letters, level.axes, level.scale, strict=True):
        convert = duration_s if letter == "T" else length_um
        sizes[letter] = convert(float(f"{size:.15g}"), axis.unit or "")
        if not axis.unit and size != 1 and letter != "C":
            without_unit.append(letter)
    return from_file(*(sizes.get(letter) for letter in "ZYXT")), without_unit


def _channels(node: ZarrNode, image: ZarrImage, plan: AxisPlan) -> tuple[Channel, ...]:
    if image.is_labels and plan.shape[2] == 1:
        return (Channel("labels"),)
    axes = plan.channel_axes
    own = next((axis for axis in axes if plan.names[axis].lower() == "c"), None)
    named = _omero_channels(node, plan.sizes[own] if own is not None else 1)
    if len(axes) < 2 and (own is not None or not axes):
        return named
    return tuple(
        _combined(plan, plan.channel_index(channel), named) for channel in range(plan.shape[2])
    )


def _combined(plan: AxisPlan, index: tuple[int, ...], named: tuple[Channel, ...]) -> Channel:
    """A channel of several axes: ``phase 2, GFP``."""
    words, channel = [], Channel("")
    for axis, i in zip(plan.channel_axes, index, strict=True):
        if plan.names[axis].lower() == "c":
            channel = named[i]
        elif plan.sizes[axis] > 1:
            words.append(f"{plan.names[axis]} {i + 1}")
    name = ", ".join(filter(None, (*words, channel.name)))
    return msgspec.structs.replace(channel, name=name)


def _omero_channels(node: ZarrNode, count: int) -> tuple[Channel, ...]:
    omero = node.ome.get("omero")
    described = omero.get("channels") if isinstance(omero, dict) else None
    rows = described if isinstance(described, list) else []
    channels = list(default_channels(count))
    for i, row in enumerate(rows[:count]):
        if isinstance(row, dict):
            name = row.get("label")
            name = name if isinstance(name, str) and name else channels[i].name
            channels[i] = Channel(name, _colour(row.get("color")))
    return tuple(channels)


def _colour(text: object) -> str:
    """``#rrggbb`` of six hexadecimal digits, empty for anything else."""
    digits = text.lower().removeprefix("#") if isinstance(text, str) else ""
    try:
        number = int(digits, 16)
    except ValueError:
        return ""
    return f"#{number:06x}" if len(digits) == 6 else ""


def _remaining(node: ZarrNode) -> str:
    """Attributes that are shown as they are: display windows, and what the microscope wrote."""
    known = {"multiscales", "version", NOTE, "ome"}
    told = {**node.attributes, **node.ome}
    rest: dict[str, Any] = {name: value for name, value in told.items() if name not in known}
    return json.dumps(rest, indent=1, ensure_ascii=False) if rest else ""
