"""Widgets side by side where there is room, else one below the other."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QLabel, QWidget

SPACING_PX = 12


class FoldingRow(QWidget):
    """Keeps controls whole on small screens.

    Args:
        parts: Widgets with the share of spare room that each takes.
        parent: Qt owner.
    """

    def __init__(self, parts: Sequence[tuple[QWidget, int]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACING_PX)
        self._parts = [part for part, _ in parts]
        for part, share in parts:
            self._row.addWidget(part, share)

    @property
    def is_folded(self) -> bool:
        """Whether the parts stand one below the other."""
        return self._row.direction() == QBoxLayout.Direction.TopToBottom

    def minimumSizeHint(self) -> QSize:
        """As narrow as the widest part; as high as it is now."""
        widths = [part.minimumWidth() or part.minimumSizeHint().width() for part in self._shown()]
        return QSize(max(widths, default=0), self._row.totalMinimumSize().height())

    def event(self, event: QEvent) -> bool:
        """Fold or unfold when the width or a part has changed."""
        is_handled = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._fold()
        return is_handled

    def _shown(self) -> list[QWidget]:
        return [part for part in self._parts if not part.isHidden()]

    def _fold(self) -> None:
        widths = [part.minimumSizeHint().width() for part in self._shown()]
        needed = sum(widths) + SPACING_PX * (len(widths) - 1)
        ways = QBoxLayout.Direction
        way = ways.TopToBottom if needed > self.width() else ways.LeftToRight
        if way != self._row.direction():
            self._row.setDirection(way)
            self._row.setSpacing(2 if way == ways.TopToBottom else SPACING_PX)
            self.updateGeometry()


def copyable_line(name: str) -> QLabel:
    """A line of the read-out, which can be copied."""
    label = QLabel()
    label.setAccessibleName(name)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    # A long line must not push the window wider than the screen.
    label.setMinimumWidth(1)
    return label
