"""Asking which result to make again."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from gvtstudio.domain.job import RerunRequest
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.model_package import MODEL_SUFFIX
from gvtstudio.ui.dialogs.questions import ask_open_files
from gvtstudio.ui.widgets.labels import styled_label
from gvtstudio.ui.widgets.stack_box import StackBox


class RerunDialog(QDialog):
    """Which result; and where its input and model are, if they were moved.

    Args:
        results: Restored stacks that are open.
        output_dir: Where a new file is kept, if the user wants it.
        parent: Qt parent.
    """

    rerun_requested = Signal(object)
    """The ``RerunRequest`` the user has made up."""

    def __init__(
        self, results: Sequence[StackInfo], output_dir: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Make a result again and compare")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._output_dir = output_dir
        self.result_box = StackBox("Result", results, next(iter(results), None), self)
        self.input_box = StackBox("Input", (), None, self)
        self.input_box.setPlaceholderText("Where it was, or beside the result")
        self.model_edit = QLineEdit(self)
        self.model_edit.setAccessibleName("Model")
        self.model_edit.setPlaceholderText("As it was named then")
        self.model_edit.setClearButtonEnabled(True)
        self.keep_box = QCheckBox(f"Keep the new file, in {output_dir}", self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.start_button = self._buttons.addButton(
            "Make Again", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self._build()
        self.result_box.currentIndexChanged.connect(self._check)
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)
        self._check()

    def _build(self) -> None:
        grid = QGridLayout(self)
        explanation = styled_label("", "quiet", self)
        explanation.setText(
            "The stack is restored once more with everything that is written in the result, and "
            "compared with it voxel by voxel."
        )
        grid.addWidget(explanation, 0, 0, 1, 3)
        rows = (
            ("Result", self.result_box, self.result_box.browse),
            ("Input", self.input_box, self.input_box.browse),
            ("Model", self.model_edit, self._browse_model),
        )
        for row, (name, widget, browse) in enumerate(rows, start=1):
            button = QPushButton("Choose…", self)
            button.setAccessibleName(f"Choose: {name}")
            button.clicked.connect(browse)
            grid.addWidget(QLabel(name, self), row, 0)
            grid.addWidget(widget, row, 1)
            grid.addWidget(button, row, 2)
        grid.addWidget(self.keep_box, 4, 1, 1, 2)
        grid.addWidget(self._buttons, 5, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        self.setMinimumWidth(620)

    def _browse_model(self) -> None:
        ask_open_files(
            self, "Model", f"Models (*{MODEL_SUFFIX})", lambda p: self.model_edit.setText(p[0])
        )

    def _check(self) -> None:
        self.start_button.setEnabled(self.result_box.dataset is not None)

    def _accept(self) -> None:
        if self.result_box.dataset is None:
            return
        source = self.input_box.dataset
        self.rerun_requested.emit(
            RerunRequest(
                result=self.result_box.dataset[0],
                input=source[0] if source else "",
                model=self.model_edit.text().strip(),
                out=self._output_dir if self.keep_box.isChecked() else "",
            )
        )
        self.accept()
