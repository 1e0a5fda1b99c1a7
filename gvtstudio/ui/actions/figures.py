"""Commands that make pictures."""

from typing import TYPE_CHECKING

from gvtstudio.ui.dialogs.figure_dialog import FigureDialog

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow


def save_figure(window: "MainWindow") -> None:
    """Ask how what the views show is to be drawn, and where to."""
    viewer = window.viewer()
    if viewer is None:
        window.tell_no_stack()
        return
    FigureDialog(viewer.figure_request(), window.workbench, window).open()
