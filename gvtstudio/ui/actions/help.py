"""Commands of the Help menu."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from gvtstudio import __version__
from gvtstudio.ui.actions import ACTIONS
from gvtstudio.ui.dialogs.table_dialog import TableDialog
from gvtstudio.ui.texts import APPLICATION

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow

MOUSE_GESTURES = (
    ("Click or drag in a view", "Move the crosshair in all views"),
    ("Wheel", "Go through the slices"),
    ("Ctrl + wheel", "Zoom"),
    ("Middle button or Space + drag", "Move the image"),
    ("Double-click", "Fit to view"),
    ("Drop files or a folder", "Open them"),
)


def show_shortcuts(window: "MainWindow") -> None:
    """List every command and its keys."""
    native = QKeySequence.SequenceFormat.NativeText
    rows = [
        (row.menu.replace("/", ": "), row.text.rstrip("…"),
         QKeySequence(row.shortcut).toString(native), row.help)
        for row in ACTIONS
    ]  # fmt: skip
    rows += [("Mouse", what, gesture, "") for gesture, what in MOUSE_GESTURES]
    headings = ("Menu", "Command", "Keys", "What it does")
    TableDialog("Keyboard shortcuts", headings, rows, window).open()


def show_about(window: "MainWindow") -> None:
    """Show version, licence and sources."""
    rows = (
        ("Program", f"{APPLICATION} {__version__}"),
        ("Licence", "BSD-3-Clause"),
        ("Method", "Wang, Xie & Ji: Global voxel transformer networks for augmented microscopy, "
                   "Nature Machine Intelligence 3 (2021)"),
        ("What it is not", "A restored image is an estimate. It does not replace the measurement: "
                           "keep the original, and check what matters against it."),
    )  # fmt: skip
    TableDialog(f"About {APPLICATION}", ("", ""), rows, window).open()
