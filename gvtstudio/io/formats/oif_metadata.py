"""What FluoView says about a dataset, in sections like those of Windows' .ini files."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeGuard

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.io.formats.described import Described, from_file
from gvtstudio.io.formats.oif_files import OifFiles, settings_of
from gvtstudio.io.formats.units import duration_s, length_um
from gvtstudio.io.provenance_text import clean_text

_Steps = Mapping[str, tuple[int, ...]]
_Sections = Mapping[str, Any]

_AXIS_SECTION = re.compile(r"Axis \d+ Parameters Common")
_NO_NAMES = ("", "None")
# Rubbish; comparing is also false for what is no number.
_NO_NUMBER = 1e15
_PICTURE = "Reference Image Parameter"


def describe_oif(files: OifFiles, steps: _Steps) -> tuple[Described, str]:
    """Calibration and channels of a dataset, and the axis along which its rows lie.

    Args:
        files: Of the dataset.
        steps: Numbers of the planes along T, Z, C and L.
    """
    sections, text = settings_of(files, files.main)
    row_axis = _row_axis(sections)
    return Described(
        calibration=_calibration(sections, steps),
        channels=_channels(files, sections, steps),
        significant_bits=_positive(sections.get(_PICTURE, {}).get("ValidBitCounts")),
        text=clean_text("\n".join(text.lstrip("\ufeff").splitlines())),
        warnings=_assumptions(row_axis, len(steps["L"])),
    ), row_axis


def _assumptions(row_axis: str, wavelengths: int) -> tuple[str, ...]:
    warnings = []
    if row_axis != "Y":
        warnings.append(f"The file is a scan along X and {row_axis}; it is shown as a plane.")
    if wavelengths > 1:
        warnings.append(f"The {wavelengths} wavelengths of each channel are read as channels.")
    return tuple(warnings)


def _row_axis(sections: _Sections) -> str:
    """The second axis of the scan; Y unless it is one along a line."""
    order = str(sections.get("Axis Parameter Common", {}).get("AxisOrder", ""))
    return order[1] if order.startswith("X") and order[1:2] in ("Z", "T") else "Y"


def _axis(sections: _Sections, letter: str) -> Mapping[str, Any]:
    for name, section in sections.items():
        if _AXIS_SECTION.fullmatch(name) and section.get("AxisCode") == letter:
            axis: Mapping[str, Any] = section
            return axis
    return {}


def _calibration(sections: _Sections, steps: _Steps) -> Calibration:
    picture = sections.get(_PICTURE, {})
    x_um = length_um(picture.get("WidthConvertValue"), str(picture.get("WidthUnit")))
    y_um = length_um(picture.get("HeightConvertValue"), str(picture.get("HeightUnit")))
    z_um = interval_s = None
    # what these axes say where they have one step only is left from the scan before
    if len(steps["Z"]) > 1:
        axis = _axis(sections, "Z")
        z_um = length_um(_step(axis), str(axis.get("PixUnit")))
    if len(steps["T"]) > 1:
        axis = _axis(sections, "T")
        interval_s = duration_s(_step(axis), str(axis.get("PixUnit")))
    return from_file(z_um, y_um, x_um, interval_s)


def _step(axis: Mapping[str, Any]) -> float | None:
    """From one position to the next: measured over all of them, else as it was planned."""
    count, start, end = (axis.get(key) for key in ("MaxSize", "StartPosition", "EndPosition"))
    if isinstance(count, int) and count > 1 and _is_number(start) and _is_number(end):
        step = abs(end - start) / (count - 1)
        if step:
            return float(step)
    planned = axis.get("Interval")
    return abs(planned) if _is_number(planned) else None


def _channels(files: OifFiles, sections: _Sections, steps: _Steps) -> tuple[Channel, ...]:
    wavelengths_nm = _wavelengths_nm(sections, steps)
    found = []
    for number in steps["C"]:
        section = sections.get(f"Channel {number} Parameters", {})
        name, colour = _name(section, number), _colour(files, number)
        excitation_nm = _positive(section.get("ExcitationWavelength"))
        for wavelength_nm in wavelengths_nm:
            emission_nm = wavelength_nm or _positive(section.get("EmissionWavelength"))
            full_name = f"{name} {wavelength_nm:g} nm" if wavelength_nm else name
            found.append(Channel(full_name, colour, emission_nm, excitation_nm))
    return tuple(found)


def _wavelengths_nm(sections: _Sections, steps: _Steps) -> list[float | None]:
    if len(steps["L"]) == 1:
        return [None]
    axis = _axis(sections, "L")
    first, step = axis.get("Start Absolute Position"), axis.get("Interval")
    if not _is_number(first) or not _is_number(step) or axis.get("PixUnit") != "nm":
        return [None] * len(steps["L"])
    return [float(first + step * (number - 1)) for number in steps["L"]]


def _name(section: Mapping[str, Any], number: int) -> str:
    """Of the dye, else of the detector."""
    for key in ("DyeName", "CH Name"):
        name = str(section.get(key, "")).strip()
        if name not in _NO_NAMES:
            return clean_text(name)
    return f"Channel {number}"


def _colour(files: OifFiles, number: int) -> str:
    """That of the brightest intensity; the table has blue, green, red and nothing for each."""
    with suppress(LookupError, ValueError, OSError):
        table, _ = settings_of(files, f"s_LUT{number}.lut")
        blue, green, red, _ = (int(part) for part in table["ColorLUTData"][-1])
        if blue or green or red:
            return f"#{red:02x}{green:02x}{blue:02x}"
    return ""


def _positive(value: Any) -> Any:
    return value if _is_number(value) and value > 0 else None


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and abs(value) < _NO_NUMBER
