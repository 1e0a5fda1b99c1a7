"""The columns of a view, placed so that each is as large as can be."""

from collections.abc import Callable, Iterator
from math import ceil

import numpy as np
from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from gvtstudio.imaging.panel.comparison import Comparison
from gvtstudio.imaging.panel.geometry import ViewerVolume, VolumeGeometry
from gvtstudio.imaging.panel.plane_axes import PlaneName
from gvtstudio.ui.viewer.camera import Camera
from gvtstudio.ui.viewer.pane import PlanePane
from gvtstudio.ui.viewer.pane_area import THREE_PLANES, Arrangement, scale_in
from gvtstudio.ui.viewer.tools import Overlay
from gvtstudio.ui.viewer.volume_column import VolumeColumn

GAP_PX = 8
TITLE_PX = 22
MOST_IN_A_ROW_OF_THREE_PLANES = 3
# A few columns that could stand side by side are only wrapped for clearly larger images.
CLEARLY_LARGER = 1.2


class ColumnGrid(QWidget):
    """Makes a column for each volume and wraps them into rows.

    Args:
        parent: Qt owner.
    """

    gestured = Signal(object)  # Gesture, from any pane
    enlarge_asked = Signal(str)  # PlaneName: one plane large, or all of them again
    tool_used = Signal(object)  # ToolGesture, from any pane while a tool is active
    rearranged = Signal()  # panes have another size

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns: list[VolumeColumn] = []
        self.map_column: VolumeColumn | None = None
        self._arrangement: Arrangement = THREE_PLANES
        self._extent = (1.0, 1.0, 1.0)
        self._overlays: list[Overlay] = []
        self._is_tool_active = False
        self._per_row = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP_PX)

    @property
    def arrangement(self) -> Arrangement:
        """Which planes every column shows."""
        return self._arrangement

    @property
    def per_row(self) -> int:
        """How many columns stand side by side."""
        return self._per_row

    def rebuild(self, comparison: Comparison) -> None:
        """Columns for other volumes."""
        # Emptied first: hiding a pane under the mouse tells that the mouse has left it.
        old, self.columns = self.every, []
        self.map_column = None
        for column in old:
            self._discard(column)
        self._per_row = 0
        if not comparison.volumes:
            return
        self._extent = comparison.reference.extent
        pairs = zip(comparison.volumes, comparison.geometries, strict=True)
        for index, (volume, geometry) in enumerate(pairs):
            self.columns.append(self._make(index, volume, geometry))
        self._hand_out()
        self._place()

    @property
    def every(self) -> list[VolumeColumn]:
        """The columns of the volumes, and at the end that of a map where there is one."""
        return self.columns if self.map_column is None else [*self.columns, self.map_column]

    def show_map(self, image: VolumeColumn | None, title: str = "") -> None:
        """Add a column for a map in place of any other, or take it away.

        Args:
            image: The column whose voxels the map has; ``None`` for no map.
            title: For screen readers and the read-out.
        """
        if self.map_column is not None:
            self._discard(self.map_column)
            self.map_column = None
        if image is not None:
            volume = ViewerVolume(title, image.volume.info)
            index = self.columns.index(image)
            self.map_column = self._make(index, volume, image.geometry_of_volume)
            self._hand_out()
        self._place()

    def _make(self, index: int, volume: ViewerVolume, geometry: VolumeGeometry) -> VolumeColumn:
        column = VolumeColumn(index, volume, geometry, self._extent, self)
        column.gestured.connect(self.gestured)
        column.enlarge_asked.connect(self.enlarge_asked)
        column.tool_used.connect(self.tool_used)
        column.rearranged.connect(self.rearranged)
        column.set_arrangement(self._arrangement)
        return column

    def _discard(self, column: VolumeColumn) -> None:
        self._grid.removeWidget(column)
        column.hide()
        column.deleteLater()

    def panes(self) -> Iterator[tuple[int, PlaneName, PlanePane]]:
        """Every pane with the index of its volume and its plane."""
        for index, column in enumerate(self.columns):
            for plane, pane in column.panes.items():
                yield index, plane, pane

    def large_planes(self) -> list[np.ndarray | None]:
        """The voxels of the large plane of every column, as far as they are on screen."""
        return [column.panes[column.shown_planes[0]].values for column in self.columns]

    def set_arrangement(self, arrangement: Arrangement) -> None:
        """Show three planes of every volume, or a single large one."""
        self._arrangement = arrangement
        for column in self.every:
            column.set_arrangement(arrangement)
        self._place()

    def add_overlay(self, overlay: Overlay) -> None:
        """Have something painted over all panes, these and later ones."""
        self._overlays.append(overlay)
        self._hand_out()

    def remove_overlay(self, overlay: Overlay) -> None:
        """Paint it no longer; nothing happens where it is not painted."""
        self._overlays = [kept for kept in self._overlays if kept is not overlay]
        self._hand_out()

    def set_tool_active(self, is_active: bool) -> None:
        """Whether the left mouse button belongs to a tool."""
        self._is_tool_active = is_active
        self._hand_out()

    def fit_scale(self) -> float:
        """Pixels per unit at which the whole space is seen in all panes."""
        return min((column.fit_scale() for column in self.every), default=1.0)

    def show_camera(self, camera: Camera, pixels_per_um: float | None) -> None:
        """Turn all panes to the part of the space the camera looks at."""
        for column in self.every:
            column.show_camera(camera, pixels_per_um)

    def for_panes(self, work: Callable[[PlanePane], None]) -> None:
        """Do something with every pane."""
        for _, _, pane in self.panes():
            work(pane)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or fewer columns may stand side by side now."""
        super().resizeEvent(event)
        if self._best_per_row() != self._per_row:
            self._place()

    def _hand_out(self) -> None:
        for column in self.every:
            for pane in column.panes.values():
                pane.set_overlays(tuple(self._overlays))
                pane.set_tool_active(self._is_tool_active)

    def _place(self) -> None:
        """Put every column into its cell; no stretch is left in rows no longer used."""
        self._per_row = self._best_per_row()
        for column in self.every:
            self._grid.removeWidget(column)
        for index in range(max(self._grid.columnCount(), self._grid.rowCount())):
            self._grid.setColumnStretch(index, 0)
            self._grid.setRowStretch(index, 0)
        for index, column in enumerate(self.every):
            row, place = divmod(index, self._per_row)
            self._grid.addWidget(column, row, place)
            self._grid.setRowStretch(row, 1)
            self._grid.setColumnStretch(place, 1)
        self._grid.activate()
        self.rearranged.emit()

    def _best_per_row(self) -> int:
        """How many side by side make the images largest; few keep to one row unless that gains."""
        count = len(self.every)
        if count <= 1:
            return count
        is_three = self._arrangement == THREE_PLANES
        if is_three and count <= MOST_IN_A_ROW_OF_THREE_PLANES:
            return count
        # Rows as even as can be: three and three rather than four and two.
        choices = {ceil(count / rows) for rows in range(1, count + 1)}
        scales = {n: self._scale_with(n) for n in choices}
        best = max(scales, key=lambda n: (scales[n], n))
        is_few = count <= MOST_IN_A_ROW_OF_THREE_PLANES
        gain = scales[best] / scales[count]
        return count if is_few and gain <= CLEARLY_LARGER else best

    def _scale_with(self, per_row: int) -> float:
        """Pixels per unit with so many columns side by side."""
        rows = ceil(len(self.every) / per_row)
        width = (self.width() - GAP_PX * (per_row - 1)) // per_row
        height = (self.height() - GAP_PX * (rows - 1)) // rows - TITLE_PX
        return scale_in(QSize(width, height), self._extent, self._arrangement)
