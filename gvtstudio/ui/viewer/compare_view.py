"""Several volumes side by side in linked orthogonal views with one crosshair."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, floor

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gvtstudio.domain.figure import FigureRequest
from gvtstudio.domain.project_edits import Dataset
from gvtstudio.domain.region import Region
from gvtstudio.imaging.panel.comparison import Comparison, Position, Probe
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName
from gvtstudio.imaging.panel.projection import Projection
from gvtstudio.services.plane_cache import PlaneCache
from gvtstudio.services.plane_values import PlaneResult, VolumeSummary
from gvtstudio.ui.viewer.camera import ZOOM_STEP, Camera
from gvtstudio.ui.viewer.column_grid import ColumnGrid
from gvtstudio.ui.viewer.contrast_bar import ContrastBar
from gvtstudio.ui.viewer.contrast_control import ContrastControl
from gvtstudio.ui.viewer.figure import figure_on_screen
from gvtstudio.ui.viewer.gestures import Stepped
from gvtstudio.ui.viewer.navigation import SLICES, Navigation
from gvtstudio.ui.viewer.pairing.pair_control import PairControl
from gvtstudio.ui.viewer.pane_area import THREE_PLANES, arrangement_named
from gvtstudio.ui.viewer.plane_feed import PanePlace, PlaneFeed
from gvtstudio.ui.viewer.position_bar import AxisMoved, PositionBar
from gvtstudio.ui.viewer.readout import GAP, ReadOut
from gvtstudio.ui.viewer.tools import Overlay, Tool, ToolGesture
from gvtstudio.ui.viewer.volume_column import VolumeColumn

__all__ = ["CompareView", "Position", "ViewerVolume"]

UNFINISHED_GONE = "The restoration has ended, and what was done of it is no longer there."
SILENT = "Waiting for the disk or network of this stack…"
EMPTY_TEXT = "Open or drop a stack to see it here."
MAXIMUM = Projection("max", 0)


class CompareView(QWidget):
    """Input, restored and truth (or any volumes) in XY, XZ and YZ at the same place and scale.

    Args:
        plane_cache: Where planes come from.
        parent: Qt owner.
    """

    crosshair_moved = Signal(object)  # Position
    readout_changed = Signal(str)  # the line under the images
    arrangement_chosen = Signal(str)  # the user asked for one plane large, or all again
    lut_chosen = Signal(str)  # the user chose colours below the images: name of the row in LUTS
    link_toggled = Signal(bool)  # the user switched the same limits for all on or off
    read_failed = Signal(str)  # sentence: a volume could not be read
    view_settled = Signal(str)  # read-out: everything asked for is on screen
    columns_changed = Signal()  # other columns stand there, with panes of their own
    view_changed = Signal()  # anything on screen is not as it was: planes, limits, place, zoom

    def __init__(self, plane_cache: PlaneCache, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tool: Tool | None = None
        self._feed = PlaneFeed(plane_cache, self)
        self._build()
        self._navigation = Navigation(self._grid.fit_scale, self)
        self._contrast = ContrastControl(self._contrast_bar, self._grid.large_planes, self)
        self._connect_signals()
        self._show_emptiness()

    def _build(self) -> None:
        self._grid = ColumnGrid()
        self._empty = QLabel(EMPTY_TEXT, alignment=Qt.AlignmentFlag.AlignCenter)
        self._readout = ReadOut()
        self._contrast_bar = ContrastBar()
        self._position_bar = PositionBar()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._grid, 1)
        self.pair = PairControl(self, self._grid, self._feed.is_waiting)
        for row in (self._position_bar, self._contrast_bar, self.pair.bar, self._readout):
            layout.addWidget(row)

    def _connect_signals(self) -> None:
        self._feed.plane_arrived.connect(self._on_plane_arrived)
        self._feed.summary_arrived.connect(self._on_summary_arrived)
        self._feed.volume_failed.connect(self._on_volume_failed)
        self._feed.volume_silent.connect(self._on_volume_silent)
        self._contrast.limits_changed.connect(self._on_limits_changed)
        self._contrast_bar.colouring_changed.connect(self._show_colouring)
        self._contrast_bar.lut_chosen.connect(self.lut_chosen)
        self._contrast_bar.link_toggled.connect(self.link_toggled)
        self._position_bar.index_changed.connect(self._on_index_changed)
        self._position_bar.projection_chosen.connect(self._navigation.project)
        self._readout.changed.connect(self.readout_changed)
        self.pair.map.shown.connect(self._tell_readout)
        self._grid.gestured.connect(self._navigation.follow)
        self._grid.enlarge_asked.connect(self._on_enlarge_asked)
        self._grid.tool_used.connect(self._on_tool_used)
        self._grid.rearranged.connect(self._navigation.follow_size)
        self._navigation.moved.connect(self._refresh)
        self._navigation.turned.connect(self._on_turned)
        self._navigation.pointed.connect(self._tell_readout)

    @property
    def comparison(self) -> Comparison:
        """What is compared, where it lies in the space, and where the crosshair stands."""
        return self._navigation.comparison

    @property
    def columns(self) -> tuple[VolumeColumn, ...]:
        """The columns on screen, in the order of the volumes; each has its panes."""
        return tuple(self._grid.columns)

    @property
    def camera(self) -> Camera:
        """Which part of the space is on screen."""
        return self._navigation.camera

    @property
    def position(self) -> Position:
        """The voxel of the first volume under the crosshair."""
        return self.comparison.position

    @property
    def volumes(self) -> tuple[ViewerVolume, ...]:
        """What is compared, from the left."""
        return self.comparison.volumes

    @property
    def readout(self) -> str:
        """The line under the images."""
        return self._readout.text

    @property
    def is_settled(self) -> bool:
        """Whether everything asked for is on screen."""
        return self._feed.is_idle

    def set_volumes(self, volumes: Sequence[ViewerVolume]) -> None:
        """Show these volumes; a stack that was on screen before is seen as it was left."""
        chosen = tuple(volumes)
        self._navigation.compare(chosen)
        self._feed.open_volumes(chosen)
        self._contrast.set_volumes(chosen)
        self._grid.rebuild(self.comparison)
        self._show_colouring()
        self._show_emptiness()
        if chosen:
            self._navigation.follow_size()
            self._refresh()
        self.columns_changed.emit()

    def reread(self, path: str) -> None:
        """Read the planes on screen anew from a file that has grown; all else stays."""
        for index, volume in enumerate(self.volumes):
            if volume.info.path == path:
                self._feed.reread(index)

    def clear(self) -> None:
        """Show nothing and free the files."""
        self.set_volumes(())

    def move_crosshair(self, position: Position) -> None:
        """Set the crosshair to a voxel of the first volume."""
        self._navigation.move_to(position)

    def visible_region(self) -> Region:
        """The XY part of the first volume on screen, over a few slices round the crosshair.

        Example: what a preview should be computed for. Only for a view that shows something.
        """
        column, voxel, camera = self.columns[0], self.comparison.reference.voxel, self.camera
        # While XY is hidden, what it would show in place of the plane that is large.
        pane, (_, y, x) = column.panes[column.shown_planes[0]], camera.centre
        height, width = pane.height() / camera.scale / 2, pane.width() / camera.scale / 2
        down = (floor((y - height) / voxel[1]), ceil((y + height) / voxel[1]))
        right = (floor((x - width) / voxel[2]), ceil((x + width) / voxel[2]))
        return self.comparison.region_in_view(right, down)

    def fit_view(self) -> None:
        """All volumes whole on screen, now and when the window changes its size."""
        self._navigation.fit()

    def zoom_in(self) -> None:
        """Enlarge around the crosshair."""
        self._navigation.zoom(ZOOM_STEP)

    def zoom_out(self) -> None:
        """Shrink around the crosshair."""
        self._navigation.zoom(1 / ZOOM_STEP)

    def next_slice(self) -> None:
        """One plane deeper."""
        self._navigation.step(Stepped("XY", 1))

    def previous_slice(self) -> None:
        """One plane higher."""
        self._navigation.step(Stepped("XY", -1))

    def arrange_as(self, name: str) -> None:
        """Show three planes of every volume, or a single large one; by its name."""
        arrangement = arrangement_named(name)
        if arrangement == self._grid.arrangement:
            return
        self._grid.set_arrangement(arrangement)
        if self.columns:
            self._refresh()

    @property
    def projections(self) -> dict[PlaneName, Projection]:
        """How each plane is shown, in planes of the first volume."""
        return dict(self._navigation.projections)

    def set_projections(self, projections: Mapping[PlaneName, Projection]) -> None:
        """Show planes as slices or projections, in planes of the first volume."""
        self._navigation.project(projections)

    def toggle_maximum(self) -> None:
        """The maximum of all planes along each axis, or slices again."""
        is_slices = all(shown.kind == "slice" for shown in self.projections.values())
        self.set_projections(dict.fromkeys(PLANES, MAXIMUM) if is_slices else SLICES)

    def open_projections(self) -> None:
        """Let the user choose what each plane shows."""
        self._position_bar.projections.open()

    def add_overlay(self, overlay: Overlay) -> None:
        """Have something painted over all panes, also over those of volumes shown later."""
        self._grid.add_overlay(overlay)

    def remove_overlay(self, overlay: Overlay) -> None:
        """Paint it no longer; nothing happens where it is not painted."""
        self._grid.remove_overlay(overlay)

    def set_tool(self, tool: Tool | None) -> None:
        """Give the left mouse button to a tool, or back to the crosshair."""
        self._tool = tool
        self._grid.set_tool_active(tool is not None)

    def auto_contrast(self) -> None:
        """Let the contrast follow the intensities."""
        self._contrast.auto()

    def reset_contrast(self) -> None:
        """Show from the smallest to the largest intensity."""
        self._contrast.reset()

    def toggle_linked_contrast(self, is_linked: bool) -> None:
        """The same limits for all volumes, or limits of their own."""
        self._contrast.set_linked(is_linked)

    def shown_limits(self) -> dict[Dataset, tuple[float, float]]:
        """Contrast limits of every volume, in the channel on screen."""
        return self._contrast.shown_limits()

    def set_lut(self, name: str) -> None:
        """Show all volumes in other colours.

        Raises:
            UsageError: There is no such look-up table.
        """
        self._contrast_bar.set_lut(name)

    def figure_request(self) -> FigureRequest:
        """What is on screen as a figure; only for a view that shows something.

        Raises:
            UsageError: A projection is shown, which a figure cannot show.
        """
        limits = [self._contrast.limits(index) for index in range(len(self.columns))]
        colouring = self._contrast_bar.colouring
        return figure_on_screen(self.comparison, self.columns, limits, colouring, self.camera)

    @Slot()
    def _show_colouring(self) -> None:
        self._grid.for_panes(lambda pane: pane.set_colouring(self._contrast_bar.colouring))
        self.view_changed.emit()

    def _show_emptiness(self) -> None:
        has_volumes = bool(self.columns)
        self._empty.setVisible(not has_volumes)
        for widget in (self._grid, self._position_bar, self._contrast_bar, self._readout):
            widget.setVisible(has_volumes)

    @Slot()
    def _refresh(self) -> None:
        """Bring everything in step with the position."""
        at = self.position
        self._position_bar.show_stack(self.volumes[0].info, at, self._navigation.projections)
        for index, plane, pane in self._grid.panes():
            # A hidden pane is emptied: shown again it must not begin with an old plane.
            projection = self._navigation.projections[plane]
            wanted = self.comparison.wanted_slab(index, plane, projection)
            if wanted is None or pane.isHidden():
                self._feed.drop((index, plane))
                pane.set_plane(None)
            else:
                self._feed.ask((index, plane), *wanted)
        for column in self.columns:
            column.show_crosshair(self.comparison.point)
        self._show_contrast()
        self._tell_readout()
        self.crosshair_moved.emit(at)
        self.view_changed.emit()

    def _show_contrast(self) -> None:
        summaries = {}
        for index in range(len(self.columns)):
            frame = self.comparison.frame_of(index)
            if frame is not None:
                summaries[index] = self._feed.summary(index, *frame)
        self._contrast.show(self.position.c, summaries)

    @Slot()
    def _tell_readout(self) -> None:
        """What is under the mouse, or under the crosshair while the mouse is elsewhere."""
        if self.columns:
            probe = self._navigation.probe(self.columns[0].shown_planes[0])
            self._readout.tell(self.comparison.describe(probe.position), self._describe(probe))

    def _describe(self, probe: Probe) -> str:
        """Intensities as far as they are on screen."""
        words = []
        for index, column in enumerate(self.columns):
            is_known = self.comparison.frame_of(index) is not None
            is_known = is_known and not self._feed.is_waiting((index, probe.plane))
            words.append(column.describe_at(probe.plane, probe.point if is_known else None))
        return GAP.join([*words, *self.pair.describe(probe)])

    @Slot(object)
    def _on_turned(self, camera: Camera) -> None:
        unit = self.comparison.pixels_per_um_at_scale_1
        self._grid.show_camera(camera, unit * camera.scale if unit else None)
        self.view_changed.emit()

    @Slot(str)
    def _on_enlarge_asked(self, plane: PlaneName) -> None:
        chosen = plane if self._grid.arrangement == THREE_PLANES else THREE_PLANES
        self.arrange_as(chosen)
        self.arrangement_chosen.emit(chosen)

    @Slot(object)
    def _on_tool_used(self, gesture: ToolGesture) -> None:
        if self._tool is not None:
            self._tool.use(gesture)

    @Slot(object)
    def _on_index_changed(self, moved: AxisMoved) -> None:
        changed = {moved.axis.lower(): moved.index}
        self.move_crosshair(replace(self.position, **changed))

    @Slot(object)
    def _on_plane_arrived(self, arrived: tuple[PanePlace, PlaneResult]) -> None:
        (index, _), result = arrived
        self.columns[index].show_plane(result)
        self._contrast.follow_planes()
        self._tell_readout()
        self._tell_settled()
        self.view_changed.emit()

    @Slot(object)
    def _on_summary_arrived(self, summary: VolumeSummary) -> None:
        self._show_contrast()
        self._tell_settled()

    @Slot()
    def _on_limits_changed(self) -> None:
        for index, _, pane in self._grid.panes():
            pane.set_limits(self._contrast.limits(index))
        self.view_changed.emit()

    @Slot(object)
    def _on_volume_failed(self, failed: tuple[int, str]) -> None:
        index, sentence = failed
        column = self.columns[index]
        is_unfinished = column.volume.is_unfinished
        sentence = UNFINISHED_GONE if is_unfinished else sentence
        if column.message != sentence:
            column.show_message(sentence)
            if not is_unfinished:
                self.read_failed.emit(sentence)
        for pane in column.panes.values():
            pane.set_plane(None)
        self._tell_readout()
        self._tell_settled()
        self.view_changed.emit()

    @Slot(int)
    def _on_volume_silent(self, index: int) -> None:
        self.columns[index].show_message(SILENT)

    def _tell_settled(self) -> None:
        if self._feed.is_idle:
            self.view_settled.emit(self.readout)
