"""What Micro-Manager writes beside its pages."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.channel import Channel
from gvtstudio.io.formats.described import Described, from_file
from gvtstudio.io.formats.units import duration_s, length_um


def described(values: Mapping[str, Any], shape: Shape5) -> Described:
    """Calibration and channels of the acquisition's summary."""
    summary = values.get("Summary") or {}
    pixel_um = length_um(summary.get("PixelSize_um", 0.0), "um")
    step = summary.get("z-step_um", 0.0)
    if isinstance(step, int | float):
        step = abs(step)  # negative where the stage went down
    return Described(
        calibration=from_file(
            length_um(step, "um") if shape[1] > 1 else None,
            pixel_um,
            pixel_um,
            duration_s(summary.get("Interval_ms", 0.0), "ms"),
        ),
        channels=_channels(summary, shape[2]),
        significant_bits=_bits(summary.get("BitDepth")),
        text=msgspec.json.format(msgspec.json.encode(summary), indent=2).decode(),
    )


def _channels(summary: Mapping[str, Any], count: int) -> tuple[Channel, ...]:
    names = summary.get("ChNames") or []
    if not isinstance(names, list) or len(names) != count:
        return ()
    colours = summary.get("ChColors") or []
    if not isinstance(colours, list) or len(colours) != count:
        colours = [None] * count
    return tuple(
        Channel(str(name), f"#{colour & 0xFFFFFF:06x}" if isinstance(colour, int) else "")
        for name, colour in zip(names, colours, strict=True)
    )


def _bits(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
