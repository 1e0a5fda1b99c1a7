"""The line under the images: where, and what intensities are there."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gvtstudio.ui.viewer.folding_row import FoldingRow, copyable_line

GAP = "     "


class ReadOut(FoldingRow):
    """Position and intensities side by side, or one below the other.

    Args:
        parent: Qt owner.
    """

    changed = Signal(str)  # the whole line

    def __init__(self, parent: QWidget | None = None) -> None:
        self._where, self._intensities = copyable_line("Position"), copyable_line("Intensities")
        super().__init__(((self._where, 0), (self._intensities, 1)), parent)

    @property
    def text(self) -> str:
        """The whole line."""
        return GAP.join((self._where.text(), self._intensities.text()))

    def tell(self, where: str, intensities: str) -> None:
        """Show what is somewhere."""
        if GAP.join((where, intensities)) != self.text:
            self._where.setText(where)
            self._intensities.setText(intensities)
            self.changed.emit(self.text)
