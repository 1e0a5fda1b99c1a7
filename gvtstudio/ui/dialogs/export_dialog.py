"""Writing a stack to another file or format."""

from collections.abc import Sequence
from pathlib import Path

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
    QWidget,
)

from gvtstudio.domain.job import ExportRequest
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.export import name_without_extension
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.ui.dialogs.questions import ask_folder
from gvtstudio.ui.texts import stack_title
from gvtstudio.ui.widgets.labels import styled_label


class ExportDialog(QDialog):
    """Which stack, format, folder and name; an existing file is replaced only when told so.

    Args:
        stacks: Titles and stacks to choose from, the likeliest first.
        format_name: Row of ``EXPORTERS`` to begin with.
        parent: Qt parent.
    """

    export_requested = Signal(object)
    """The ``ExportRequest`` the user has made up."""

    def __init__(
        self,
        stacks: Sequence[tuple[str, StackInfo]],
        format_name: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._stacks = tuple(stacks)
        self.stack_box = QComboBox(self)
        for title, info in self._stacks:
            self.stack_box.addItem(f"{title}: {stack_title(info)}")
        self.format_box = QComboBox(self)
        for row in EXPORTERS.values():
            self.format_box.addItem(row.title, row.name)
        self.format_box.setCurrentIndex(max(0, self.format_box.findData(format_name)))
        self.folder_edit = QLineEdit(self)
        self.name_edit = QLineEdit(self)
        self.replace_box = QCheckBox("Replace the file that is there", self)
        self._browse = QPushButton("Choose…", self)
        self._verdict = styled_label("", "quiet", self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self._export = self._buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self._build()
        self._connect_signals()
        self._propose()

    def _build(self) -> None:
        folder_row = QHBoxLayout()
        folder_row.addWidget(self.folder_edit)
        folder_row.addWidget(self._browse)
        layout = QFormLayout(self)
        layout.addRow("Stack", self.stack_box)
        layout.addRow("Format", self.format_box)
        layout.addRow("Folder", folder_row)
        layout.addRow("File name", self.name_edit)
        layout.addRow("", self.replace_box)
        layout.addRow(self._verdict)
        layout.addRow(self._buttons)
        self.format_box.setToolTip("Voxel type, voxel size and channels are kept in every format.")
        self.setMinimumWidth(560)

    def _connect_signals(self) -> None:
        self.stack_box.currentIndexChanged.connect(self._propose)
        self.format_box.currentIndexChanged.connect(self._propose)
        self.folder_edit.textChanged.connect(self._check)
        self.name_edit.textChanged.connect(self._check)
        self.replace_box.toggled.connect(self._check)
        self._browse.clicked.connect(
            lambda: ask_folder(self, "Folder to export to", self.folder_edit.setText)
        )
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)

    @property
    def destination(self) -> Path:
        """The file that would be written."""
        return Path(self.folder_edit.text()).expanduser() / self.name_edit.text().strip()

    def can_export(self) -> bool:
        """Whether the button is enabled."""
        return self._export.isEnabled()

    def _propose(self) -> None:
        """A name beside the stack that is not taken yet."""
        info = self._stacks[self.stack_box.currentIndex()][1]
        source = Path(info.path)
        extension = EXPORTERS[self.format_box.currentData()].extension
        stem = name_without_extension(source)
        stem += f"_scene{info.scene + 1}" if len(info.scene_names) > 1 else ""
        if not self.folder_edit.text():
            self.folder_edit.setText(str(source.parent))
        folder = Path(self.folder_edit.text())
        name, number = f"{stem}_export{extension}", 2
        while (folder / name).exists():
            name, number = f"{stem}_export_{number}{extension}", number + 1
        self.name_edit.setText(name)
        self._check()

    def _check(self) -> None:
        source = self._stacks[self.stack_box.currentIndex()][1].path
        destination = self.destination
        exists = bool(self.name_edit.text().strip()) and destination.exists()
        self.replace_box.setVisible(exists)
        verdict = ""
        if not self.name_edit.text().strip():
            verdict = "Type a file name."
        elif not destination.parent.is_dir():
            verdict = f"There is no folder {destination.parent}."
        elif str(destination) == source:
            verdict = "This is the stack itself; originals are never replaced. Type another name."
        elif exists and not self.replace_box.isChecked():
            verdict = f"{destination.name} exists. Type another name, or tick the box above."
        self._verdict.setText(verdict)
        self._export.setEnabled(not verdict)

    def _accept(self) -> None:
        info = self._stacks[self.stack_box.currentIndex()][1]
        self.export_requested.emit(
            ExportRequest(
                source=info.path,
                scene=info.scene,
                voxel_size=info.calibration.typed,
                axes=info.axes,
                destination=str(self.destination),
                format=self.format_box.currentData(),
                overwrite=self.replace_box.isVisible() and self.replace_box.isChecked(),
            )
        )
        self.accept()
