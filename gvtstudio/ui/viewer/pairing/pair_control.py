"""Two of the volumes of a view against each other: which, and how."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from gvtstudio.imaging.maps import MapKind
from gvtstudio.imaging.panel.comparison import Probe
from gvtstudio.ui.viewer.column_grid import ColumnGrid
from gvtstudio.ui.viewer.pairing.curtain import Curtain
from gvtstudio.ui.viewer.pairing.flicker import Flicker
from gvtstudio.ui.viewer.pairing.map_view import MapView
from gvtstudio.ui.viewer.pairing.pair_bar import PairBar
from gvtstudio.ui.viewer.plane_feed import PanePlace

if TYPE_CHECKING:
    from gvtstudio.ui.viewer.compare_view import CompareView


class PairControl(QObject):
    """Keeps the row of controls, the map, the flicker and the curtain in step with a view.

    Args:
        view: Whose columns they are.
        grid: Where they stand.
        is_waiting: Whether the plane of a pane is still being read.
    """

    def __init__(
        self, view: "CompareView", grid: ColumnGrid, is_waiting: Callable[[PanePlace], bool]
    ) -> None:
        super().__init__(view)
        self._view = view
        self._grid = grid
        self.bar = PairBar()
        self.bar.hide()
        self.map = MapView(grid, is_waiting, self)
        self.curtain = Curtain(grid, self)
        self.flicker = Flicker(grid, view, self)
        grid.add_overlay(self.curtain)
        grid.add_overlay(self.flicker)
        self._connect_signals()

    def _connect_signals(self) -> None:
        self._view.columns_changed.connect(self._on_columns_changed)
        self._view.view_changed.connect(self._on_view_changed)
        self.bar.changed.connect(self._apply)
        self.flicker.changed.connect(self._show_titles)

    def show_map(self, kind: MapKind | None) -> None:
        """Show a map, or none."""
        self.bar.choose_map(kind)

    def describe(self, probe: Probe) -> list[str]:
        """The map's number for the read-out; empty without a map."""
        return self.map.describe(probe)

    @Slot()
    def _on_columns_changed(self) -> None:
        self.bar.set_volumes(self._view.volumes)
        self._apply()

    @Slot()
    def _on_view_changed(self) -> None:
        self.map.follow(self._view.comparison)
        if self.flicker.is_on or self.curtain.is_on:
            self._repaint()

    @Slot()
    def _apply(self) -> None:
        choice = self.bar.choice
        is_pair = 0 <= choice.first != choice.second >= 0
        self.curtain.show(choice, is_on=is_pair and self.bar.curtain_button.isChecked())
        self.flicker.show(choice, is_on=is_pair and self.bar.flicker_button.isChecked())
        self.map.choose(choice)
        self.map.follow(self._view.comparison)
        self._show_titles()

    @Slot()
    def _show_titles(self) -> None:
        """Every title says what is on screen."""
        choice, columns = self.bar.choice, self._grid.columns
        for index, column in enumerate(columns):
            text = ""
            if index == choice.first and self.flicker.is_on:
                second = columns[choice.second].volume.title
                text = f"{second}  ·  in place of {column.volume.title}"
            elif index == choice.first and self.curtain.is_on:
                text = f"{column.volume.title}  |  {columns[choice.second].volume.title}"
            column.show_title(text)
        self._repaint()

    def _repaint(self) -> None:
        for _, _, pane in self._grid.panes():
            pane.repaint_soon()
