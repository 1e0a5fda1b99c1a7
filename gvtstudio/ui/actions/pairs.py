"""Commands that set two stacks on screen against each other."""

from typing import TYPE_CHECKING

from gvtstudio.imaging.maps import MAPS

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow


def show_map(window: "MainWindow", name: str) -> None:
    """Show a map of the two stacks chosen below the images, or none."""
    viewer = window.viewer()
    if viewer is not None:
        viewer.pair.show_map(next((kind for kind in MAPS if kind == name), None))


def toggle_flicker(window: "MainWindow") -> None:
    """Show the second stack in place of the first, or the first again."""
    viewer = window.viewer()
    if viewer is not None:
        viewer.pair.bar.flicker_button.toggle()


def toggle_curtain(window: "MainWindow") -> None:
    """Draw the line between the two stacks, or take it away."""
    viewer = window.viewer()
    if viewer is not None:
        viewer.pair.bar.curtain_button.toggle()


def move_curtain(window: "MainWindow", steps: str) -> None:
    """Move the line of the curtain to the right, or to the left."""
    viewer = window.viewer()
    if viewer is not None:
        viewer.pair.curtain.move(int(steps))
