"""What to write about restored stacks in a paper."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.services.methods import Methods
from gvtstudio.services.methods_reader import MethodsReader
from gvtstudio.ui.dialogs.questions import ask_open_files, image_filter
from gvtstudio.ui.widgets.labels import styled_label

_TABS = {"Methods": "Copy Text", "BibTeX": "Copy BibTeX"}


class MethodsDialog(QDialog):
    """A paragraph for the methods section and the entries to cite.

    Args:
        paths: Restored files to write about; others can be chosen.
        parent: Qt parent.
    """

    def __init__(self, paths: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("How these results were made")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._reader = MethodsReader(self)
        self.problem = styled_label("", "doubt", self)
        self.problem.hide()
        self.tabs = QTabWidget(self)
        self.texts: dict[str, QPlainTextEdit] = {}
        self.copy_buttons: dict[str, QPushButton] = {}
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        for name, copy in _TABS.items():
            text = QPlainTextEdit(self)
            text.setReadOnly(True)
            text.setAccessibleName(name)
            self.texts[name] = text
            self.tabs.addTab(text, name)
            button = buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
            button.clicked.connect(lambda _, text=text: _copy(text))
            self.copy_buttons[name] = button
        self.choose_button = buttons.addButton(
            "Other Files…", QDialogButtonBox.ButtonRole.ActionRole
        )
        self.choose_button.clicked.connect(self._choose)
        buttons.rejected.connect(self.close)
        hint = styled_label("", "quiet", self)
        hint.setText(
            "Read it before you use it: only you know what was imaged, and why. Every restored "
            "file carries these facts."
        )
        column = QVBoxLayout(self)
        for widget in (self.problem, self.tabs, hint, buttons):
            column.addWidget(widget)
        self.resize(760, 460)
        self._reader.methods_read.connect(self._show)
        self._reader.refused.connect(self._refuse)
        if paths:
            self.show_files(paths)
        else:
            self._refuse("No restored stack is open. Choose files that this program restored.")

    def show_files(self, paths: Sequence[str]) -> None:
        """Read other restored files."""
        self._reader.read(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Wait for what is being read."""
        self._reader.shut_down()
        super().closeEvent(event)

    def _choose(self) -> None:
        ask_open_files(self, "Restored files", image_filter(), self.show_files)

    def _show(self, methods: Methods) -> None:
        self.problem.hide()
        for text, words in zip(self.texts.values(), methods, strict=True):
            text.setPlainText(words)

    def _refuse(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.show()


def _copy(text: QPlainTextEdit) -> None:
    QGuiApplication.clipboard().setText(text.toPlainText())
