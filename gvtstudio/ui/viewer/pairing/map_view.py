"""The column that shows where two volumes differ."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QRectF, Signal, Slot

from gvtstudio.imaging.luts import Colouring
from gvtstudio.imaging.maps import MAPS, RAW, MapRequest, MapResult, PlacedPlane
from gvtstudio.imaging.panel.comparison import Comparison, Probe
from gvtstudio.imaging.panel.plane_axes import PlaneName
from gvtstudio.services.map_maker import MapMaker
from gvtstudio.ui.viewer.column_grid import ColumnGrid
from gvtstudio.ui.viewer.pairing.pair_bar import PairChoice
from gvtstudio.ui.viewer.plane_feed import PanePlace
from gvtstudio.ui.viewer.viewer_colours import NO_MAP_HERE
from gvtstudio.ui.viewer.volume_column import VolumeColumn

SIMILARITY_LUT, ERROR_LUT = "viridis", "inferno"


class MapView(QObject):
    """Asks for maps of the planes on screen and shows them.

    Args:
        grid: Where the columns stand.
        is_waiting: Whether the plane of a pane is still being read.
        parent: Qt owner.
    """

    shown = Signal()  # another map, or none, is on screen

    def __init__(
        self, grid: ColumnGrid, is_waiting: Callable[[PanePlace], bool], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._grid = grid
        self._is_waiting = is_waiting
        self._choice = PairChoice()
        self._asked: MapRequest | None = None
        self._is_current = False
        self._maker = MapMaker(self)
        self._maker.maps_made.connect(self._on_made)

    @property
    def is_current(self) -> bool:
        """Whether the map on screen is that of the planes on screen."""
        return self._is_current

    def choose(self, choice: PairChoice) -> None:
        """Make the column that is asked for, or take it away."""
        old, self._choice = self._choice, choice
        is_wanted, column = self._is_wanted(), self._grid.map_column
        if not is_wanted and column is None:
            self._maker.stop()
            return
        kept = (old.kind, old.second) == (choice.kind, choice.second)
        if is_wanted and (column is None or not kept):
            title = MAPS[choice.kind].title if choice.kind else ""
            self._grid.show_map(self._grid.columns[choice.second], title)
            if self._grid.map_column is not None:
                self._grid.map_column.show_title(title)
        elif not is_wanted:
            self._grid.show_map(None)
        self._asked, self._is_current = None, False
        self.shown.emit()

    def follow(self, comparison: Comparison) -> None:
        """Show what belongs to the planes that are on screen now."""
        column = self._grid.map_column
        if column is None or not comparison.volumes:
            return
        column.show_crosshair(comparison.point)
        image, reference = self._both()
        if any(self._is_waiting((i, plane)) for i in self._indices for plane in image.shown_planes):
            self._is_current = False
            return
        pairs = {}
        for plane in image.shown_planes:
            own, other = image.panes[plane], reference.panes[plane]
            if own.values is not None and other.values is not None:
                pairs[plane] = (_placed(image, plane), _placed(reference, plane))
        for plane, pane in column.panes.items():
            if plane not in pairs:
                pane.set_plane(None)
        choice = self._choice
        if choice.kind is None or self._is_asked(pairs):
            return
        self._asked = MapRequest(choice.kind, pairs, is_matched=choice.is_matched)
        self._is_current = False
        self._maker.ask(self._asked)

    def describe(self, probe: Probe) -> list[str]:
        """The map's number at a point for the read-out; empty without a map."""
        column = self._grid.map_column
        if column is None:
            return []
        return [column.describe_at(probe.plane, probe.point if self._is_current else None)]

    @property
    def _indices(self) -> tuple[int, int]:
        return (self._choice.second, self._choice.first)

    def _is_wanted(self) -> bool:
        """Whether there are two volumes to make a map of."""
        first, second, count = self._choice.first, self._choice.second, len(self._grid.columns)
        return self._choice.kind is not None and 0 <= first != second >= 0 and count > 1

    def _both(self) -> tuple[VolumeColumn, VolumeColumn]:
        """Image and reference."""
        image, reference = (self._grid.columns[index] for index in self._indices)
        return image, reference

    def _is_asked(self, pairs: dict[PlaneName, tuple[PlacedPlane, PlacedPlane]]) -> bool:
        """Whether maps of the very same planes were asked for last."""
        if self._asked is None or self._asked.pairs.keys() != pairs.keys():
            return False
        return all(
            new.values is old.values and new.start == old.start
            for plane in pairs
            for new, old in zip(pairs[plane], self._asked.pairs[plane], strict=True)
        )

    @Slot(object)
    def _on_made(self, result: MapResult) -> None:
        column = self._grid.map_column
        if result.request is not self._asked or column is None:
            return
        image, reference = self._both()
        row = MAPS[result.request.kind]
        lut = self._choice.lut if row.is_signed else ERROR_LUT
        colouring = Colouring(SIMILARITY_LUT if row.fixed else lut)
        for plane, values in result.planes.items():
            source, pane = image.panes[plane], column.panes[plane]
            kind = source.projection.kind
            words = plane if kind == "slice" else f"{plane} of {kind}"
            pane.set_projection(source.projection, [words])
            pane.set_ground(NO_MAP_HERE)
            pane.set_colouring(colouring)
            pane.set_limits(result.limits)
            pane.set_plane(values, QRectF(source.place))
        self._is_current = True
        column.show_title(*describe_map(result, image.volume.title, reference.volume.title))
        self.shown.emit()


def _placed(column: VolumeColumn, plane: PlaneName) -> PlacedPlane:
    values = column.panes[plane].values
    if values is None:
        raise ValueError(f"{plane} of {column.volume.title} is empty")
    return PlacedPlane.in_volume(values, column.geometry_of_volume, plane)


def describe_map(result: MapResult, image: str, reference: str) -> tuple[str, str]:
    """What a map shows, in a line and explained.

    Args:
        result: The map.
        image: Title of its image.
        reference: Title of its reference.
    """
    row, match = MAPS[result.request.kind], result.match
    words = row.words.format(image=image, reference=reference)
    low, high = (
        f"{number:.4g}".replace("-", "−") for number in (result.limits.low, result.limits.high)
    )
    is_matched = result.request.is_matched
    scale = f"matched to {reference}" if is_matched else "raw intensities"
    line = f"{row.title}: {words}  ·  {scale}  ·  {low} to {high}"
    lines = [line, f"Voxels are those of {image}; {reference} is read at their middles (linear)."]
    if is_matched and match != RAW:
        lines.append(
            f"{image} was multiplied by {match.gain:.5g}, and {match.offset:.5g} was added: the "
            f"least squares of the planes on screen. Numbers are in intensities of {reference}."
        )
    else:
        lines.append("Raw intensities as in the files.")
    return line, "\n".join(lines)
