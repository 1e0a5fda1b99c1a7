"""Questions and file choosers that do not block the window."""

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QMessageBox, QWidget

from gvtstudio.io.formats.ome_zarr_recognition import MARKERS
from gvtstudio.services.folder_images import image_extensions
from gvtstudio.ui.texts import APPLICATION


def ask(
    parent: QWidget, question: str, explanation: str, answers: Mapping[str, Callable[[], None]]
) -> QMessageBox:
    """Ask with one button per answer; Enter and Escape take the last, which changes nothing.

    Args:
        parent: Window the question belongs to.
        question: One sentence.
        explanation: What the answers do.
        answers: Text of the button → what it does.

    Returns:
        The open dialog.
    """
    box = QMessageBox(QMessageBox.Icon.Question, APPLICATION, question, parent=parent)
    box.setInformativeText(explanation)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    actions: dict[QAbstractButton, Callable[[], None]] = {}
    button = None
    for text, action in answers.items():
        button = box.addButton(text, QMessageBox.ButtonRole.ActionRole)
        actions[button] = action
    if button is not None:
        box.setDefaultButton(button)
        box.setEscapeButton(button)
    box.buttonClicked.connect(lambda clicked: actions[clicked]())
    box.open()
    return box


def image_filter() -> str:
    """What a chooser of stacks shows: every extension of every reader.

    It cannot choose folders, so it also shows the files that stand for one that is a stack.
    """
    extensions = ("*" + extension for extension in image_extensions())
    return f"Images ({' '.join((*extensions, *MARKERS))})"


def ask_open_files(
    parent: QWidget, title: str, name_filter: str, on_chosen: Callable[[list[str]], None]
) -> None:
    """Let the user choose existing files."""
    dialog = _chooser(parent, title, QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilters([name_filter, "All files (*)"])
    dialog.filesSelected.connect(on_chosen)
    dialog.open()


def ask_folder(parent: QWidget, title: str, on_chosen: Callable[[str], None]) -> None:
    """Let the user choose or make a folder."""
    dialog = _chooser(parent, title, QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(on_chosen)
    dialog.open()


def ask_save_file(
    parent: QWidget,
    title: str,
    proposed: Path,
    on_chosen: Callable[[str], None],
    formats: Mapping[str, str] | None = None,
) -> None:
    """Let the user name a file to write; the dialog asks before it replaces one.

    Args:
        parent: Window the question belongs to.
        title: Of the dialog.
        proposed: File that is proposed.
        on_chosen: Gets the path.
        formats: Extension → words, where there is a choice.
    """
    dialog = _chooser(parent, title, QFileDialog.FileMode.AnyFile)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(proposed.suffix.lstrip("."))
    filters = {f"{words} (*{ending})": ending for ending, words in (formats or {}).items()}
    if filters:
        dialog.setNameFilters(list(filters))
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix(filters[chosen].lstrip("."))
        )
    dialog.setDirectory(str(proposed.parent))
    dialog.selectFile(proposed.name)
    dialog.fileSelected.connect(on_chosen)
    dialog.open()


def _chooser(parent: QWidget, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(mode)
    return dialog
