"""Commands that make pictures."""

from typing import TYPE_CHECKING

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.figure import FigureRequest
from gvtstudio.ui.dialogs.figure_dialog import FigureDialog
from gvtstudio.ui.dialogs.movie_dialog import MovieDialog

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow
    from gvtstudio.ui.viewer.compare_view import CompareView


def save_figure(window: "MainWindow") -> None:
    """Ask how what the views show is to be drawn, and where to."""
    viewer = window.viewer()
    if viewer is None:
        window.tell_no_stack()
        return
    figure = _figure_on_screen(window, viewer)
    if figure is not None:
        FigureDialog(figure, window.workbench, window).open()


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
    figure = _figure_on_screen(window, viewer)
    if figure is not None:
        MovieDialog(figure, info, window.workbench, window).open()


def _figure_on_screen(window: "MainWindow", viewer: "CompareView") -> FigureRequest | None:
    """What the views show; where no figure can show it, the user is told."""
    try:
        return viewer.figure_request()
    except UsageError as error:
        window.workbench.notifications.report(error)
        return None
