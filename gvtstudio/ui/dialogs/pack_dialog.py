"""Asking where to pack a project, and whether into a folder or one zip file."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QRadioButton,
    QWidget,
)

from gvtstudio.domain.quantities import size_words
from gvtstudio.io.project_pack import ZIP_SUFFIX
from gvtstudio.io.project_search import missing_links
from gvtstudio.services.open_project import OpenProject
from gvtstudio.services.patience import is_there
from gvtstudio.ui.widgets.folder_edit import FolderEdit
from gvtstudio.ui.widgets.labels import styled_label

_WIDTH = 620


class PackDialog(QDialog):
    """Says what is copied, and asks where to.

    Args:
        opened: The project.
        parent: Qt parent.
    """

    pack_requested = Signal(str)
    """The folder or zip file to make."""

    def __init__(self, opened: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Pack for a colleague")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._opened = opened
        self.folder_edit = FolderEdit("Folder for the pack", self)
        self.folder_edit.set_folder(str(opened.folder.parent))
        self.zip_button = QRadioButton("One zip file", self)
        self.folder_button = QRadioButton("A folder", self)
        self.zip_button.setChecked(True)
        self.target_label = styled_label("", "quiet", self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.pack_button = self._buttons.addButton("Pack", QDialogButtonBox.ButtonRole.AcceptRole)
        self._build()
        self.folder_edit.folder_changed.connect(self._show_target)
        self.zip_button.toggled.connect(self._show_target)
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)
        self._show_target()

    def _build(self) -> None:
        grid = QGridLayout(self)
        explanation = styled_label("", "quiet", self)
        # only a text that is set later lets Qt ask for the height at the width there is
        explanation.setText(_explanation(self._opened))
        grid.addWidget(explanation, 0, 0, 1, 2)
        grid.addWidget(QLabel("Into", self), 1, 0)
        grid.addWidget(self.folder_edit, 1, 1)
        grid.addWidget(QLabel("As", self), 2, 0)
        grid.addWidget(self.zip_button, 2, 1)
        grid.addWidget(self.folder_button, 3, 1)
        grid.addWidget(self.target_label, 4, 1)
        grid.addWidget(self._buttons, 5, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        self.setMinimumWidth(_WIDTH)
        self.resize(_WIDTH, grid.totalHeightForWidth(_WIDTH))

    def target(self) -> Path | None:
        """What would be made; ``None`` without a folder."""
        folder, name = self.folder_edit.folder, f"{self._opened.path.stem} packed"
        if not folder:
            return None
        return Path(folder) / (name + ZIP_SUFFIX * self.zip_button.isChecked())

    def _show_target(self) -> None:
        target = self.target()
        is_taken = target is not None and is_there(target)
        problem = "It exists already; choose another folder." if is_taken else ""
        self.target_label.setText("" if target is None else f"{target}  {problem}")
        self.pack_button.setEnabled(target is not None and not is_taken)

    def _accept(self) -> None:
        target = self.target()
        if target is not None:
            self.pack_requested.emit(str(target))
            self.accept()


def _explanation(opened: OpenProject) -> str:
    project = opened.project
    files = [stack.file for stack in project.stacks] + [made.file for made in project.results]
    sizes = {link.absolute: link.size for link in files if link.absolute not in opened.missing}
    lost = len(missing_links(project, opened.missing))
    words = (
        f"{len(sizes)} stacks and results ({size_words(sum(sizes.values()))}) are copied, with "
        "their notes and the models of your own that made them. The originals stay as they are; "
        "your colleague opens the project file in the pack."
    )
    return words + (f" {lost} missing files cannot be in it." if lost else "")
