"""Commands of the Restore menu: they press the buttons of the Restore page."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow
    from gvtstudio.ui.pages.restore_page import RestorePage


def _restore_page(window: "MainWindow") -> "RestorePage":
    return cast("RestorePage", window.show_page("restore"))


def preview(window: "MainWindow") -> None:
    """Restore what is on screen."""
    _restore_page(window).preview()


def restore(window: "MainWindow") -> None:
    """Restore the current stack."""
    _restore_page(window).restore()


def restore_all(window: "MainWindow") -> None:
    """Queue every open stack."""
    _restore_page(window).restore_all()


def copy_command(window: "MainWindow") -> None:
    """Copy the restoration as a command line."""
    _restore_page(window).copy_command()
