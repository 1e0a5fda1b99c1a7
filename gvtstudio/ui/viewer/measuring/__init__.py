"""Measuring in the views: lines, regions, and the panel with their plots and numbers.

To add one: a row in ``MEASUREMENTS``, and its analysis in ``gvtstudio.imaging.analysis``.
"""

from typing import Literal

import msgspec

from gvtstudio.domain.analysis import AnalysisKind

Drawn = Literal["line", "region"]


class Measurement(msgspec.Struct, frozen=True):
    """A tab of the panel.

    Args:
        what: Row of ``ANALYSES``.
        title: On the tab and in the menu.
        draws: What the mouse draws in the views.
        shortcut: As Qt writes it.
        help: What it does.
        remark: What is shown while there is nothing to measure.
    """

    what: AnalysisKind
    title: str
    draws: Drawn
    shortcut: str
    help: str
    remark: str


_REGION = "Draw a rectangle in a view to measure only there."
MEASUREMENTS = (
    Measurement(
        "profile", "Profile", "line", "Ctrl+K",
        "Intensities of all columns along a line, with the width of the peak.",
        "Drag a line over a view. Drag its ends or its middle to move it; arrow keys move it too.",
    ),
    Measurement(
        "zprofile", "Z Profile", "region", "Ctrl+Shift+K",
        "Intensities of all columns along Z, under the crosshair or in a region.",
        "The column of voxels under the crosshair is shown; draw a rectangle to average over it.",
    ),
    Measurement(
        "histogram", "Histogram", "region", "Ctrl+H",
        "How many voxels have which intensity.", _REGION,
    ),
    Measurement(
        "roi", "Region", "region", "Ctrl+Shift+H",
        "Mean, spread and size of a region, and how close it comes to the truth.", _REGION,
    ),
    Measurement(
        "spectrum", "Spectra", "region", "Ctrl+Alt+P",
        "Power spectra of the XY, XZ and YZ planes.", _REGION,
    ),
    Measurement(
        "frc", "Resolution", "region", "Ctrl+Alt+F",
        "Fourier ring correlation, and the finest detail that follows.", _REGION,
    ),
    Measurement(
        "spots", "Spots", "region", "Ctrl+Alt+K",
        "How wide bright spots are across and along Z.", _REGION,
    ),
)  # fmt: skip
