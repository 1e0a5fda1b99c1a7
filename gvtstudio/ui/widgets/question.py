"""One question of a wizard."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from gvtstudio.ui.widgets.labels import styled_label


class Question(QWidget):
    """A heading, what it is about, the controls of a subclass, and what is wrong with the answer.

    A subclass adds its controls to ``form`` and says ``answer`` and ``problem``.

    Args:
        heading: The question itself.
        about: What to know for answering it.
        parent: Qt parent.
    """

    answered = Signal()
    """The answer is another one now."""

    def __init__(self, heading: str, about: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = heading
        self._problem = styled_label("", "doubt", self)
        self._problem.hide()
        inner = QWidget(self)
        self.form = QVBoxLayout(inner)
        self.form.setContentsMargins(14, 10, 14, 10)
        self.form.addWidget(styled_label(heading, "heading", inner))
        self.form.addWidget(styled_label(about, "quiet", inner))
        self.form.addSpacing(4)
        scroll = QScrollArea(self)
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll, 1)
        column.addWidget(self._problem)

    def answer(self) -> str:
        """The answer in a few words, for the list of questions; empty while there is none."""
        raise NotImplementedError

    def problem(self) -> str:
        """Why a training with this answer cannot be started, in a sentence; empty if it can."""
        raise NotImplementedError

    def show_problem(self, *, is_asked: bool) -> None:
        """Say what is wrong; of an answer that is only missing, not before it is asked for."""
        sentence = self.problem()
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence) and (is_asked or bool(self.answer())))
