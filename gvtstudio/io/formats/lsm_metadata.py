"""What Zeiss LSM files say: lengths in metres, wavelengths in metres, colours of channels."""

from collections.abc import Mapping
from typing import Any

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.channel import Channel
from gvtstudio.io.formats.described import Described, from_file
from gvtstudio.io.formats.units import duration_s, length_um

# A single plane is written with a z step of 1e-19 m.
_NO_LENGTH_UM = 1e-6


def described(values: Mapping[str, Any], shape: Shape5) -> Described:
    """Calibration, channels and the microscope's settings as text."""
    x_um, y_um, z_um = (_length_um(values.get(f"VoxelSize{axis}")) for axis in "XYZ")
    interval = duration_s(values.get("TimeIntervall", 0.0), "s")
    scan = values.get("ScanInformation") or {}
    return Described(
        calibration=from_file(z_um, y_um, x_um, interval),
        channels=_channels(values, shape[2]),
        significant_bits=_significant_bits(scan),
        text=_as_text(scan),
    )


def _length_um(metres: object) -> float | None:
    length = length_um(metres, "m")
    return None if length is None or length < _NO_LENGTH_UM else length


def _channels(values: Mapping[str, Any], count: int) -> tuple[Channel, ...]:
    shown = values.get("ChannelColors") or {}
    names, colours = shown.get("ColorNames") or [], shown.get("Colors") or []
    if len(names) != count:
        return ()
    if len(colours) != count:
        colours = [None] * count
    return tuple(
        Channel(str(name).rstrip("\x00"), _colour(colour))
        for name, colour in zip(names, colours, strict=True)
    )


def _colour(value: Any) -> str:
    """``#rrggbb`` of (red, green, blue, 0)."""
    if value is None:
        return ""
    red, green, blue = (int(part) for part in value[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"


def _detectors(scan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    tracks = scan.get("Tracks") or []
    return [channel for track in tracks for channel in track.get("DataChannels") or []]


def _significant_bits(scan: Mapping[str, Any]) -> int | None:
    bits = {channel.get("BitsPerSample") for channel in _detectors(scan)}
    found = bits.pop() if len(bits) == 1 else None
    return found if isinstance(found, int) and found > 0 else None


def _as_text(values: Mapping[str, Any], indent: str = "") -> str:
    """Nested settings as indented lines."""
    lines = []
    for name, value in values.items():
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            if isinstance(part, Mapping):
                lines.append(f"{indent}{name}\n{_as_text(part, indent + '  ')}")
            else:
                lines.append(f"{indent}{name}: {part}")
    return "\n".join(lines)
