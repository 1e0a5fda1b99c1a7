"""A histogram with two limits that can be dragged."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gvtstudio.imaging.contrast import IntensitySummary, Limits, limits_between

HANDLE_REACH_PX = 8.0


class HistogramView(QWidget):
    """Counts on a logarithmic scale, with the contrast limits as two lines.

    Args:
        parent: Qt owner.
    """

    limits_dragged = Signal(object)  # Limits

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summary: IntensitySummary | None = None
        self._limits: Limits | None = None
        self._dragged = ""
        self.setMouseTracking(True)
        self.setMinimumSize(90, 34)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Histogram with contrast limits")
        self.setToolTip("Number of voxels per intensity (logarithmic). Drag the two lines.")

    def sizeHint(self) -> QSize:
        """Room for a readable histogram in one row of controls."""
        return QSize(220, 38)

    def set_summary(self, summary: IntensitySummary | None, limits: Limits | None) -> None:
        """Show intensities and limits of a volume."""
        self._summary = summary
        self._limits = limits
        self.update()

    def position_of(self, intensity: float) -> float:
        """Pixel at which an intensity lies."""
        shown = self._range()
        return (intensity - shown.low) / (shown.high - shown.low) * (self.width() - 1)

    def _intensity_at(self, x: float) -> float:
        shown = self._range()
        return shown.low + x / max(1, self.width() - 1) * (shown.high - shown.low)

    def _range(self) -> Limits:
        """Everything measured, and the limits even where they lie outside."""
        full = self._summary.full if self._summary else Limits(0.0, 1.0)
        return full if self._limits is None else full.union(self._limits)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the counts as an area and the limits as lines with a ramp between."""
        painter = QPainter(self)
        palette = self.palette()
        painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.Base))
        if self._summary is not None:
            ink = palette.color(QPalette.ColorRole.Text)
            ink.setAlpha(110)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawPolygon(self._outline(self._summary))
        if self._summary is not None and self._limits is not None:
            low, high = (self.position_of(v) for v in (self._limits.low, self._limits.high))
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2))
            painter.drawLine(QPointF(low, 0), QPointF(low, self.height()))
            painter.drawLine(QPointF(high, 0), QPointF(high, self.height()))
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1))
            painter.drawLine(QPointF(low, self.height() - 1), QPointF(high, 0))
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(self.rect()).adjusted(0, 0, -1, -1))
        painter.end()

    def _outline(self, summary: IntensitySummary) -> QPolygonF:
        heights = np.log1p(summary.counts.astype(np.float64))
        heights *= (self.height() - 2) / max(1e-9, float(heights.max()))
        edges = np.linspace(summary.full.low, summary.full.high, len(heights) + 1)
        bottom = float(self.height())
        points = [QPointF(self.position_of(float(edges[0])), bottom)]
        for height, left, right in zip(heights, edges[:-1], edges[1:], strict=True):
            points.append(QPointF(self.position_of(float(left)), bottom - float(height)))
            points.append(QPointF(self.position_of(float(right)), bottom - float(height)))
        points.append(QPointF(self.position_of(float(edges[-1])), bottom))
        return QPolygonF(points)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Grasp the nearer limit."""
        if self._limits is None or event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        low = abs(x - self.position_of(self._limits.low))
        high = abs(x - self.position_of(self._limits.high))
        self._dragged = "low" if low < high else "high"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the limit; show where one can be grasped."""
        x = event.position().x()
        if not self._dragged:
            is_near = self._limits is not None and any(
                abs(x - self.position_of(value)) < HANDLE_REACH_PX
                for value in (self._limits.low, self._limits.high)
            )
            self.setCursor(Qt.CursorShape.SizeHorCursor if is_near else Qt.CursorShape.ArrowCursor)
            return
        self._move_limit(self._intensity_at(min(max(x, 0.0), self.width() - 1.0)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the limit go."""
        self._dragged = ""

    def _move_limit(self, intensity: float) -> None:
        if self._limits is None:
            return
        shown = self._range()
        least = (shown.high - shown.low) / 1000
        if self._dragged == "low":
            limits = limits_between(min(intensity, self._limits.high - least), self._limits.high)
        else:
            limits = limits_between(self._limits.low, max(intensity, self._limits.low + least))
        self._limits = limits
        self.update()
        self.limits_dragged.emit(limits)
