"""The scale bar: a round length that suits the zoom."""

from dataclasses import dataclass
from math import floor, log10

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from gvtstudio.domain.calibration import describe_length
from gvtstudio.ui.viewer.viewer_colours import SCALE_BAR, SCALE_BAR_EDGE

MARGIN_PX = 12.0
BAR_HEIGHT_PX = 4.0
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


def paint_scale_bar(painter: QPainter, bar: ScaleBar, pane: QRectF) -> None:
    """Paint the bar with its label above it, bottom right in a pane."""
    right, bottom = pane.right() - MARGIN_PX, pane.bottom() - MARGIN_PX
    text_bottom = bottom
    if bar.length_px > 0:
        rect = QRectF(right - bar.length_px, bottom - BAR_HEIGHT_PX, bar.length_px, BAR_HEIGHT_PX)
        painter.setPen(QPen(SCALE_BAR_EDGE, 1))
        painter.setBrush(SCALE_BAR)
        painter.drawRect(rect)
        text_bottom = rect.top() - 3
    width = max(bar.length_px, float(painter.fontMetrics().horizontalAdvance(bar.label)) + 4)
    height = float(painter.fontMetrics().height())
    place = QRectF(right - width, text_bottom - height, width, height)
    centred = Qt.AlignmentFlag.AlignHCenter if bar.length_px else Qt.AlignmentFlag.AlignRight
    paint_outlined_text(painter, place, centred, bar.label)


def paint_outlined_text(
    painter: QPainter, place: QRectF, alignment: Qt.AlignmentFlag, text: str
) -> None:
    """White text with a dark edge, readable on any image."""
    painter.setPen(SCALE_BAR_EDGE)
    for offset in (QPointF(-1, 0), QPointF(1, 0), QPointF(0, -1), QPointF(0, 1)):
        painter.drawText(place.translated(offset), alignment, text)
    painter.setPen(SCALE_BAR)
    painter.drawText(place, alignment, text)
