"""The line and the region over the views: drawn, moved and painted."""

from dataclasses import replace
from math import hypot

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen

from gvtstudio.imaging.panel.comparison import Comparison
from gvtstudio.imaging.panel.plane_axes import PLANES
from gvtstudio.ui.viewer.compare_view import CompareView
from gvtstudio.ui.viewer.measuring import Drawn
from gvtstudio.ui.viewer.measuring.shapes import Shape, Spot
from gvtstudio.ui.viewer.pane import PlanePane
from gvtstudio.ui.viewer.tools import ToolGesture
from gvtstudio.ui.viewer.viewer_colours import (
    LABEL_GROUND,
    LABEL_TEXT,
    MEASURED,
    MEASURED_EDGE,
)

REACH_PX = 9.0
HANDLE_PX = 7.0
SHORTEST_PX = 3.0
"""A drag that is shorter was a click."""
LABEL_AWAY_PX = 10.0
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Sketch(QObject):
    """Takes the left mouse button and the arrow keys in the views while it is active.

    Args:
        view: Over which it is drawn.
        parent: Qt parent.
    """

    changed = Signal()
    """A shape is another, or gone."""

    def __init__(self, view: CompareView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._shapes: dict[Drawn, Shape] = {}
        self._kind: Drawn | None = None
        self._before: Shape | None = None
        self._grasped = ""
        self._from: Spot = (0.0, 0.0)
        view.columns_changed.connect(self._listen_to_panes)
        view.add_overlay(self)
        self._listen_to_panes()

    def shape(self, kind: Drawn) -> Shape | None:
        """The line or the region, if one has been drawn; it lies inside the first volume."""
        shape = self._shapes.get(kind)
        if shape is None or not self._view.volumes:
            return None
        return shape.within(self._view.comparison.reference.extent)

    def activate(self, kind: Drawn | None) -> None:
        """Draw lines, or regions, or nothing and hide both."""
        self._kind = kind
        self._view.set_tool(self if kind else None)
        self._repaint()

    def clear(self) -> None:
        """Take away what is drawn."""
        if self._kind is not None and self._shapes.pop(self._kind, None) is not None:
            self._tell()

    def set_shape(self, kind: Drawn, shape: Shape) -> None:
        """Draw this."""
        self._shapes[kind] = shape.within(self._view.comparison.reference.extent)
        self._tell()

    def use(self, gesture: ToolGesture) -> None:
        """Draw a shape, or move the one that is there by its handles or its middle."""
        if self._kind is None:
            return
        spot = (gesture.right, gesture.down)
        if gesture.phase in ("press", "double"):
            self._before = self.shape(self._kind)
            self._grasped, self._from = self._grasp(gesture), spot
            return
        if self._grasped == "new":
            shape = Shape(gesture.plane, self._from, spot)
        elif self._before is not None:
            shape = _dragged(self._before, self._grasped, self._from, spot)
        else:
            return
        if self._grasped == "new" and shape.length * self._view.camera.scale < SHORTEST_PX:
            return
        self.set_shape(self._kind, shape)

    def _grasp(self, gesture: ToolGesture) -> str:
        """What lies under the mouse: ``new`` where nothing does."""
        shape, reach = self._before, REACH_PX / self._view.camera.scale
        if shape is None or shape.plane != gesture.plane:
            return "new"
        spot = (gesture.right, gesture.down)
        for (i, j), corner in shape.corners().items():
            if self._kind == "line" and i != j:
                continue
            if hypot(corner[0] - spot[0], corner[1] - spot[1]) <= reach:
                return f"{i}{j}"
        is_hit = shape.holds(spot) if self._kind == "region" else shape.distance(spot) <= reach
        return "whole" if is_hit else "new"

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys move the shape by a voxel, with Shift its end alone; Escape removes it."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._press(event)
        return False

    def _press(self, event: QKeyEvent) -> bool:
        shape = self.shape(self._kind) if self._kind else None
        if shape is None or self._kind is None:
            return False
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            return True
        step = _ARROWS.get(Qt.Key(event.key()))
        if step is None:
            return False
        voxel, axes = self._view.comparison.reference.voxel, PLANES[shape.plane]
        right, down = step[0] * voxel[axes.right], step[1] * voxel[axes.down]
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            moved = replace(shape, end=(shape.end[0] + right, shape.end[1] + down))
        else:
            moved = shape.moved(right, down)
        self.set_shape(self._kind, moved)
        return True

    def paint(self, painter: QPainter, pane: PlanePane) -> None:
        """Paint what is drawn in this plane, with its length or size."""
        shape = self.shape(self._kind) if self._kind else None
        if shape is None or shape.plane != pane.plane:
            return
        start, end = (pane.to_screen(*spot) for spot in (shape.start, shape.end))
        painter.resetTransform()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((MEASURED_EDGE, 4.0), (MEASURED, 1.6)):
            painter.setPen(QPen(colour, width))
            if self._kind == "line":
                painter.drawLine(start, end)
            else:
                painter.drawRect(QRectF(start, end).normalized())
        painter.setPen(QPen(MEASURED_EDGE, 1))
        painter.setBrush(MEASURED)
        for (i, j), corner in shape.corners().items():
            if self._kind == "region" or i == j:
                at, half = pane.to_screen(*corner), HANDLE_PX / 2
                painter.drawRect(QRectF(at.x() - half, at.y() - half, HANDLE_PX, HANDLE_PX))
        words = describe_shape(self._view.comparison, shape, self._kind or "line")
        _write(painter, words, end, pane)

    def _tell(self) -> None:
        self._repaint()
        self.changed.emit()

    def _repaint(self) -> None:
        for column in self._view.columns:
            for pane in column.panes.values():
                pane.repaint_soon()

    def _listen_to_panes(self) -> None:
        for column in self._view.columns:
            for pane in column.panes.values():
                pane.installEventFilter(self)


def describe_shape(comparison: Comparison, shape: Shape, kind: Drawn) -> str:
    """Length of a line, or width and height of a region, in µm and pixels."""
    axes, voxel = PLANES[shape.plane], comparison.reference.voxel
    right, down = abs(shape.end[0] - shape.start[0]), abs(shape.end[1] - shape.start[1])
    per_um = comparison.pixels_per_um_at_scale_1
    pixels = (right / voxel[axes.right], down / voxel[axes.down])
    if kind == "line":
        told = f"{hypot(*pixels):.1f} px"
        return f"{shape.length / per_um:.4g} µm · {told}" if per_um else told
    told = f"{round(pixels[0])} × {round(pixels[1])} px"
    return f"{right / per_um:.4g} × {down / per_um:.4g} µm · {told}" if per_um else told


def _dragged(shape: Shape, grasped: str, before: Spot, now: Spot) -> Shape:
    """A shape whose middle or corner was dragged."""
    right, down = now[0] - before[0], now[1] - before[1]
    if grasped == "whole":
        return shape.moved(right, down)
    points = [list(shape.start), list(shape.end)]
    points[int(grasped[0])][0] += right
    points[int(grasped[1])][1] += down
    (a, b), (c, d) = points
    return replace(shape, start=(a, b), end=(c, d))


def _write(painter: QPainter, words: str, at: QPointF, pane: PlanePane) -> None:
    """Words beside a point, inside the pane."""
    metrics, area = painter.fontMetrics(), QRectF(pane.viewport().rect())
    width, height = metrics.horizontalAdvance(words) + 8, metrics.height() + 2
    left = min(at.x() + LABEL_AWAY_PX, area.right() - width - 2)
    top = min(at.y() + LABEL_AWAY_PX, area.bottom() - height - 2)
    place = QRectF(max(left, 2), max(top, 2), width, height)
    painter.fillRect(place, LABEL_GROUND)
    painter.setPen(LABEL_TEXT)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
