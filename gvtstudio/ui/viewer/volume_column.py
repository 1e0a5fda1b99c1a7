"""One volume on screen: its title over XY, with XZ below and YZ to the right, or over one."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget
from superqt import QElidingLabel

from gvtstudio.domain.calibration import Calibration
from gvtstudio.imaging.panel.comparison import describe_intensity
from gvtstudio.imaging.panel.geometry import Triple, ViewerVolume, VolumeGeometry, Voxel
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName
from gvtstudio.imaging.panel.scale_bar import fitting_scale_bar
from gvtstudio.services.plane_values import PlaneResult
from gvtstudio.ui.texts import stack_title
from gvtstudio.ui.viewer.camera import Camera
from gvtstudio.ui.viewer.pane import PaneView
from gvtstudio.ui.viewer.pane_area import Arrangement, PaneArea
from gvtstudio.ui.viewer.projection_control import label_words


class VolumeColumn(QWidget):
    """The panes of a volume.

    Args:
        index: Of the volume among those compared.
        volume: What is shown.
        geometry: Where it lies in the space.
        extent: Lengths of the space along z, y, x.
        parent: Qt owner.
    """

    gestured = Signal(object)  # Gesture, from any pane
    enlarge_asked = Signal(str)  # PlaneName
    tool_used = Signal(object)  # ToolGesture, from any pane
    rearranged = Signal()  # panes have another size

    def __init__(
        self,
        index: int,
        volume: ViewerVolume,
        geometry: VolumeGeometry,
        extent: Triple,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.volume = volume
        self.geometry_of_volume = geometry
        # A single slice has nothing to show in XZ and YZ.
        has_depth = extent[0] > geometry.voxel[0] or volume.info.shape[1] > 1
        self._area = PaneArea(volume.title, extent, self, has_depth=has_depth)
        self.panes = self._area.panes
        for pane in self.panes.values():
            pane.volume = index
        self._build()
        self._connect_signals()

    def _build(self) -> None:
        self._title = QElidingLabel()
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self.show_title()
        self._message = QLabel()
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._message.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._title)
        layout.addWidget(self._message)
        layout.addWidget(self._area, 1)
        self._name_panes(self.volume.info.calibration)

    def _connect_signals(self) -> None:
        for pane in self.panes.values():
            pane.gestured.connect(self.gestured)
            pane.enlarge_asked.connect(self.enlarge_asked)
            pane.tool_used.connect(self.tool_used)
        self._area.rearranged.connect(self.rearranged)

    @property
    def shown_planes(self) -> tuple[PlaneName, ...]:
        """The planes that are shown, the large one first."""
        return self._area.shown

    @property
    def is_xy_enlarged(self) -> bool:
        """Whether XY alone is shown of a volume that has more."""
        return self.shown_planes == ("XY",) and self._area.has_depth

    def set_arrangement(self, arrangement: Arrangement) -> None:
        """Show three planes, or a single large one."""
        self._area.set_arrangement(arrangement)

    @property
    def title(self) -> str:
        """The words over the images."""
        return self._title.text()

    def show_title(self, text: str = "", explained: str = "") -> None:
        """Say what is shown, with an explanation; empty for the volume and its file."""
        info = self.volume.info
        self._title.setText(text or f"{self.volume.title}  ·  {stack_title(info)}")
        self._title.setToolTip(explained or f"{info.path}\n{info.calibration.describe()}")

    def show_message(self, text: str) -> None:
        """A sentence over the images; empty hides it."""
        self._message.setText(text)
        self._message.setVisible(bool(text))

    @property
    def message(self) -> str:
        """The sentence over the images."""
        return self._message.text()

    def fit_scale(self) -> float:
        """Pixels per unit at which the whole space is seen in all panes shown."""
        return self._area.fit_scale()

    def show_camera(self, camera: Camera, pixels_per_um: float | None) -> None:
        """Turn all panes to the part of the space the camera looks at."""
        for plane, pane in self.panes.items():
            axes = PLANES[plane]
            pane.set_view(
                PaneView(camera.centre[axes.right], camera.centre[axes.down], camera.scale)
            )
        large = self.panes[self.shown_planes[0]]
        for pane in self.panes.values():
            bar = fitting_scale_bar(pane.width(), pixels_per_um) if pane is large else None
            pane.set_scale_bar(bar)

    def show_plane(self, result: PlaneResult) -> None:
        """Show a plane that has been read, and say what it is made of."""
        request = result.request
        across = PLANES[request.plane].across
        count = self.geometry_of_volume.sizes[across]
        first, last = request.projection.span(request.position, count)
        calibration = self.volume.info.calibration
        step_um = (calibration.z_um, calibration.y_um, calibration.x_um)[across]
        words = label_words(request.plane, request.projection.kind, last - first, step_um)
        pane = self.panes[request.plane]
        pane.set_projection(request.projection, words)
        pane.set_plane(result.values, self.place_of(request.plane))
        self.show_message("")

    def describe_at(self, plane: PlaneName, point: Triple | None) -> str:
        """Title and intensity at a point of a plane on screen; of a projection it says so.

        Args:
            plane: Which plane.
            point: Where; ``None`` where nothing is known.
        """
        projection, box = self.panes[plane].projection, self.geometry_of_volume
        voxel = None
        if point is not None:
            inside = list(point)
            if projection.kind != "slice":
                # The intensity belongs to all planes, wherever across them the crosshair stands.
                across = PLANES[plane].across
                inside[across] = box.start[across] + box.extent[across] / 2
            voxel = box.voxel_at((inside[0], inside[1], inside[2]))
        known = None if voxel is None else self.intensity_at(plane, voxel)
        words = "" if projection.kind == "slice" else f"{projection.kind} "
        return f"{self.volume.title} {words}{describe_intensity(known)}"

    def show_crosshair(self, point: Triple) -> None:
        """Cross the lines at a point of the space in all panes."""
        for plane, pane in self.panes.items():
            axes = PLANES[plane]
            voxel = max(
                self.geometry_of_volume.voxel[axes.right], self.geometry_of_volume.voxel[axes.down]
            )
            pane.set_crosshair((point[axes.right], point[axes.down]), voxel)

    def place_of(self, plane: PlaneName) -> QRectF:
        """The rectangle of the space that a plane of this volume fills."""
        axes, box = PLANES[plane], self.geometry_of_volume
        return QRectF(
            box.start[axes.right],
            box.start[axes.down],
            box.extent[axes.right],
            box.extent[axes.down],
        )

    def intensity_at(self, plane: PlaneName, voxel: Voxel) -> float | int | None:
        """Intensity of a voxel in a plane on screen; ``None`` where there is none."""
        values, axes = self.panes[plane].values, PLANES[plane]
        if values is None:
            return None
        intensity: float | int = values[voxel[axes.down], voxel[axes.right]].item()
        return intensity

    def _name_panes(self, calibration: Calibration) -> None:
        """Say where a plane's proportions are only assumed."""
        if calibration.is_calibrated and calibration.z_um is None:
            for plane in ("XZ", "YZ"):
                self.panes[plane].set_remark("Z step unknown")
