"""Units as microscope programs spell them, in micrometres and seconds."""

import math

_MICROMETRES = {
    "m": 1e6,
    "meter": 1e6,
    "metre": 1e6,
    "cm": 1e4,
    "centimeter": 1e4,
    "centimetre": 1e4,
    "mm": 1e3,
    "millimeter": 1e3,
    "millimetre": 1e3,
    "µm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometers": 1.0,
    "micrometre": 1.0,
    "nm": 1e-3,
    "nanometer": 1e-3,
    "nanometers": 1e-3,
    "nanometre": 1e-3,
    "å": 1e-4,
    "angstrom": 1e-4,
    "pm": 1e-6,
    "picometer": 1e-6,
}
_SECONDS = {
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "ms": 1e-3,
    "msec": 1e-3,
    "millisecond": 1e-3,
    "milliseconds": 1e-3,
    "µs": 1e-6,
    "us": 1e-6,
    "microsecond": 1e-6,
    "microseconds": 1e-6,
    "nanosecond": 1e-9,
    "min": 60.0,
    "minute": 60.0,
    "minutes": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "hours": 3600.0,
    "day": 86400.0,
}


def length_um(value: object, unit: str) -> float | None:
    r"""A length in micrometres; ``None`` where the unit is no length (pixels, dots per inch).

    Example:
        >>> length_um(104, "nm"), length_um(0.104, "\\u00B5m"), length_um(1, "pixel")
        (0.104, 0.104, None)
    """
    return _scaled(value, _MICROMETRES.get(_plain(unit)))


def duration_s(value: object, unit: str) -> float | None:
    """A duration in seconds; ``None`` where the unit is none.

    Example:
        >>> duration_s(250, "ms"), duration_s(0, "s")
        (0.25, None)
    """
    return _scaled(value, _SECONDS.get(_plain(unit)))


def _plain(unit: str) -> str:
    """Lower case, with one micro sign; ImageJ writes it as an escape, some programs as mu."""
    plain = unit.strip().replace("\\u00B5", "µ").replace("\\u00b5", "µ").replace("\u03bc", "µ")
    return plain.lower().replace("\u00c5".lower(), "å")


def _scaled(value: object, factor: float | None) -> float | None:
    """The value times the factor, without the noise of binary arithmetic; ``None`` if not > 0."""
    if factor is None or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value) * factor
    except ValueError:
        return None
    if not math.isfinite(number) or number <= 0:
        return None
    return number if factor == 1 else float(f"{number:.15g}")
