"""Asking how much context a model uses."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.job import SweepRequest
from gvtstudio.domain.settings import Settings
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.model_shelf import ShelfModel
from gvtstudio.services.patience import is_folder, is_there
from gvtstudio.ui.dialogs.context_plot_dialog import NORMALISATION_WORDS
from gvtstudio.ui.dialogs.questions import ask_open_files, ask_save_file, image_filter
from gvtstudio.ui.widgets.labels import styled_label

_EXPLANATION = (
    "The noisy stack is restored again and again, each time letting the model's global operators "
    "see a smaller part at once, and every result is measured against the good stack. The plot "
    "then tells whether far-away structure helped."
)
_WIDTH = 600
_SHAPE_ROLE = Qt.ItemDataRole.UserRole + 1


class ContextDialog(QDialog):
    """Which stacks and model, and where a table goes if one is wanted.

    Args:
        stacks: Open stacks, the likeliest noisy one first.
        good: Path of the stack that is proposed as the good one; empty for none.
        models: Models for which a context means something.
        settings: Where to compute.
        parent: Qt parent.
    """

    sweep_requested = Signal(object)
    """The ``SweepRequest`` the user has made up."""

    def __init__(
        self,
        stacks: Sequence[StackInfo],
        good: str,
        models: Sequence[ShelfModel],
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("How much context a model uses")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings = settings
        self.stack_boxes = {"Noisy stack": QComboBox(self), "Good stack": QComboBox(self)}
        self.model_box = QComboBox(self)
        self.contexts_edit = QLineEdit(self)
        self.normalisation_box = QComboBox(self)
        self.table_edit = QLineEdit(self)
        self.replace_box = QCheckBox("Replace the table that is there", self)
        self._browse_table = QPushButton("Choose…", self)
        self._verdict = styled_label("", "quiet", self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self._start = self._buttons.addButton("Measure", QDialogButtonBox.ButtonRole.AcceptRole)
        self._fill(stacks, good, models)
        self._build()
        self._connect_signals()
        self._check()

    def _fill(self, stacks: Sequence[StackInfo], good: str, models: Sequence[ShelfModel]) -> None:
        for title, box in self.stack_boxes.items():
            box.setAccessibleName(title)
            box.setPlaceholderText("Open stacks, or choose a file")
            for info in stacks:
                _offer(box, info.path)
                box.setItemData(box.count() - 1, info.shape, _SHAPE_ROLE)
        self.stack_boxes["Noisy stack"].setCurrentIndex(0 if stacks else -1)
        target = self.stack_boxes["Good stack"]
        target.setCurrentIndex(target.findData(good) if good else -1)
        for model in models:
            own = "" if model.is_bundled else " (own)"
            self.model_box.addItem(model.card.title + own, str(model.path))
        for name, words in NORMALISATION_WORDS.items():
            self.normalisation_box.addItem(words.capitalize(), name)

    def _build(self) -> None:
        layout = QFormLayout()
        for title, box in self.stack_boxes.items():
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            browse = QPushButton("Choose…", self)
            browse.clicked.connect(partial(self._choose_file, title))
            layout.addRow(title, _row(box, browse))
        layout.addRow("Model", self.model_box)
        layout.addRow("Contexts", self.contexts_edit)
        layout.addRow("Normalisation", self.normalisation_box)
        layout.addRow("Table", _row(self.table_edit, self._browse_table))
        layout.addRow("", self.replace_box)
        column = QVBoxLayout(self)
        column.addWidget(styled_label(_EXPLANATION, "quiet", self))
        column.addLayout(layout)
        column.addWidget(self._verdict)
        column.addWidget(self._buttons)
        self.model_box.setToolTip(
            "Only models whose network looks at the whole volume: for others a context means "
            "nothing."
        )
        self.contexts_edit.setPlaceholderText("The whole, halved again and again")
        self.contexts_edit.setToolTip("Sizes in voxels as Z,Y,X, such as: 8,32,32 16,64,64")
        self.normalisation_box.setToolTip(
            "Whether a constant gain and offset between the stacks counts as a difference."
        )
        self.table_edit.setPlaceholderText("None")
        self.table_edit.setToolTip("A CSV file to write; the plot shows the same numbers.")
        self.setMinimumWidth(_WIDTH)
        self.resize(_WIDTH, column.totalHeightForWidth(_WIDTH))

    def _connect_signals(self) -> None:
        for box in (*self.stack_boxes.values(), self.model_box):
            box.currentIndexChanged.connect(self._check)
        for edit in (self.contexts_edit, self.table_edit):
            edit.textChanged.connect(self._check)
        self.replace_box.toggled.connect(self._check)
        self._browse_table.clicked.connect(self._choose_table)
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)

    def can_start(self) -> bool:
        """Whether the button is enabled."""
        return self._start.isEnabled()

    @property
    def _table(self) -> Path | None:
        text = self.table_edit.text().strip()
        return Path(text).expanduser() if text else None

    def _choose_file(self, title: str) -> None:
        ask_open_files(self, title, image_filter(), partial(self.take_file, title))

    def take_file(self, title: str, paths: Sequence[str]) -> None:
        """Use a file that is not open in the window."""
        for path in paths[:1]:
            box = self.stack_boxes[title]
            if box.findData(path) < 0:
                _offer(box, path)
            box.setCurrentIndex(box.findData(path))

    def _choose_table(self) -> None:
        path = self.stack_boxes["Noisy stack"].currentData()
        folder = Path(path).parent if path else Path.home()
        stem = Path(path).name.split(".")[0] if path else "stack"
        ask_save_file(self, "Table", folder / f"{stem}_context.csv", self.table_edit.setText)

    def _check(self) -> None:
        exists = self._table is not None and is_there(self._table)
        self.replace_box.setVisible(exists)
        verdict = self._stacks_verdict() or self._contexts_verdict() or self._table_verdict(exists)
        self._verdict.setText(verdict)
        self._start.setEnabled(not verdict)

    def _stacks_verdict(self) -> str:
        noisy, good = (box.currentData() for box in self.stack_boxes.values())
        shapes = [box.currentData(_SHAPE_ROLE) for box in self.stack_boxes.values()]
        if self.model_box.currentData() is None:
            return (
                "No model on this computer has a network that looks at the whole volume; for "
                "others a context means nothing."
            )
        if noisy is None:
            return "Choose a noisy stack."
        if good is None:
            return "Choose the good stack of the same field of view."
        if noisy == good:
            return "This is the same stack twice. Choose the good one of the same field of view."
        if all(shapes) and shapes[0] != shapes[1]:
            sizes = " and ".join(" × ".join(map(str, shape)) for shape in shapes)
            return f"The stacks have different sizes (T × Z × C × Y × X: {sizes})."
        return ""

    def _contexts_verdict(self) -> str:
        words = self.contexts_edit.text().split()
        if all(_is_size(word) for word in words):
            return ""
        return "Type sizes in voxels as Z,Y,X with blanks between them, such as: 8,32,32 16,64,64"

    def _table_verdict(self, exists: bool) -> str:
        if self._table is None:
            return ""
        if not is_folder(self._table.parent):
            return f"There is no folder {self._table.parent}."
        if exists and not self.replace_box.isChecked():
            return f"{self._table.name} exists. Choose another name, or tick the box above."
        return ""

    def _accept(self) -> None:
        noisy, good = (box.currentData() for box in self.stack_boxes.values())
        request = SweepRequest(
            input=noisy,
            target=good,
            model=self.model_box.currentData(),
            contexts=tuple(self.contexts_edit.text().split()),
            normalisation=self.normalisation_box.currentData(),
            device=self._settings.device,
            csv="" if self._table is None else str(self._table.absolute()),
            overwrite=self.replace_box.isVisible() and self.replace_box.isChecked(),
        )
        precision = self._settings.precision
        self.sweep_requested.emit(msgspec.structs.replace(request, precision=precision))
        self.accept()


def _offer(box: QComboBox, path: str) -> None:
    """Noisy and good stacks often have the same name, in folders of their own."""
    box.addItem(f"{Path(path).name}  in  {Path(path).parent.name}", path)
    box.setItemData(box.count() - 1, path, Qt.ItemDataRole.ToolTipRole)


def _is_size(word: str) -> bool:
    numbers = word.split(",")
    return word == "whole" or (len(numbers) == 3 and all(n.isdecimal() and int(n) for n in numbers))


def _row(field: QWidget, button: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(field, 1)
    row.addWidget(button)
    return row
