"""What every page offers the window."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.viewer.compare_view import CompareView


class Page(QWidget):
    """A page of the window.

    Args:
        workbench: The services of the window.
        parent: Qt parent.
    """

    action_requested = Signal(str)
    """Name of a row of ``ACTIONS`` to do, for a button that stands for a menu entry."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench

    def viewer(self) -> CompareView | None:
        """The page's views, when it has some and they show something."""
        return None
