"""One volume on screen: its title over XY, with XZ below and YZ to the right."""

from collections.abc import Iterator

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget
from superqt import QElidingLabel

from gvtstudio.domain.calibration import Calibration
from gvtstudio.imaging.panel.geometry import Triple, ViewerVolume, VolumeGeometry, Voxel
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName
from gvtstudio.imaging.panel.scale_bar import fitting_scale_bar
from gvtstudio.ui.texts import stack_title
from gvtstudio.ui.viewer.camera import Camera
from gvtstudio.ui.viewer.pane import PaneView, PlanePane
from gvtstudio.ui.viewer.pane_area import PaneArea


class VolumeColumn(QWidget):
    """The three panes of a volume.

    Args:
        volume: What is shown.
        geometry: Where it lies in the space.
        extent: Lengths of the space along z, y, x.
        parent: Qt owner.
    """

    gestured = Signal(object)  # Gesture, from any pane
    rearranged = Signal(str)  # title of the volume: panes have another size

    def __init__(
        self, volume: ViewerVolume, geometry: VolumeGeometry, extent: Triple, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.volume = volume
        self.geometry_of_volume = geometry
        # A single slice has nothing to show in XZ and YZ.
        has_depth = extent[0] > geometry.voxel[0] or volume.info.shape[1] > 1
        self._area = PaneArea(volume.title, extent, self, has_depth=has_depth)
        self.panes = self._area.panes
        self._build()
        self._connect_signals()

    def _build(self) -> None:
        title = QElidingLabel(f"{self.volume.title}  ·  {stack_title(self.volume.info)}")
        title.setToolTip(f"{self.volume.info.path}\n{self.volume.info.calibration.describe()}")
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        self._message = QLabel()
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._message.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(title)
        layout.addWidget(self._message)
        layout.addWidget(self._area, 1)
        self._name_panes(self.volume.info.calibration)

    def _connect_signals(self) -> None:
        for pane in self.panes.values():
            pane.gestured.connect(self.gestured)
        self._area.rearranged.connect(self.rearranged)

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
        return self._area.fit_scale()

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


def all_panes(columns: list[VolumeColumn]) -> Iterator[tuple[int, PlaneName, PlanePane]]:
    """Every pane with the index of its volume and its plane."""
    for index, column in enumerate(columns):
        for plane, pane in column.panes.items():
            yield index, plane, pane
