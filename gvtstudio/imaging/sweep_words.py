"""What a frame of a movie shows, in a few words that do not jump about."""

from math import floor, log10

from gvtstudio.domain.stack import StackInfo

_MINUTE, _HOUR = 60, 3600
_MOST_DECIMALS = 3


def plane_words(info: StackInfo, index: int) -> str:
    """The number of a plane, and how deep it lies where the step is known.

    Args:
        info: The stack.
        index: Of the plane, from 0.
    """
    words = f"slice {index + 1}/{info.shape[1]}"
    step_um = info.calibration.z_um
    return f"{words} · {_with_decimals(index * step_um, step_um)} µm" if step_um else words


def time_words(info: StackInfo, index: int) -> str:
    """When a time point was recorded, or its number where the interval is not known.

    Args:
        info: The stack.
        index: Of the time point, from 0.
    """
    count, interval_s = info.shape[0], info.calibration.time_interval_s
    if not interval_s:
        return f"frame {index + 1}/{count}"
    return f"time {clock(index * interval_s, interval_s, (count - 1) * interval_s)}"


def clock(time_s: float, interval_s: float, longest_s: float) -> str:
    """A time in a form that all times up to the longest have.

    Example:
        >>> clock(12.5, 2.5, 100), clock(90, 30, 600), clock(3725.5, 0.5, 7200)
        ('12.5 s', '1:30 min', '1:02:05.5 h')
        >>> clock(0.0125, 0.0125, 0.5)
        '0.013 s'
    """
    if longest_s < 2 * _MINUTE:
        return f"{_with_decimals(time_s, interval_s)} s"
    decimals = _decimals(interval_s)
    # rounded first: 59.96 s must not become 60.0 s
    rounded = round(time_s, decimals)
    minutes, seconds = divmod(rounded, _MINUTE)
    width = decimals + 3 if decimals else 2
    if longest_s < _HOUR:
        return f"{minutes:.0f}:{seconds:0{width}.{decimals}f} min"
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours:.0f}:{minutes:02.0f}:{seconds:0{width}.{decimals}f} h"


def _with_decimals(value: float, step: float) -> str:
    return f"{value:.{_decimals(step)}f}"


def _decimals(step: float) -> int:
    """Decimals that tell multiples of a step apart, and show it exactly where few do.

    Example:
        >>> _decimals(30), _decimals(2.5), _decimals(0.29), _decimals(0.0125)
        (0, 1, 2, 3)
    """
    fewest = max(0, -floor(log10(step)))
    exact = (n for n in range(fewest, _MOST_DECIMALS) if abs(round(step, n) - step) < step * 1e-6)
    return next(exact, max(fewest, min(fewest + 1, _MOST_DECIMALS)))
