"""What MetaMorph writes into an STK file."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gvtstudio.domain.channel import Channel
from gvtstudio.io.formats.described import Described, from_file
from gvtstudio.io.formats.units import duration_s, length_um

_BIT_DEPTH = "Camera Bit Depth"


def described(values: Mapping[str, Any]) -> Described:
    """Calibration, the channel's name and the description of the first plane."""
    unit = str(values.get("CalibrationUnits", ""))
    is_calibrated = bool(values.get("SpatialCalibration"))
    x_um = length_um(values.get("XCalibration", 0.0), unit) if is_calibrated else None
    y_um = length_um(values.get("YCalibration", 0.0), unit) if is_calibrated else None
    planes = values.get("PlaneDescriptions") or [""]
    name = str(values.get("Name", ""))
    return Described(
        calibration=from_file(_z_step_um(values), y_um, x_um, _interval_s(values)),
        channels=(Channel(name),) if name else (),
        significant_bits=_significant_bits(values),
        text=str(planes[0]),
    )


def _z_step_um(values: Mapping[str, Any]) -> float | None:
    """MetaMorph gives the distance of each plane to the next one, in micrometres."""
    distances = values.get("ZDistance")
    if distances is None or int(values.get("NumberPlanes", 1)) < 2:
        return None
    return length_um(abs(float(np.median(distances))), "um")


def _interval_s(values: Mapping[str, Any]) -> float | None:
    """Time between planes, where they are time points and no slices."""
    created = values.get("DatetimeCreated")
    if created is None or len(created) < 2 or _z_step_um(values) is not None:
        return None
    step = np.median(np.diff(created)) / np.timedelta64(1, "s")
    return duration_s(float(step), "s")


def _significant_bits(values: Mapping[str, Any]) -> int | None:
    for entry in values.get("PlaneProperty") or []:
        if isinstance(entry, Mapping) and entry.get("name") == _BIT_DEPTH:
            return int(entry["value"])
    return None
