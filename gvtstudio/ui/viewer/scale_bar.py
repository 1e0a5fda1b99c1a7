"""Drawing of the scale bar, and of what a reader of the image must know besides."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from gvtstudio.imaging.panel.scale_bar import ScaleBar
from gvtstudio.ui.viewer.viewer_colours import SCALE_BAR, SCALE_BAR_EDGE

MARGIN_PX = 12.0
BAR_HEIGHT_PX = 4.0
LEAST_FLAGGED_PX = 160.0


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


def paint_flag(painter: QPainter, text: str, pane: QRectF) -> None:
    """Write a remark top right in a pane, unless the name of the plane takes all of its width."""
    if pane.width() < LEAST_FLAGGED_PX:
        return
    place = pane.adjusted(MARGIN_PX, MARGIN_PX / 2, -MARGIN_PX, 0)
    paint_outlined_text(painter, place, Qt.AlignmentFlag.AlignRight, text)


def paint_outlined_text(
    painter: QPainter, place: QRectF, alignment: Qt.AlignmentFlag, text: str
) -> None:
    """White text with a dark edge, readable on any image."""
    painter.setPen(SCALE_BAR_EDGE)
    for offset in (QPointF(-1, 0), QPointF(1, 0), QPointF(0, -1), QPointF(0, 1)):
        painter.drawText(place.translated(offset), alignment, text)
    painter.setPen(SCALE_BAR)
    painter.drawText(place, alignment, text)
