"""The metadata of OME-Zarr 0.5 for a stack that is written."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.contrast import Limits
from gvtstudio.io.exports.zarr_pyramid import Level
from gvtstudio.io.provenance_text import clean_text, provenance_json
from gvtstudio.io.zarr_node import NOTE, ZarrNote

VERSION = "0.5"
_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
_ORDER = "tczyx"
# For channels without a colour; a single one is shown in grey.
_COLOURS = ("00ff00", "ff00ff", "00ffff", "ffff00", "ff0000", "0000ff")
_GREY = "ffffff"


def axes_of(info: StackInfo) -> tuple[str, ...]:
    """The axes that are written: time and channels only where there are several, or known times."""
    has_time = info.shape[0] > 1 or info.calibration.time_interval_s is not None
    left_out = ("" if has_time else "t") + ("" if info.shape[2] > 1 else "c")
    return tuple(axis for axis in _ORDER if axis not in left_out)


def group_metadata(
    info: StackInfo, levels: Sequence[Level], limits: Sequence[Limits], provenance: Provenance
) -> dict[str, Any]:
    """Content of the ``zarr.json`` of the image.

    Args:
        info: The stack.
        levels: Finest first; the array of each is named by its number.
        limits: What is shown darkest and brightest, one for each channel.
        provenance: What made it.
    """
    ome = {
        "version": VERSION,
        "multiscales": [_multiscale(info, levels)],
        "omero": {
            "channels": [_channel(info, number, shown) for number, shown in enumerate(limits)]
        },
    }
    attributes = {"ome": ome, NOTE: _note(info, provenance)}
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def is_labels(info: StackInfo) -> bool:
    """Whether a stack holds labels, between which there is nothing."""
    # no camera counts in 64 bits
    is_number = info.dtype not in ("bool", "int64", "uint64")
    return not is_number or all(channel.name == "labels" for channel in info.channels)


def _multiscale(info: StackInfo, levels: Sequence[Level]) -> dict[str, Any]:
    calibration = info.calibration
    sizes = {
        "t": calibration.time_interval_s,
        "z": calibration.z_um,
        "y": calibration.y_um,
        "x": calibration.x_um,
    }
    axes = [_axis(name, sizes.get(name)) for name in axes_of(info)]
    datasets = [
        {"path": str(number), "coordinateTransformations": _transformations(info, level, sizes)}
        for number, level in enumerate(levels)
    ]
    return {
        "name": clean_text(info.name),
        "axes": axes,
        "datasets": datasets,
        "type": "nearest" if is_labels(info) else "mean",
    }


def _axis(name: str, size: float | None) -> dict[str, str]:
    axis = {"name": name, "type": _TYPES[name]}
    if size is not None:  # a unit would say that the size is known
        axis["unit"] = "second" if name == "t" else "micrometer"
    return axis


def _transformations(
    info: StackInfo, level: Level, sizes: dict[str, float | None]
) -> list[dict[str, Any]]:
    """Size of a voxel, and where the centre of the first one lies."""
    factors = dict(zip(_ORDER, level.factors, strict=True))
    names = axes_of(info)
    unit = {name: sizes.get(name) or 1.0 for name in names}
    scale = [float(f"{unit[name] * factors[name]:.15g}") for name in names]
    found: list[dict[str, Any]] = [{"type": "scale", "scale": scale}]
    shift = [float(f"{unit[name] * (factors[name] - 1) / 2:.15g}") for name in names]
    if any(shift) and not is_labels(info):
        found.append({"type": "translation", "translation": shift})
    return found


def _channel(info: StackInfo, number: int, shown: Limits) -> dict[str, Any]:
    channel = info.channels[number]
    default = _GREY if len(info.channels) == 1 else _COLOURS[number % len(_COLOURS)]
    low, high = _range(info, shown)
    return {
        "label": clean_text(channel.name),
        "color": channel.colour.removeprefix("#").upper() or default.upper(),
        "active": True,
        "window": {"min": low, "max": high, "start": shown.low, "end": shown.high},
    }


def _range(info: StackInfo, shown: Limits) -> tuple[float, float]:
    """What the voxels can hold; of real numbers what is shown."""
    dtype = np.dtype(info.dtype)
    if dtype.kind not in "ui":
        return shown.low, shown.high
    if info.significant_bits is not None and dtype.kind == "u":
        return 0, 2**info.significant_bits - 1
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def _note(info: StackInfo, provenance: Provenance) -> ZarrNote:
    return ZarrNote(
        provenance=msgspec.Raw(provenance_json(provenance).encode()),
        channels=tuple(_clean(channel) for channel in info.channels),
        significant_bits=info.significant_bits,
        metadata_text=clean_text(info.metadata_text),
    )


def _clean(channel: Channel) -> Channel:
    return msgspec.structs.replace(channel, name=clean_text(channel.name))
