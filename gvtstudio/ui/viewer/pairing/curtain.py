"""A line across the panes of the first volume, right of which they show the second one."""

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPen

from gvtstudio.ui.viewer.column_grid import ColumnGrid
from gvtstudio.ui.viewer.pairing.pair_bar import PairChoice
from gvtstudio.ui.viewer.pairing.twin import Twin
from gvtstudio.ui.viewer.pane import PlanePane
from gvtstudio.ui.viewer.viewer_colours import LABEL_GROUND, LABEL_TEXT, MEASURED, MEASURED_EDGE

# Pixels from the line at which it is grasped, and those between it and the words beside it.
REACH_PX, WORDS_PX = 6.0, 6.0
WORDS_DOWN = 0.2  # of the height of a pane
STEP = 0.02


class Curtain(QObject):
    """Paints the second volume over the right part of the panes of the first.

    Args:
        grid: Where the columns stand.
        parent: Qt owner.
    """

    def __init__(self, grid: ColumnGrid, parent: QObject) -> None:
        super().__init__(parent)
        self._grid = grid
        self._choice = PairChoice()
        self._is_switched = False
        self._is_dragged = False
        self._watched: list[PlanePane] = []
        self._twins: dict[str, Twin] = {}
        self.part = 0.5  # of the width of every pane, from the left

    @property
    def is_on(self) -> bool:
        """Whether there is a line."""
        last = max(self._choice.first, self._choice.second)
        return self._is_switched and last < len(self._grid.columns)

    def show(self, choice: PairChoice, *, is_on: bool) -> None:
        """Say which two volumes it is about, and whether there is a line."""
        self._choice, self._is_switched, self._is_dragged = choice, is_on, False
        for pane in self._watched:
            pane.viewport().removeEventFilter(self)
            pane.viewport().unsetCursor()
        panes = self._grid.columns[choice.first].panes.values() if self.is_on else ()
        self._watched = list(panes)
        for pane in self._watched:
            pane.viewport().installEventFilter(self)

    def move(self, steps: int) -> None:
        """Move the line to the right, or to the left."""
        self._put(self.part + steps * STEP)

    def paint(self, painter: QPainter, pane: PlanePane) -> None:
        """Cover the right part of a pane of the first volume, and draw the line."""
        if not self.is_on or self._grid.columns[self._choice.first].panes[pane.plane] is not pane:
            return
        columns, whole = self._grid.columns, QRectF(pane.viewport().rect())
        line = self.line_in(pane)
        right = whole.adjusted(line, 0, 0, 0)
        twin = self._twins.setdefault(pane.plane, Twin())
        twin.paint(painter, pane, columns[self._choice.second].panes[pane.plane], right)
        painter.setClipping(False)
        for pen in (QPen(MEASURED_EDGE, 3), QPen(MEASURED, 1)):
            painter.setPen(pen)
            painter.drawLine(QPointF(line, 0), QPointF(line, whole.height()))
        titles = (columns[i].volume.title for i in (self._choice.first, self._choice.second))
        _paint_words(painter, line, whole, *titles)

    def line_in(self, pane: PlanePane) -> int:
        """The pixel column of a pane from which on the second volume is shown."""
        return round(self.part * pane.viewport().width())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the left button near the line; everything else belongs to the pane."""
        # Looked at first: a window that closes sends its panes other events while it ends them.
        if not isinstance(event, QMouseEvent):
            return False
        pane = next((p for p in self._watched if p.viewport() is watched), None)
        if pane is None:
            return False
        is_near = abs(event.position().x() - self.line_in(pane)) <= REACH_PX
        is_left = event.button() == Qt.MouseButton.LeftButton
        if event.type() == QEvent.Type.MouseButtonPress and is_left and is_near:
            self._is_dragged = True
            return True
        if event.type() == QEvent.Type.MouseMove and self._is_dragged:
            self._put(event.position().x() / pane.viewport().width())
            return True
        if event.type() == QEvent.Type.MouseMove and not event.buttons():
            _show_cursor(pane, is_near=is_near)
        if event.type() == QEvent.Type.MouseButtonRelease and is_left and self._is_dragged:
            self._is_dragged = False
            return True
        return False

    def _put(self, part: float) -> None:
        self.part = min(1.0, max(0.0, part))
        for pane in self._watched:
            pane.repaint_soon()


def _show_cursor(pane: PlanePane, *, is_near: bool) -> None:
    """Say whether the left button would grasp the line."""
    if is_near:
        pane.viewport().setCursor(Qt.CursorShape.SplitHCursor)
    else:
        pane.viewport().unsetCursor()


def _paint_words(painter: QPainter, line: int, whole: QRectF, left: str, right: str) -> None:
    """Which volume lies on which side, above a fitted view's crosshair and where there is room."""
    metrics = painter.fontMetrics()
    height = metrics.height() + 2.0
    for text, is_left in ((left, True), (right, False)):
        width = metrics.horizontalAdvance(text) + 8.0
        start = line - WORDS_PX - width if is_left else line + WORDS_PX
        place = QRectF(start, whole.height() * WORDS_DOWN - height / 2, width, height)
        if whole.contains(place):
            painter.fillRect(place, LABEL_GROUND)
            painter.setPen(LABEL_TEXT)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
