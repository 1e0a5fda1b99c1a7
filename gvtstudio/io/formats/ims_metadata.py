"""What Imaris files say about a dataset: everything is text, one attribute per letter."""

import re
from datetime import datetime
from typing import Any

import numpy as np

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.io.formats.described import Described, from_file
from gvtstudio.io.formats.units import length_um
from gvtstudio.io.provenance_text import clean_text

# Imaris counts X as axis 0.
_AXES = {"X": 0, "Y": 1, "Z": 2}
_TIMES = "TimeInfo"
_NO_NAME = re.compile(r"\(?(name|description) not specified\)?", re.IGNORECASE)
_MOST_LETTERS = 1 << 18


def text_attribute(group: Any, name: str) -> str:
    """An attribute as text; empty where there is none."""
    value: Any = group.attrs.get(name) if group is not None else None
    if value is None:
        return ""
    if isinstance(value, np.ndarray) and value.dtype.kind == "S":
        value = value.tobytes()
    if isinstance(value, bytes):
        value = _decoded(value)
    return clean_text(str(value).rstrip("\0").strip())


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def whole_attribute(group: Any, name: str) -> int | None:
    """An attribute that is a whole number, written as text."""
    try:
        return int(text_attribute(group, name))
    except ValueError:
        return None


def describe_ims(info: Any, shape: Shape5) -> Described:
    """Calibration, channels, and all that the file says, as text.

    Args:
        info: The group ``DataSetInfo``, or ``None`` where there is none.
        shape: Of the stack.
    """
    if info is None:
        return Described()
    return Described(
        calibration=_calibration(info, shape),
        channels=tuple(_channel(info.get(f"Channel {c}"), c) for c in range(shape[2])),
        text=_text(info),
    )


def _calibration(info: Any, shape: Shape5) -> Calibration:
    image = info.get("Image")
    sizes = dict(zip("ZYX", (shape[1], shape[3], shape[4]), strict=True))
    z_um, y_um, x_um = (_voxel_um(image, axis, sizes[axis]) for axis in "ZYX")
    return from_file(z_um, y_um, x_um, _interval_s(info.get(_TIMES), shape[0]))


def _voxel_um(image: Any, axis: str, count: int) -> float | None:
    """The extent of all voxels over their number."""
    low, high = (_real(text_attribute(image, f"Ext{end}{_AXES[axis]}")) for end in ("Min", "Max"))
    if low is None or high is None:
        return None
    # seven digits: extents are written as 32-bit numbers
    return length_um(f"{(high - low) / count:.7g}", text_attribute(image, "Unit") or "um")


def _interval_s(times: Any, count: int) -> float | None:
    """Mean time between time points."""
    if count < 2:
        return None
    try:
        first, last = (
            datetime.fromisoformat(text_attribute(times, f"TimePoint{number}"))
            for number in (1, count)
        )
        seconds = (last - first).total_seconds() / (count - 1)
    except (ValueError, TypeError):
        return None
    return float(f"{seconds:.7g}") if seconds > 0 else None


def _channel(group: Any, index: int) -> Channel:
    name = text_attribute(group, "Name")
    return Channel(
        name=f"Channel {index + 1}" if not name or _NO_NAME.fullmatch(name) else name,
        colour=_colour(text_attribute(group, "Color")),
        emission_wavelength_nm=_wavelength_nm(text_attribute(group, "LSMEmissionWavelength")),
        excitation_wavelength_nm=_wavelength_nm(text_attribute(group, "LSMExcitationWavelength")),
    )


def _colour(text: str) -> str:
    """``#rrggbb`` of three numbers from 0 to 1."""
    parts = [_real(part) for part in text.split()]
    if len(parts) != 3 or any(part is None for part in parts):
        return ""
    return "#" + "".join(f"{round(255 * min(max(part or 0, 0), 1)):02x}" for part in parts)


def _wavelength_nm(text: str) -> float | None:
    number = _real(text.removesuffix("nm").strip())
    return number if number is not None and number > 0 else None


def _real(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _text(info: Any) -> str:
    """All groups but the list of times, as sections with a line for each attribute."""
    parts: list[str] = []
    for group in info:
        if group == _TIMES or not hasattr(info.get(group), "attrs"):
            continue
        lines = [f"{name} = {text_attribute(info[group], name)}" for name in info[group].attrs]
        parts.append("\n".join([f"[{group}]", *lines]))
    return "\n".join(parts)[:_MOST_LETTERS]
