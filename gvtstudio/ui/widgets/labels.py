"""Labels in the few styles the window has."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


def styled_label(text: str, style: str, parent: QWidget | None = None) -> QLabel:
    """A label that wraps; ``style`` is ``heading``, ``subheading``, ``quiet`` or ``doubt``."""
    label = QLabel(text, parent)
    label.setObjectName(style)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label
