"""The second volume in the place of the first, as long as a key is held or a switch is on."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from gvtstudio.ui.viewer.column_grid import ColumnGrid
from gvtstudio.ui.viewer.pairing.pair_bar import PairChoice
from gvtstudio.ui.viewer.pairing.twin import Twin
from gvtstudio.ui.viewer.pane import PlanePane

HELD_KEY = Qt.Key.Key_B
# With them a key is a command of the menus.
COMMAND_KEYS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.ShiftModifier
    | Qt.KeyboardModifier.MetaModifier
)


class Flicker(QObject):
    """Paints the second volume over the panes of the first; what these hold stays as it is.

    Args:
        grid: Where the columns stand.
        view: Where the key is held.
        parent: Qt owner.
    """

    changed = Signal()  # the other volume is on screen

    def __init__(self, grid: ColumnGrid, view: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._grid = grid
        self._view = view
        self._choice = PairChoice()
        self._is_switched = False
        self._is_held = False
        self._twins: dict[str, Twin] = {}
        view.installEventFilter(self)
        QApplication.instance().focusChanged.connect(self._on_focus_changed)  # type: ignore[union-attr]

    @property
    def is_on(self) -> bool:
        """Whether the second volume is on screen in the place of the first."""
        first, second, count = self._choice.first, self._choice.second, len(self._grid.columns)
        return (
            (self._is_held or self._is_switched) and first != second and max(first, second) < count
        )

    def show(self, choice: PairChoice, *, is_on: bool) -> None:
        """Say which two volumes it is about, and whether the switch is on."""
        self._choice, self._is_switched = choice, is_on

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follow the key; it comes here when nobody else took it."""
        if isinstance(event, QKeyEvent) and event.key() == HELD_KEY:
            is_press = event.type() == QEvent.Type.KeyPress
            is_command = is_press and bool(event.modifiers() & COMMAND_KEYS)
            if event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) and not is_command:
                if not event.isAutoRepeat():
                    self._hold(is_held=is_press)
                return True
        elif event.type() in (QEvent.Type.WindowDeactivate, QEvent.Type.Hide):
            # The key may be let go where nobody tells.
            self._hold(is_held=False)
        return False

    def paint(self, painter: QPainter, pane: PlanePane) -> None:
        """Cover a pane of the first volume with what the second one shows."""
        if not self.is_on or self._grid.columns[self._choice.first].panes[pane.plane] is not pane:
            return
        source = self._grid.columns[self._choice.second].panes[pane.plane]
        twin = self._twins.setdefault(pane.plane, Twin())
        twin.paint(painter, pane, source, QRectF(pane.viewport().rect()))

    @Slot(QWidget, QWidget)
    def _on_focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and not self._view.isAncestorOf(new) and new is not self._view:
            self._hold(is_held=False)

    def _hold(self, *, is_held: bool) -> None:
        if is_held != self._is_held:
            self._is_held = is_held
            self.changed.emit()
