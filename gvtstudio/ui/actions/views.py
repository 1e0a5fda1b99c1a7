"""Commands of the View menu."""

from typing import TYPE_CHECKING

from gvtstudio.ui.pages.compare_page import ComparePage

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow


def show_page(window: "MainWindow", name: str) -> None:
    """Go to a page."""
    window.show_page(name)


def on_viewer(window: "MainWindow", method: str) -> None:
    """Call a method of the views on screen; nothing happens where there are none."""
    viewer = window.viewer()
    if viewer is not None:
        getattr(viewer, method)()


def arrange(window: "MainWindow", name: str) -> None:
    """Show three planes of every stack, or one of them large."""
    window.workbench.settings.change(recent_arrangement=name)


def measure(window: "MainWindow", what: str) -> None:
    """Measure something in the views of the page Compare."""
    page = window.show_page("compare")
    if not isinstance(page, ComparePage) or page.viewer() is None:
        window.tell_no_stack()
        return
    page.measuring.start(what)


def link_contrast(window: "MainWindow", *, is_on: bool) -> None:
    """Show all columns with the same contrast limits, or each with its own."""
    for viewer in window.viewers():
        viewer.toggle_linked_contrast(is_on)


def set_lut(window: "MainWindow", name: str) -> None:
    """Show images in other colours, also those opened later."""
    window.workbench.settings.change(lut=name)


def set_theme(window: "MainWindow", name: str) -> None:
    """Change the colours of the window."""
    window.workbench.settings.change(theme=name)
