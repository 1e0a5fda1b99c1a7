"""Several volumes side by side in linked orthogonal views with one crosshair."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gvtstudio.domain.figure import FigureRequest
from gvtstudio.domain.project_edits import Dataset
from gvtstudio.domain.region import Region
from gvtstudio.imaging.luts import lookup_table
from gvtstudio.imaging.panel.comparison import Comparison, Position, Probe, describe_intensity
from gvtstudio.imaging.panel.geometry import Triple, ViewerVolume
from gvtstudio.imaging.panel.plane_axes import PLANES
from gvtstudio.services.plane_cache import PlaneCache
from gvtstudio.services.plane_values import PlaneResult, VolumeSummary
from gvtstudio.ui.viewer.camera import ZOOM_STEP, Camera
from gvtstudio.ui.viewer.contrast_bar import ContrastBar
from gvtstudio.ui.viewer.contrast_control import ContrastControl
from gvtstudio.ui.viewer.figure import figure_of, part_on_screen
from gvtstudio.ui.viewer.folding_row import FoldingRow, copyable_line
from gvtstudio.ui.viewer.gestures import (
    FitAsked,
    Gesture,
    Hovered,
    Panned,
    Pointed,
    Stepped,
    Unhovered,
    Zoomed,
)
from gvtstudio.ui.viewer.plane_feed import PanePlace, PlaneFeed
from gvtstudio.ui.viewer.position_bar import AxisMoved, PositionBar
from gvtstudio.ui.viewer.volume_column import VolumeColumn, all_panes

__all__ = ["CompareView", "Position", "ViewerVolume"]

_GAP = "     "
UNFINISHED_GONE = "The restoration has ended, and what was done of it is no longer there."
SILENT = "Waiting for the disk or network of this stack…"
EMPTY_TEXT = "Open or drop a stack to see it here."


class CompareView(QWidget):
    """Input, restored and truth (or any volumes) in XY, XZ and YZ at the same place and scale.

    Args:
        plane_cache: Where planes come from.
        parent: Qt owner.
    """

    crosshair_moved = Signal(object)  # Position
    readout_changed = Signal(str)  # the line under the images
    lut_chosen = Signal(str)  # the user chose colours below the images: name of the row in LUTS
    link_toggled = Signal(bool)  # the user switched the same limits for all on or off
    read_failed = Signal(str)  # sentence: a volume could not be read
    view_settled = Signal(str)  # read-out: everything asked for is on screen

    def __init__(self, plane_cache: PlaneCache, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparison = Comparison(())
        self._camera = Camera()
        self._lut = "gray"
        self._mouse: Hovered | None = None
        self._columns: list[VolumeColumn] = []
        self._feed = PlaneFeed(plane_cache, self)
        self._build()
        self._contrast = ContrastControl(self._contrast_bar, self)
        self._connect_signals()
        self._show_emptiness()

    def _build(self) -> None:
        self._columns_widget = QWidget()
        self._columns_row = QHBoxLayout(self._columns_widget)
        self._columns_row.setContentsMargins(0, 0, 0, 0)
        self._columns_row.setSpacing(8)
        self._empty = QLabel(EMPTY_TEXT)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._where, self._intensities = copyable_line("Position"), copyable_line("Intensities")
        self._readout = FoldingRow(((self._where, 0), (self._intensities, 1)))
        self._contrast_bar = ContrastBar()
        self._position_bar = PositionBar()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._columns_widget, 1)
        layout.addWidget(self._position_bar)
        layout.addWidget(self._contrast_bar)
        layout.addWidget(self._readout)

    def _connect_signals(self) -> None:
        self._feed.plane_arrived.connect(self._on_plane_arrived)
        self._feed.summary_arrived.connect(self._on_summary_arrived)
        self._feed.volume_failed.connect(self._on_volume_failed)
        self._feed.volume_silent.connect(self._on_volume_silent)
        self._contrast.limits_changed.connect(self._on_limits_changed)
        self._contrast_bar.lut_chosen.connect(self.set_lut)
        self._contrast_bar.lut_chosen.connect(self.lut_chosen)
        self._contrast_bar.link_toggled.connect(self.link_toggled)
        self._position_bar.index_changed.connect(self._on_index_changed)

    @property
    def position(self) -> Position:
        """The voxel of the first volume under the crosshair."""
        return self._comparison.position

    @property
    def volumes(self) -> tuple[ViewerVolume, ...]:
        """What is compared, from the left."""
        return self._comparison.volumes

    @property
    def readout(self) -> str:
        """The line under the images."""
        return _GAP.join((self._where.text(), self._intensities.text()))

    @property
    def is_settled(self) -> bool:
        """Whether everything asked for is on screen."""
        return self._feed.is_idle

    def set_volumes(self, volumes: Sequence[ViewerVolume]) -> None:
        """Show these volumes; while the first one stays, crosshair and zoom stay too."""
        chosen = tuple(volumes)
        shown = self._comparison.volumes
        is_same = bool(chosen and shown) and chosen[0].info.path == shown[0].info.path
        is_same = is_same and chosen[0].info.shape == shown[0].info.shape
        self._comparison = Comparison(chosen, self.position if is_same else None)
        self._mouse = None
        self._feed.open_volumes(chosen)
        self._contrast.set_volumes(chosen)
        self._rebuild_columns()
        self._show_emptiness()
        if not chosen:
            return
        if not is_same or self._camera.is_fitted:
            self.fit_view()
        self._refresh()

    def reread(self, path: str) -> None:
        """Read the planes on screen anew from a file that has grown; all else stays."""
        for index, volume in enumerate(self._comparison.volumes):
            if volume.info.path == path:
                self._feed.reread(index)

    def clear(self) -> None:
        """Show nothing and free the files."""
        self.set_volumes(())

    def move_crosshair(self, position: Position) -> None:
        """Set the crosshair to a voxel of the first volume."""
        if self._comparison.volumes and self._comparison.move_to(position):
            self._refresh()

    def visible_region(self) -> Region:
        """The XY part of the first volume on screen, over a few slices round the crosshair.

        Example: what a preview should be computed for. Only for a view that shows something.
        """
        part = self._columns[0].panes["XY"].visible_part()
        voxel = self._comparison.reference.voxel
        down = (floor(part.top() / voxel[1]), ceil(part.bottom() / voxel[1]))
        right = (floor(part.left() / voxel[2]), ceil(part.right() / voxel[2]))
        return self._comparison.region_in_view(right, down)

    def fit_view(self) -> None:
        """All volumes whole on screen, now and when the window changes its size."""
        if self._columns:
            scale = min(column.fit_scale() for column in self._columns)
            self._set_camera(self._camera.fitted(self._comparison.reference.extent, scale))

    def zoom_in(self) -> None:
        """Enlarge around the crosshair."""
        self._zoom(ZOOM_STEP)

    def zoom_out(self) -> None:
        """Shrink around the crosshair."""
        self._zoom(1 / ZOOM_STEP)

    def next_slice(self) -> None:
        """One plane deeper."""
        self._step(Stepped("XY", 1))

    def previous_slice(self) -> None:
        """One plane higher."""
        self._step(Stepped("XY", -1))

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
        table = lookup_table(name)
        self._lut = name
        self._contrast_bar.set_lut(name)
        for _, _, pane in all_panes(self._columns):
            pane.set_lut(table)

    def figure_request(self) -> FigureRequest:
        """What is on screen as a figure; only for a view that shows something."""
        limits = [self._contrast.limits(index) for index in range(len(self._columns))]
        is_all, panes = self._camera.is_fitted, self._columns[0].panes
        part = None if is_all else part_on_screen(self._comparison, panes)
        return figure_of(self._comparison, limits, self._lut, part, self._camera.scale)

    def _rebuild_columns(self) -> None:
        # Emptied first: hiding a pane under the mouse tells that the mouse has left it.
        old, self._columns = self._columns, []
        for column in old:
            self._columns_row.removeWidget(column)
            column.hide()
            column.deleteLater()
        if not self._comparison.volumes:
            return
        extent = self._comparison.reference.extent
        pairs = zip(self._comparison.volumes, self._comparison.geometries, strict=True)
        for volume, geometry in pairs:
            column = VolumeColumn(volume, geometry, extent, self._columns_widget)
            column.gestured.connect(self._on_gestured)
            column.rearranged.connect(self._on_rearranged)
            self._columns_row.addWidget(column, 1)
            self._columns.append(column)
        self.set_lut(self._lut)
        self._columns_row.activate()

    def _show_emptiness(self) -> None:
        has_volumes = bool(self._columns)
        self._empty.setVisible(not has_volumes)
        for widget in (self._columns_widget, self._position_bar, self._contrast_bar, self._readout):
            widget.setVisible(has_volumes)

    def _refresh(self) -> None:
        """Bring everything in step with the position."""
        shape, at = self._comparison.reference.shape, self.position
        axes = self._position_bar.axes
        axes["T"].set_position(at.t, shape[0])
        axes["Z"].set_position(at.z, shape[1])
        axes["C"].set_position(at.c, shape[2])
        for index, plane, pane in all_panes(self._columns):
            wanted = self._comparison.wanted(index, plane)
            if wanted is None:
                self._feed.drop((index, plane))
                pane.set_plane(None)
            elif pane.isHidden():
                continue
            else:
                self._feed.ask((index, plane), wanted)
        for column in self._columns:
            column.show_crosshair(self._comparison.point)
        self._show_contrast()
        self._tell_readout()
        self.crosshair_moved.emit(at)

    def _show_contrast(self) -> None:
        summaries = {}
        for index in range(len(self._columns)):
            frame = self._comparison.frame_of(index)
            if frame is not None:
                summaries[index] = self._feed.summary(index, *frame)
        self._contrast.show(self.position.c, summaries)

    def _describe(self, probe: Probe) -> tuple[str, str]:
        """Position, and intensities there as far as they are on screen."""
        words = []
        for index, column in enumerate(self._columns):
            voxel = self._comparison.voxel_in(index, probe.point)
            is_waiting = self._feed.is_waiting((index, probe.plane))
            known = None
            if voxel is not None and not is_waiting:
                known = column.intensity_at(probe.plane, voxel)
            words.append(f"{column.volume.title} {describe_intensity(known)}")
        return self._comparison.describe(probe.position), _GAP.join(words)

    def _tell_readout(self) -> None:
        """What is under the mouse, or under the crosshair while the mouse is elsewhere."""
        if not self._columns:
            return
        probe = None
        if self._mouse is not None:
            mouse = self._mouse
            probe = self._comparison.probe_at(mouse.plane, mouse.right, mouse.down)
        where, intensities = self._describe(probe or self._comparison.probe())
        if _GAP.join((where, intensities)) != self.readout:
            self._where.setText(where)
            self._intensities.setText(intensities)
            self.readout_changed.emit(self.readout)

    def _set_camera(self, camera: Camera) -> None:
        self._camera = camera
        unit = self._comparison.pixels_per_um_at_scale_1
        for column in self._columns:
            column.show_camera(camera, unit * camera.scale if unit else None)

    def _zoom(self, factor: float, anchor: Triple | None = None) -> None:
        if self._columns:
            self._set_camera(self._camera.zoomed(factor, anchor or self._comparison.point))

    def _step(self, step: Stepped) -> None:
        if self._columns and self._comparison.step(step.plane, step.steps):
            self._refresh()

    @Slot(object)
    def _on_gestured(self, gesture: Gesture) -> None:
        match gesture:
            case Pointed(plane, right, down):
                if self._comparison.point_at(plane, right, down):
                    self._refresh()
            case Stepped():
                self._step(gesture)
            case Zoomed(plane, factor, right, down):
                anchor = list(self._comparison.point)
                anchor[PLANES[plane].right], anchor[PLANES[plane].down] = right, down
                self._zoom(factor, (anchor[0], anchor[1], anchor[2]))
            case Panned(plane, right, down):
                shift = [0.0, 0.0, 0.0]
                shift[PLANES[plane].right], shift[PLANES[plane].down] = right, down
                extent = self._comparison.reference.extent
                self._set_camera(self._camera.panned((shift[0], shift[1], shift[2]), extent))
            case FitAsked():
                self.fit_view()
            case Hovered() | Unhovered():
                self._mouse = gesture if isinstance(gesture, Hovered) else None
                self._tell_readout()

    @Slot(object)
    def _on_index_changed(self, moved: AxisMoved) -> None:
        changed = {moved.axis.lower(): moved.index}
        self.move_crosshair(replace(self.position, **changed))

    @Slot()
    def _on_rearranged(self) -> None:
        if self._camera.is_fitted:
            self.fit_view()
        else:
            self._set_camera(self._camera)

    @Slot(object)
    def _on_plane_arrived(self, arrived: tuple[PanePlace, PlaneResult]) -> None:
        (index, plane), result = arrived
        column = self._columns[index]
        column.panes[plane].set_plane(result.values, column.place_of(plane))
        column.show_message("")
        self._tell_readout()
        self._tell_settled()

    @Slot(object)
    def _on_summary_arrived(self, summary: VolumeSummary) -> None:
        self._show_contrast()
        self._tell_settled()

    @Slot()
    def _on_limits_changed(self) -> None:
        for index, _, pane in all_panes(self._columns):
            pane.set_limits(self._contrast.limits(index))

    @Slot(object)
    def _on_volume_failed(self, failed: tuple[int, str]) -> None:
        index, sentence = failed
        is_unfinished = self._columns[index].volume.is_unfinished
        sentence = UNFINISHED_GONE if is_unfinished else sentence
        if self._columns[index].message != sentence:
            self._columns[index].show_message(sentence)
            if not is_unfinished:
                self.read_failed.emit(sentence)
        for pane in self._columns[index].panes.values():
            pane.set_plane(None)
        self._tell_readout()
        self._tell_settled()

    @Slot(int)
    def _on_volume_silent(self, index: int) -> None:
        self._columns[index].show_message(SILENT)

    def _tell_settled(self) -> None:
        if self._feed.is_idle:
            self.view_settled.emit(self.readout)
