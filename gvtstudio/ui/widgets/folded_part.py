"""A part of a form that most users never need."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget


class FoldedPart(QWidget):
    """A line to click, and below it what it folds out.

    Args:
        title: Of the line.
        parent: Qt parent.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QToolButton(self)
        self.button.setText(title)
        self.button.setCheckable(True)
        self.button.setArrowType(Qt.ArrowType.RightArrow)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setAutoRaise(True)
        self._content: QWidget | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self.button)
        self.button.toggled.connect(self._fold)

    def set_content(self, content: QWidget) -> None:
        """Fold out something else; the line stays as it is."""
        if self._content is not None:
            self._content.hide()
            self._layout.removeWidget(self._content)
        self._content = content
        self._layout.addWidget(content)
        content.setVisible(self.button.isChecked())

    def _fold(self, is_shown: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if is_shown else Qt.ArrowType.RightArrow)
        if self._content is not None:
            self._content.setVisible(is_shown)
