"""The command that turns volumes."""

from typing import TYPE_CHECKING

from gvtstudio.ui.viewer.volume_window import VolumeWindow

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow


def turn_volume(window: "MainWindow") -> None:
    """Show the volumes of the views in a window of their own, to be turned."""
    viewer = window.viewer()
    if viewer is None or not viewer.volumes:
        window.tell_no_stack()
        return
    VolumeWindow(viewer, window.workbench, window).show()
