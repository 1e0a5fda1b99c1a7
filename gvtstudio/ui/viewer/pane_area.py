"""The panes of a volume in true proportions: XY, XZ below, YZ to the right, or one of them."""

from typing import Final, Literal

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gvtstudio.imaging.panel.geometry import Triple
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName
from gvtstudio.ui.viewer.pane import PlanePane

Arrangement = Literal["three", "XY", "XZ", "YZ"]
THREE_PLANES: Final = "three"
ARRANGEMENTS: tuple[Arrangement, ...] = (THREE_PLANES, *PLANES)

GAP_PX = 3
THINNEST_STRIP_PX = 48
WIDEST_STRIP_PART = 0.5
FIT_PART = 0.98


class PaneArea(QWidget):
    """Places the panes so that the whole volume fits at one scale in all of them.

    Args:
        volume_title: For screen readers.
        extent: Lengths of the space along z, y, x.
        has_depth: Without depth there is only XY, whatever is asked for.
        parent: Qt owner.
    """

    rearranged = Signal(str)  # title of the volume: panes have another size

    def __init__(
        self, volume_title: str, extent: Triple, parent: QWidget, *, has_depth: bool
    ) -> None:
        super().__init__(parent)
        self._title = volume_title
        self._extent = extent
        self.has_depth = has_depth
        self.panes: dict[PlaneName, PlanePane] = {
            plane: PlanePane(plane, volume_title, self) for plane in PLANES
        }
        self._arrangement: Arrangement = THREE_PLANES
        self.set_arrangement(THREE_PLANES)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(90, 90)

    @property
    def shown(self) -> tuple[PlaneName, ...]:
        """The planes that are shown."""
        if self._arrangement == THREE_PLANES:
            return tuple(PLANES) if self.has_depth else ("XY",)
        return (self._arrangement if self.has_depth else "XY",)

    def set_arrangement(self, arrangement: Arrangement) -> None:
        """Show three planes, or a single one over the whole area."""
        self._arrangement = arrangement
        for plane, pane in self.panes.items():
            pane.setVisible(plane in self.shown)
        self._place()

    def fit_scale(self) -> float:
        """Pixels per unit at which the whole space is seen in all panes."""
        fits = []
        for plane in self.shown:
            size, axes = self.panes[plane].size(), PLANES[plane]
            fits += [
                size.width() / self._extent[axes.right],
                size.height() / self._extent[axes.down],
            ]
        return max(1e-6, min(fits) * FIT_PART)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the panes anew; no layout, because their sizes depend on one another."""
        super().resizeEvent(event)
        self._place()
        self.rearranged.emit(self._title)

    def _place(self) -> None:
        width, height = self.width(), self.height()
        if len(self.shown) == 1:
            self.panes[self.shown[0]].setGeometry(self.rect())
        else:
            right, below = self._strips(width - GAP_PX, height - GAP_PX)
            left, top = max(1, width - GAP_PX - right), max(1, height - GAP_PX - below)
            self.panes["XY"].setGeometry(QRect(0, 0, left, top))
            self.panes["YZ"].setGeometry(QRect(left + GAP_PX, 0, right, top))
            self.panes["XZ"].setGeometry(QRect(0, top + GAP_PX, left, below))

    def _strips(self, width: int, height: int) -> tuple[int, int]:
        """Width of YZ and height of XZ: what Z needs at the scale at which everything fits."""
        z, y, x = self._extent
        needed = max(THINNEST_STRIP_PX, round(z * min(width / (x + z), height / (y + z))))
        return (
            max(1, min(needed, int(width * WIDEST_STRIP_PART))),
            max(1, min(needed, int(height * WIDEST_STRIP_PART))),
        )


def scale_in(size: QSize, extent: Triple, arrangement: Arrangement) -> float:
    """Pixels per unit at which the whole space is seen in an area of this size."""
    z, y, x = extent
    if arrangement == THREE_PLANES:
        return min(size.width() / (x + z), size.height() / (y + z))
    axes = PLANES[arrangement]
    return min(size.width() / extent[axes.right], size.height() / extent[axes.down])


def arrangement_named(name: str) -> Arrangement:
    """One of ``ARRANGEMENTS``; any other name, as of a newer program, stands for the first.

    Example:
        >>> arrangement_named("XZ"), arrangement_named("spiral")
        ('XZ', 'three')
    """
    return next((known for known in ARRANGEMENTS if known == name), ARRANGEMENTS[0])
