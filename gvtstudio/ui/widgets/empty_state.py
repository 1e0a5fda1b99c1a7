"""What a page shows while there is nothing to show: what to do, and a button that does it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from gvtstudio.ui.widgets.labels import styled_label


class EmptyState(QFrame):
    """A heading, two sentences and buttons.

    Args:
        heading: What is missing.
        sentences: What to do.
        buttons: Their texts; the first is the main one.
        parent: Qt parent.
    """

    button_clicked = Signal(str)
    """The text of the button that was clicked."""

    def __init__(
        self,
        heading: str,
        sentences: str,
        buttons: tuple[str, ...] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addStretch(2)
        for text, style in ((heading, "heading"), (sentences, "quiet")):
            label = styled_label(text, style, self)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addSpacing(10)
        # One below the other, so that they fit beside list and form on a small screen.
        for index, text in enumerate(buttons):
            button = QPushButton(text, self)
            if index == 0:
                button.setObjectName("primary")
            button.clicked.connect(lambda _checked=False, text=text: self.button_clicked.emit(text))
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
