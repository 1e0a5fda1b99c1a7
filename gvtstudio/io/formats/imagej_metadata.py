"""What ImageJ writes into a TIFF: pixel size in the resolution tags, the rest as key = value."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tifffile import TiffPage

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.channel import Channel
from gvtstudio.io.formats.described import Described, from_file
from gvtstudio.io.formats.units import duration_s, length_um
from gvtstudio.io.provenance_text import split_info

_FILE_NAME = re.compile(r".*\.\w{2,4}")


def described(values: Mapping[str, Any], page: TiffPage, shape: Shape5) -> Described:
    """Calibration, channels and Info text.

    Args:
        values: The description, parsed.
        page: First page, for its resolution tags.
        shape: Sizes along T, Z, C, Y, X.
    """
    unit = str(values.get("unit", ""))
    y_unit = str(values.get("yunit", unit))
    z_unit = str(values.get("zunit", unit))
    across, down = _per_unit(page, "XResolution"), _per_unit(page, "YResolution")
    y_um = None if down is None else length_um(1 / down, y_unit)
    x_um = None if across is None else length_um(1 / across, unit)
    z_um = length_um(values.get("spacing", ""), z_unit)
    interval = duration_s(values.get("finterval", ""), str(values.get("tunit", "s")))
    return Described(
        calibration=from_file(z_um, y_um, x_um, interval),
        channels=_channels(values, shape),
        text=split_info(str(values.get("Info", "")))[0],
    )


def _per_unit(page: TiffPage, tag: str) -> float | None:
    """Pixels per unit of length."""
    value = page.tags.valueof(tag)
    if not isinstance(value, tuple) or len(value) != 2 or not value[0] or not value[1]:
        return None
    return float(value[0]) / float(value[1])


def _channels(values: Mapping[str, Any], shape: Shape5) -> tuple[Channel, ...]:
    names = _channel_names(values.get("Labels"), shape)
    luts = values.get("LUTs")
    if luts is None:
        colours = [""] * shape[2]
    else:
        colours = [_colour(lut) for lut in (luts if isinstance(luts, list) else [luts])]
    if len(colours) != shape[2]:
        colours = [""] * shape[2]
    return tuple(Channel(name, colour) for name, colour in zip(names, colours, strict=True))


def _channel_names(labels: object, shape: Shape5) -> list[str]:
    """A plane's label names its channel when it is the same at every slice and time point."""
    times, slices, channels = shape[:3]
    listed = [labels] if isinstance(labels, str) else labels
    unnamed = [""] * channels
    if not isinstance(listed, Sequence) or len(listed) != times * slices * channels:
        return unnamed
    if len(listed) == 1 and _FILE_NAME.fullmatch(listed[0]):
        return unnamed
    per_channel = [set(listed[channel::channels]) for channel in range(channels)]
    if any(len(names) != 1 for names in per_channel):
        return unnamed
    return [str(names.pop()).strip() for names in per_channel]


def _colour(lut: np.ndarray) -> str:
    """The colour of the brightest value of a look-up table (3, 256)."""
    red, green, blue = (int(value) for value in lut[:, -1])
    return f"#{red:02x}{green:02x}{blue:02x}"
