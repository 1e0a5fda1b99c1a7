"""Writing stacks to other files, formats or voxel types."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from gvtstudio.domain.file_names import (
    DEFAULT_TEMPLATE,
    NAME_FIELDS,
    makes_one_name,
    name_problem,
    template_problem,
)
from gvtstudio.domain.job import ExportRequest
from gvtstudio.domain.project_edits import Dataset
from gvtstudio.domain.settings import Settings
from gvtstudio.domain.specs import ExporterSpec
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.export import EXPORT_WORD, free_path, result_name, scene_word
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.services.patience import is_folder, is_there
from gvtstudio.ui.forms.conversion_fields import ConversionFields
from gvtstudio.ui.texts import stack_title
from gvtstudio.ui.widgets.folder_edit import FolderEdit
from gvtstudio.ui.widgets.labels import styled_label

Choice = tuple[str, Sequence[StackInfo]]
"""Words and the stacks they stand for."""


class ExportDialog(QDialog):
    """Which stacks, format, voxel type, folder and name.

    A single existing file is replaced only when told so; of several stacks none is.

    Args:
        choices: What can be exported, the likeliest first.
        settings: The format to begin with, and how results are called.
        shown: Contrast limits on screen.
        parent: Qt parent.
    """

    export_requested = Signal(object)
    """An ``ExportRequest``, once for every stack."""

    def __init__(
        self,
        choices: Sequence[Choice],
        settings: Settings,
        shown: Mapping[Dataset, tuple[float, float]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._choices = tuple(choices)
        self._shown = shown
        is_good = not template_problem(settings.name_template)
        self._template = settings.name_template if is_good else DEFAULT_TEMPLATE
        self.stack_box = QComboBox(self)
        for words, stacks in self._choices:
            titles = f": {stack_title(stacks[0])}" if len(stacks) == 1 else f" ({len(stacks)})"
            self.stack_box.addItem(words + titles)
        self.format_box = QComboBox(self)
        for row in EXPORTERS.values():
            self.format_box.addItem(row.title, row.name)
        self.format_box.setCurrentIndex(max(0, self.format_box.findData(settings.export_format)))
        layout = QFormLayout(self)
        layout.addRow("Stack", self.stack_box)
        layout.addRow("Format", self.format_box)
        self.conversion = ConversionFields(layout, self)
        self.folder = FolderEdit("Folder to export to", self)
        self.name_edit = QLineEdit(self)
        self._name_label = QLabel("File name", self)
        self.replace_box = QCheckBox("Replace the file that is there", self)
        self._verdict = styled_label("", "quiet", self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self._export = self._buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self._build(layout)
        self._connect_signals()
        self._on_stacks()

    def _build(self, layout: QFormLayout) -> None:
        layout.addRow("Folder", self.folder)
        layout.addRow(self._name_label, self.name_edit)
        layout.addRow("", self.replace_box)
        layout.addRow(self._verdict)
        layout.addRow(self._buttons)
        self.format_box.setToolTip("Voxel size and channels are kept in every format.")
        self.setMinimumWidth(560)

    def _connect_signals(self) -> None:
        self.stack_box.currentIndexChanged.connect(self._on_stacks)
        self.format_box.currentIndexChanged.connect(self._propose)
        for changed in (
            self.conversion.changed,
            self.folder.folder_changed,
            self.name_edit.textChanged,
            self.replace_box.toggled,
        ):
            changed.connect(self._check)
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)

    @property
    def destinations(self) -> list[Path]:
        """The files that would be written, one for each stack."""
        folder, name = Path(self.folder.folder), self.name_edit.text().strip()
        if len(self._stacks) == 1:
            return [folder / name]
        taken: list[Path] = []
        for info in self._stacks:
            taken.append(free_path(folder / self._name_of(info, name), taken))
        return taken

    def can_export(self) -> bool:
        """Whether the button is enabled."""
        return self._export.isEnabled()

    @property
    def _stacks(self) -> Sequence[StackInfo]:
        return self._choices[self.stack_box.currentIndex()][1]

    @property
    def _exporter(self) -> ExporterSpec:
        return EXPORTERS[self.format_box.currentData()]

    def _name_of(self, info: StackInfo, template: str) -> str:
        source, extension = Path(info.path), self._exporter.extension
        return result_name(source, EXPORT_WORD, "", extension, template, scene_word(info))

    def _on_stacks(self) -> None:
        first = self._stacks[0]
        shown = self._shown.get((first.path, first.scene)) if len(self._stacks) == 1 else None
        self.conversion.propose_limits(self._stacks, shown)
        self._propose()

    def _propose(self) -> None:
        """A name beside the stack that is not taken yet; for several how they are called."""
        first = self._stacks[0]
        self.conversion.offer(self._stacks, self._exporter)
        if not self.folder.folder:
            self.folder.set_folder(str(Path(first.path).parent))
        is_one = len(self._stacks) == 1
        self._name_label.setText("File name" if is_one else "File names")
        self.name_edit.setToolTip("" if is_one else f"Of {', '.join(NAME_FIELDS)} in braces.")
        name = self._template
        if is_one:
            name = free_path(Path(self.folder.folder) / self._name_of(first, name)).name
        self.name_edit.setText(name)
        self._check()

    def _check(self) -> None:
        is_one = len(self._stacks) == 1
        problem = self.conversion.problem() or self._problem_of_place()
        self.replace_box.setVisible(not problem and is_one and is_there(self.destinations[0]))
        if is_one:
            problem = problem or self._problem_of_file()
        self._verdict.setText(problem or self._what_is_written())
        self._export.setEnabled(not problem)

    def _problem_of_place(self) -> str:
        """Why nothing can be called so, or lie there."""
        name, folder = self.name_edit.text().strip(), self.folder.folder
        if not name:
            return "Type a file name."
        if not folder or not is_folder(Path(folder)):
            return f"There is no folder {folder}."
        return name_problem(name) if len(self._stacks) == 1 else template_problem(name)

    def _problem_of_file(self) -> str:
        """Why the one file cannot be written."""
        destination = self.destinations[0]
        if destination == Path(self._stacks[0].path):
            return "This is the stack itself; originals are never replaced. Type another name."
        if not destination.name.lower().endswith(self._exporter.endings):
            return f"Let the name end in {self._exporter.extension}."
        if is_there(destination) and not self.replace_box.isChecked():
            return f"{destination.name} exists. Type another name, or tick the box above."
        return ""

    def _what_is_written(self) -> str:
        """The first names of several; nothing of one, whose name is above."""
        if len(self._stacks) == 1:
            return ""
        names = [path.name for path in self.destinations]
        more = f" and {len(names) - 2} more" if len(names) > 2 else ""
        alike = makes_one_name(self.name_edit.text().strip())
        advice = " Put {name} in, and each tells what it was made from." if alike else ""
        return f"Writes {', '.join(names[:2])}{more}.{advice}"

    def _accept(self) -> None:
        limits = self.conversion.limits()
        for info, destination in zip(self._stacks, self.destinations, strict=True):
            self.export_requested.emit(
                ExportRequest(
                    source=info.path,
                    scene=info.scene,
                    voxel_size=info.calibration.typed,
                    axes=info.axes,
                    destination=str(destination),
                    format=self._exporter.name,
                    dtype=self.conversion.dtype,
                    limits=limits,
                    overwrite=self.replace_box.isVisible() and self.replace_box.isChecked(),
                )
            )
        self.accept()
