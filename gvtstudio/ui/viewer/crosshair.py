"""Drawing of the crosshair: two thin lines that leave the structure they point at free."""

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from gvtstudio.ui.viewer.viewer_colours import CROSSHAIR, CROSSHAIR_EDGE

GAP_PX = 12.0


def crosshair_lines(point: QPointF, frame: QRectF, gap: float) -> list[QLineF]:
    """Four lines from the frame's edges towards a point, ending ``gap`` pixels before it."""
    x, y = point.x(), point.y()
    lines = []
    if frame.top() <= y <= frame.bottom():
        lines += [
            QLineF(frame.left(), y, x - gap, y),
            QLineF(x + gap, y, frame.right(), y),
        ]
    if frame.left() <= x <= frame.right():
        lines += [
            QLineF(x, frame.top(), x, y - gap),
            QLineF(x, y + gap, x, frame.bottom()),
        ]
    return [line for line in lines if line.dx() > 0 or line.dy() > 0]


def paint_crosshair(painter: QPainter, point: QPointF, frame: QRectF, voxel_px: float) -> None:
    """Paint the crosshair at a point.

    Args:
        painter: In pixels of the pane.
        point: Middle of the voxel pointed at.
        frame: The part of the pane the image fills.
        voxel_px: Size of a voxel on screen; the gap never hides the voxel itself.
    """
    gap = max(GAP_PX, voxel_px / 2 + 2)
    lines = crosshair_lines(point, frame, gap)
    solid, cap = Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap
    painter.setPen(QPen(CROSSHAIR_EDGE, 3, solid, cap))
    painter.drawLines(lines)
    painter.setPen(QPen(CROSSHAIR, 1, solid, cap))
    painter.drawLines(lines)
