"""One volume on screen: its title over XY, with XZ below and YZ to the right."""

from collections.abc import Iterator

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget
from superqt import QElidingLabel

from gvtstudio.domain.calibration import Calibration
from gvtstudio.services.plane_values import PlaneName
from gvtstudio.ui.viewer.camera import Camera
from gvtstudio.ui.viewer.geometry import Triple, ViewerVolume, VolumeGeometry, Voxel
from gvtstudio.ui.viewer.pane import PaneView, PlanePane
from gvtstudio.ui.viewer.plane_axes import PLANES
from gvtstudio.ui.viewer.scale_bar import fitting_scale_bar

GAP_PX = 3
THINNEST_STRIP_PX = 48
WIDEST_STRIP_PART = 0.5
FIT_PART = 0.98


class VolumeColumn(QWidget):
    """The three panes of a volume.

    Args:
        volume: What is shown.
        geometry: Where it lies in the space.
        depth: Length of the space along Z; without depth there is only XY.
        parent: Qt owner.
    """

    gestured = Signal(object)  # Gesture, from any pane
    resized = Signal(str)  # title of the volume

    def __init__(
        self, volume: ViewerVolume, geometry: VolumeGeometry, extent: Triple, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.volume = volume
        self.geometry_of_volume = geometry
        self._extent = extent
        self._has_depth = True
        self.panes: dict[PlaneName, PlanePane] = {
            plane: PlanePane(plane, volume.title, self) for plane in PLANES
        }
        self._build()
        self._connect_signals()

    def _build(self) -> None:
        title = QElidingLabel(f"{self.volume.title}  ·  {self.volume.info.name}")
        title.setToolTip(f"{self.volume.info.path}\n{self.volume.info.calibration.describe()}")
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        self._message = QLabel()
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._message.hide()
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP_PX)
        self._grid.addWidget(self.panes["XY"], 0, 0)
        self._grid.addWidget(self.panes["YZ"], 0, 1)
        self._grid.addWidget(self.panes["XZ"], 1, 0)
        self._grid.setRowStretch(0, 1)
        self._grid.setColumnStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(title)
        layout.addWidget(self._message)
        layout.addLayout(self._grid, 1)
        self._name_panes(self.volume.info.calibration)

    def _connect_signals(self) -> None:
        for pane in self.panes.values():
            pane.gestured.connect(self.gestured)

    def set_depth_shown(self, *, has_depth: bool) -> None:
        """Whether XZ and YZ are there; a single slice has nothing to show in them."""
        self._has_depth = has_depth
        for plane in ("XZ", "YZ"):
            self.panes[plane].setVisible(has_depth)
        self._arrange()

    def show_message(self, text: str) -> None:
        """A sentence over the images; empty hides it."""
        self._message.setText(text)
        self._message.setVisible(bool(text))

    @property
    def message(self) -> str:
        """The sentence over the images."""
        return self._message.text()

    def fit_scale(self) -> float:
        """Pixels per unit at which the whole space is seen in all three panes."""
        z, y, x = self._extent
        size = self.panes["XY"].size()
        fits = [size.width() / x, size.height() / y]
        if self._has_depth:
            fits += [self.panes["YZ"].width() / z, self.panes["XZ"].height() / z]
        return max(1e-6, min(fits) * FIT_PART)

    def show_camera(self, camera: Camera, pixels_per_um: float | None) -> None:
        """Turn all panes to the part of the space the camera looks at."""
        for plane, pane in self.panes.items():
            axes = PLANES[plane]
            pane.set_view(
                PaneView(camera.centre[axes.right], camera.centre[axes.down], camera.scale)
            )
        self.panes["XY"].set_scale_bar(fitting_scale_bar(self.panes["XY"].width(), pixels_per_um))

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

    def intensity_at(self, voxel: Voxel) -> float | int | None:
        """Intensity of a voxel in the XY plane on screen; ``None`` while it is being read."""
        values = self.panes["XY"].values
        if values is None:
            return None
        intensity: float | int = values[voxel[1], voxel[2]].item()
        return intensity

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the strips the room that the true proportions ask for."""
        super().resizeEvent(event)
        self._arrange()
        self.resized.emit(self.volume.title)

    def _arrange(self) -> None:
        """Strip thickness so that XY, XZ and YZ are seen whole at the same scale."""
        if not self._has_depth:
            return
        z, y, x = self._extent
        area = self._grid.geometry()
        width, height = area.width() - GAP_PX, area.height() - GAP_PX
        scale = min(width / (x + z), height / (y + z))
        thickness = max(THINNEST_STRIP_PX, round(z * scale))
        self.panes["YZ"].setFixedWidth(int(max(1, min(thickness, width * WIDEST_STRIP_PART))))
        self.panes["XZ"].setFixedHeight(int(max(1, min(thickness, height * WIDEST_STRIP_PART))))
        self._grid.activate()

    def _name_panes(self, calibration: Calibration) -> None:
        """Say where a plane's proportions are only assumed."""
        if calibration.is_calibrated and calibration.z_um is None:
            for plane in ("XZ", "YZ"):
                self.panes[plane].set_label(f"{plane}, Z step unknown")
                self.panes[plane].setToolTip("The file does not say the distance between planes.")


def all_panes(columns: list[VolumeColumn]) -> Iterator[tuple[int, PlaneName, PlanePane]]:
    """Every pane with the index of its volume and its plane."""
    for index, column in enumerate(columns):
        for plane, pane in column.panes.items():
            yield index, plane, pane
