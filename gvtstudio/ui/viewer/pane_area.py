"""The three panes of a volume: XY, XZ below, YZ to the right, in their true proportions."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gvtstudio.imaging.panel.geometry import Triple
from gvtstudio.imaging.panel.plane_axes import PLANES
from gvtstudio.ui.viewer.pane import PlanePane

if TYPE_CHECKING:
    from gvtstudio.imaging.panel.plane_axes import PlaneName

GAP_PX = 3
THINNEST_STRIP_PX = 48
WIDEST_STRIP_PART = 0.5
FIT_PART = 0.98


class PaneArea(QWidget):
    """Places the panes so that the whole volume fits at one scale in all of them.

    Args:
        volume_title: For screen readers.
        extent: Lengths of the space along z, y, x.
        has_depth: Without depth there is only XY.
        parent: Qt owner.
    """

    rearranged = Signal(str)  # title of the volume: panes have another size

    def __init__(
        self, volume_title: str, extent: Triple, parent: QWidget, *, has_depth: bool
    ) -> None:
        super().__init__(parent)
        self._title = volume_title
        self._extent = extent
        self._has_depth = has_depth
        self.panes: dict[PlaneName, PlanePane] = {
            plane: PlanePane(plane, volume_title, self) for plane in PLANES
        }
        for plane in ("XZ", "YZ"):
            self.panes[plane].setVisible(has_depth)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(90, 90)

    def fit_scale(self) -> float:
        """Pixels per unit at which the whole space is seen in all panes."""
        z, y, x = self._extent
        size = self.panes["XY"].size()
        fits = [size.width() / x, size.height() / y]
        if self._has_depth:
            fits += [self.panes["YZ"].width() / z, self.panes["XZ"].height() / z]
        return max(1e-6, min(fits) * FIT_PART)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the panes anew; no layout, because their sizes depend on one another."""
        super().resizeEvent(event)
        width, height = self.width(), self.height()
        if not self._has_depth:
            self.panes["XY"].setGeometry(self.rect())
        else:
            right, below = self._strips(width - GAP_PX, height - GAP_PX)
            left, top = max(1, width - GAP_PX - right), max(1, height - GAP_PX - below)
            self.panes["XY"].setGeometry(QRect(0, 0, left, top))
            self.panes["YZ"].setGeometry(QRect(left + GAP_PX, 0, right, top))
            self.panes["XZ"].setGeometry(QRect(0, top + GAP_PX, left, below))
        self.rearranged.emit(self._title)

    def _strips(self, width: int, height: int) -> tuple[int, int]:
        """Width of YZ and height of XZ: what Z needs at the scale at which everything fits."""
        z, y, x = self._extent
        needed = max(THINNEST_STRIP_PX, round(z * min(width / (x + z), height / (y + z))))
        return (
            max(1, min(needed, int(width * WIDEST_STRIP_PART))),
            max(1, min(needed, int(height * WIDEST_STRIP_PART))),
        )
