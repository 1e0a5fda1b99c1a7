"""The scale bar: a round length that suits the zoom."""

from dataclasses import dataclass
from math import floor, log10

from gvtstudio.domain.calibration import describe_length

PART_OF_PANE = 0.3
UNCALIBRATED = "uncalibrated"


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A bar of ``length_px`` that stands for ``label``; without length only the label shows."""

    length_px: float
    label: str


def round_length(longest: float) -> float:
    """The largest of 1, 2, 5, 10, 20, 50 … (or 0.5, 0.2 …) that is not longer.

    Example:
        >>> round_length(37.0), round_length(0.6)
        (20.0, 0.5)
    """
    power = floor(log10(longest))
    # A small allowance: 10**k is not exact below one.
    fitting = [step for step in (1, 2, 5) if step * 10.0**power <= longest * (1 + 1e-9)]
    return float(f"{max(fitting)}e{power}")


def fitting_scale_bar(pane_width_px: float, pixels_per_um: float | None) -> ScaleBar:
    """The bar for a pane; ``None`` for stacks without a pixel size."""
    if not pixels_per_um or pane_width_px <= 0:
        return ScaleBar(0.0, UNCALIBRATED)
    length_um = round_length(pane_width_px * PART_OF_PANE / pixels_per_um)
    return ScaleBar(length_um * pixels_per_um, describe_length(length_um))


def given_scale_bar(length_um: float, pixels_per_um: float) -> ScaleBar:
    """A bar of a length the user has chosen."""
    return ScaleBar(length_um * pixels_per_um, describe_length(length_um))
