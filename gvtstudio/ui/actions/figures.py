"""Commands that make pictures."""

from typing import TYPE_CHECKING

from gvtstudio.ui.dialogs.figure_dialog import FigureDialog
from gvtstudio.ui.dialogs.movie_dialog import MovieDialog

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow


def save_figure(window: "MainWindow") -> None:
    """Ask how what the views show is to be drawn, and where to."""
    viewer = window.viewer()
    if viewer is None:
        window.tell_no_stack()
        return
    FigureDialog(viewer.figure_request(), window.workbench, window).open()


def save_movie(window: "MainWindow") -> None:
    """Ask which way a movie through what the views show is to go, and where to."""
    viewer = window.viewer()
    if viewer is None or not viewer.volumes:
        window.tell_no_stack()
        return
    info = viewer.volumes[0].info
    if info.shape[0] == 1 and info.shape[1] == 1:
        window.workbench.notifications.notify(
            f"{info.name} has one slice and one time point: there is nothing to go through.",
            "Save a figure instead.",
        )
        return
    MovieDialog(viewer.figure_request(), info, window.workbench, window).open()
