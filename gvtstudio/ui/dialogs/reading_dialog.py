"""Asking what the planes of a stack are, and how large its voxels."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.axes import describe_shape
from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.plane_order import plane_order
from gvtstudio.domain.quantities import voxel_size_from
from gvtstudio.domain.stack import StackInfo
from gvtstudio.ui.widgets.labels import styled_label

_KINDS = {"Z": "Slices (Z)", "T": "Time points", "C": "Channels"}
_SEVERAL = "several"
_MIXED = "Several of them, in this order:"
_SOURCES = {"file": "As the file says", "typed": "As it was typed"}


class ReadingDialog(QDialog):
    """What the user knows better than the file, and what becomes of the stack by it.

    Args:
        info: The stack as it is read now.
        parent: Qt parent.
    """

    reading_chosen = Signal(str, str, bool)
    """Voxel size as ``Z,Y,X`` in µm and axes as ``plane_order`` takes them, empty: the file's; and
    whether the axes are meant for the other files of the folder too."""
    axes_remembered = Signal(str)
    """The axes, where they are meant for the other files of the folder too."""

    def __init__(self, info: StackInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Axes and voxel size of {info.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._info = info
        self._kinds = QButtonGroup(self)
        self.kind_buttons: dict[str, QRadioButton] = {}
        told = {} if info.axes_assumed else {"": "As the file says"}
        for axes, words in {**told, **_KINDS, _SEVERAL: _MIXED}.items():
            button = QRadioButton(words, self)
            self._kinds.addButton(button)
            self.kind_buttons[axes] = button
        self.order_edit = QLineEdit(self)
        self.order_edit.setAccessibleName("Order of the axes")
        self.order_edit.setPlaceholderText("slowest first, such as TZ, ZC2 or T10Z5C2")
        self.question = styled_label("", "subheading", self)
        self.consequence = styled_label("", "subheading", self)
        self.voxel_edit = QLineEdit(info.calibration.typed, self)
        self.voxel_edit.setAccessibleName("Voxel size")
        self.voxel_edit.setPlaceholderText("Z,Y,X in µm, such as 0.3,0.1,0.1")
        self.problem = styled_label("", "doubt", self)
        self.remember_box = QCheckBox("The same for all files of this folder", self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.accept_button = self._buttons.addButton("Use", QDialogButtonBox.ButtonRole.AcceptRole)
        self._build()
        self._choose_what_is()
        self._connect_signals()
        self._check()

    @property
    def axes(self) -> str:
        """What the planes are; empty as the file says."""
        name = next(axes for axes, b in self.kind_buttons.items() if b.isChecked())
        return self.order_edit.text().strip() if name == _SEVERAL else name

    def _build(self) -> None:
        info = self._info
        planes = info.shape[0] * info.shape[1] * info.shape[2]
        self.question.setText(f"{info.name} holds {planes:,} planes. What are they?")
        column = QVBoxLayout(self)
        column.addWidget(self.question)
        if info.axes_assumed:
            said = styled_label("", "quiet", self)
            said.setText("The file does not say it; unless you do, they are taken as shown below.")
            column.addWidget(said)
        for axes, button in self.kind_buttons.items():
            row = QHBoxLayout()
            row.addWidget(button)
            if axes == _SEVERAL:
                row.addWidget(self.order_edit, 1)
            column.addLayout(row)
        column.addWidget(self.consequence)
        form = QFormLayout()
        form.addRow("Voxel size", self.voxel_edit)
        source = styled_label("", "quiet", self)
        source.setText(
            f"{_SOURCES[info.calibration.source]}: {info.calibration.describe()} (x × y × z)."
            if info.calibration.source != "unknown"
            else "The file does not say it."
        )
        form.addRow("", source)
        column.addLayout(form)
        self.remember_box.setChecked(bool(info.axes_assumed))
        for widget in (self.remember_box, self.problem, self._buttons):
            column.addWidget(widget)
        self.setMinimumWidth(560)

    def _choose_what_is(self) -> None:
        info = self._info
        name = info.axes.upper()
        if info.axes_assumed:
            long = [axis for axis, n in zip("TZC", info.shape, strict=False) if n > 1]
            name = "".join(long)
        if name in self.kind_buttons:
            self.kind_buttons[name].setChecked(True)
        else:
            self.kind_buttons[_SEVERAL].setChecked(True)
            self.order_edit.setText(name)

    def _connect_signals(self) -> None:
        self._kinds.buttonToggled.connect(self._check)
        self.order_edit.textEdited.connect(lambda: self.kind_buttons[_SEVERAL].setChecked(True))
        self.order_edit.textChanged.connect(self._check)
        self.voxel_edit.textChanged.connect(self._check)
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)

    def _check(self) -> None:
        problem = consequence = ""
        info = self._info
        planes = info.shape[0] * info.shape[1] * info.shape[2]
        # as it was read before anything was said
        shape = (1, planes, 1, *info.shape[3:]) if info.axes else info.shape
        try:
            if self.axes:
                consequence = describe_shape(plane_order(self.axes, shape, info.name).shape(shape))
            elif self.kind_buttons[_SEVERAL].isChecked():
                problem = "Write the order of the axes."
            voxel_size_from(self.voxel_edit.text())
        except GvtError as error:
            problem = error.sentence()
        self.consequence.setText(consequence)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.accept_button.setEnabled(not problem)

    def _accept(self) -> None:
        if self.remember_box.isChecked():
            self.axes_remembered.emit(self.axes)
        for_folder = self.remember_box.isChecked()
        self.reading_chosen.emit(self.voxel_edit.text().strip(), self.axes, for_folder)
        self.accept()
