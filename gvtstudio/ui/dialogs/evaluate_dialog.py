"""Asking what to measure of a restored stack."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.job import EvaluateRequest
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.measures import MEASURES, USUAL
from gvtstudio.ui.dialogs.context_plot_dialog import NORMALISATION_WORDS
from gvtstudio.ui.widgets.labels import styled_label
from gvtstudio.ui.widgets.stack_box import StackBox

_NAME_ROLE = Qt.ItemDataRole.UserRole


class EvaluateDialog(QDialog):
    """Which stack, against which, by what measures.

    Args:
        stacks: Everything that is open.
        restored: The stack that is proposed to be judged.
        truth: The good one that is proposed.
        parent: Qt parent.
    """

    evaluation_requested = Signal(object)
    """The ``EvaluateRequest`` the user has made up."""

    def __init__(
        self,
        stacks: Sequence[StackInfo],
        restored: StackInfo | None,
        truth: StackInfo | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Measure against a good stack")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.restored_box = StackBox("Stack to judge", stacks, restored, self)
        self.truth_box = StackBox("Good stack", stacks, truth, self)
        self.normalisation_box = QComboBox(self)
        self.normalisation_box.setAccessibleName("Normalisation")
        for name, words in NORMALISATION_WORDS.items():
            self.normalisation_box.addItem(words.capitalize(), name)
        self.measures = QListWidget(self)
        self.measures.setAccessibleName("Measures")
        self.measures.setWordWrap(True)
        self.measures.setSpacing(2)
        self.measures.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for row in MEASURES.values():
            item = QListWidgetItem(f"{row.columns[0].label}: {row.help}")
            item.setData(_NAME_ROLE, row.name)
            item.setCheckState(
                Qt.CheckState.Checked if row.name in USUAL else Qt.CheckState.Unchecked
            )
            self.measures.addItem(item)
        self.plane_box = QCheckBox("Every plane by itself", self)
        self.labels_box = QCheckBox("The stacks hold labels: measure their overlap (Dice)", self)
        self._verdict = styled_label("", "doubt", self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.start_button = self._buttons.addButton(
            "Measure", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self._build()
        self._connect_signals()
        self._check()

    def _build(self) -> None:
        fields = QFormLayout()
        fields.addRow("Stack to judge", self.restored_box)
        fields.addRow("Good stack", self.truth_box)
        fields.addRow("Gain and offset", self.normalisation_box)
        column = QVBoxLayout(self)
        column.addLayout(fields)
        column.addWidget(self.measures, 1)
        column.addWidget(self.plane_box)
        column.addWidget(self.labels_box)
        column.addWidget(self._verdict)
        column.addWidget(self._buttons)
        self.resize(620, 430)

    def _connect_signals(self) -> None:
        for box in (self.restored_box, self.truth_box):
            box.currentIndexChanged.connect(self._check)
        self.measures.itemChanged.connect(self._check)
        self.labels_box.toggled.connect(self._check)
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)

    def _chosen(self) -> list[str]:
        items = (self.measures.item(row) for row in range(self.measures.count()))
        return [
            str(item.data(_NAME_ROLE))
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        ]

    def _check(self) -> None:
        is_of_labels = self.labels_box.isChecked()
        self.measures.setEnabled(not is_of_labels)
        self.normalisation_box.setEnabled(not is_of_labels)
        problem = self._problem()
        self._verdict.setText(problem)
        self._verdict.setVisible(bool(problem))
        self.start_button.setEnabled(not problem)

    def _problem(self) -> str:
        restored, truth = self.restored_box.info, self.truth_box.info
        if restored is None or truth is None:
            return "Choose the stack to judge and the good one."
        if self.restored_box.dataset == self.truth_box.dataset:
            return "This is the same stack twice; choose another good stack."
        if restored.shape != truth.shape:
            return "The two stacks have different sizes, so voxels cannot be compared."
        if not self.labels_box.isChecked() and not self._chosen():
            return "Tick what to measure."
        return ""

    def _accept(self) -> None:
        restored, truth = self.restored_box.info, self.truth_box.info
        if restored is None or truth is None:
            return
        is_of_labels = self.labels_box.isChecked()
        self.evaluation_requested.emit(
            EvaluateRequest(
                restored=(restored.path,),
                target=(truth.path,),
                restored_scene=restored.scene,
                target_scene=truth.scene,
                metrics=() if is_of_labels else tuple(self._chosen()),
                labels=is_of_labels,
                per_plane=self.plane_box.isChecked(),
                normalisation=self.normalisation_box.currentData(),
            )
        )
        self.accept()
