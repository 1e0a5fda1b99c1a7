"""Typing, choosing or dropping a folder."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from gvtstudio.services.patience import is_folder
from gvtstudio.ui.dialogs.questions import ask_folder


class FolderEdit(QWidget):
    """A line for a path, and a button that lets choose one.

    Args:
        name: What the folder is for, for the chooser and for screen readers.
        parent: Qt parent.
    """

    folder_changed = Signal()
    """Another folder is named."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = QLineEdit(self)
        self.edit.setAccessibleName(name)
        self.edit.setClearButtonEnabled(True)
        # Its own drop would write a web address into the line.
        self.edit.setAcceptDrops(False)
        self.setAcceptDrops(True)
        browse = QPushButton("Choose…", self)
        browse.setAccessibleName(f"Choose: {name}")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.edit, 1)
        row.addWidget(browse)
        self.setFocusProxy(self.edit)
        self.edit.textChanged.connect(self.folder_changed)
        browse.clicked.connect(lambda: ask_folder(self, name, self.set_folder))

    @property
    def folder(self) -> str:
        """The path as an absolute one; empty where nothing is named."""
        typed = self.edit.text().strip()
        return str(Path(typed).expanduser().absolute()) if typed else ""

    def set_folder(self, folder: str) -> None:
        """Name a folder."""
        self.edit.setText(folder)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one folder; more of them are for the page around."""
        if len(event.mimeData().urls()) == 1 and dropped_folders(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Name the dropped folder."""
        event.acceptProposedAction()
        self.set_folder(dropped_folders(event)[0])


def dropped_paths(event: QDropEvent) -> list[str]:
    """Files and folders of this computer that are being dropped."""
    return [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]


def dropped_folders(event: QDropEvent) -> list[str]:
    """Only the folders."""
    return [path for path in dropped_paths(event) if is_folder(Path(path))]
