"""One turned volume on screen, in its box, with names of the axes and a scale bar."""

from itertools import product

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gvtstudio.imaging.panel.geometry import Triple
from gvtstudio.imaging.panel.scale_bar import fitting_scale_bar
from gvtstudio.imaging.volume_view import Turn, corners
from gvtstudio.services.volume_turner import Pose, TurnedPicture
from gvtstudio.ui.viewer.camera import ZOOM_STEP
from gvtstudio.ui.viewer.scale_bar import paint_outlined_text, paint_scale_bar

GROUND = QColor(0, 0, 0)
EDGE = QColor(200, 200, 200)
HIDDEN_EDGE = QColor(110, 110, 110)
DEGREES_PER_PX = 0.4
DEGREES_PER_KEY = 5.0
MARGIN = 8.0
_WHEEL_NOTCH = 120
# Key → degrees to the right, down and clockwise.
TURNING_KEYS = {
    Qt.Key.Key_Left: (-1, 0, 0),
    Qt.Key.Key_Right: (1, 0, 0),
    Qt.Key.Key_Up: (0, -1, 0),
    Qt.Key.Key_Down: (0, 1, 0),
    Qt.Key.Key_PageUp: (0, 0, -1),
    Qt.Key.Key_PageDown: (0, 0, 1),
}
ZOOM_KEYS = {
    Qt.Key.Key_Plus: ZOOM_STEP,
    Qt.Key.Key_Equal: ZOOM_STEP,
    Qt.Key.Key_Minus: 1 / ZOOM_STEP,
}
RESET_KEYS = (Qt.Key.Key_Home, Qt.Key.Key_0)
# From each corner of the box to its neighbours further along an axis.
EDGES = tuple(
    (corner, tuple(1 if at == axis else value for at, value in enumerate(corner)))
    for corner in product((0, 1), repeat=3)
    for axis in range(3)
    if corner[axis] == 0
)


class VolumePane(QWidget):
    """A picture of a volume that asks to be turned by mouse and keys.

    Args:
        title: What the volume is.
        parent: Qt owner.
    """

    turned = Signal(float, float, float)  # degrees to the right, down, clockwise
    zoomed = Signal(float)  # factor
    reset_asked = Signal()  # as it was at first
    resized = Signal()  # another picture is needed

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._size: Triple = (1.0, 1.0, 1.0)
        self._units_per_um: float | None = None
        self._pose: Pose | None = None
        self._image: QImage | None = None
        self._message = ""
        self._grabbed = QPointF()
        self.setAccessibleName(f"{title}, turned")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)

    @property
    def image(self) -> QImage | None:
        """The picture on screen, without box and words."""
        return self._image

    @property
    def message(self) -> str:
        """What is said in place of the picture."""
        return self._message

    def set_volume(self, size: Triple, units_per_um: float | None) -> None:
        """Show the box of a volume; its picture follows.

        Args:
            size: Lengths of the box, (z, y, x).
            units_per_um: Of these lengths; ``None`` where it is not known.
        """
        self._size, self._units_per_um = size, units_per_um
        self._image = None
        self.update()

    def show_pose(self, pose: Pose) -> None:
        """Show how the volume will be held, until its picture comes."""
        if self._image is None:
            self._pose = pose
            self.update()

    def show_picture(self, picture: TurnedPicture) -> None:
        """Show the volume."""
        pixels = np.ascontiguousarray(picture.colours)
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
        self._image, self._pose, self._message = image.copy(), picture.pose, ""
        self._image.setDevicePixelRatio(self.devicePixelRatioF())
        self.update()

    def show_message(self, sentence: str) -> None:
        """Say something in place of the picture."""
        self._message, self._image = sentence, None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint picture, box, names and scale bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), GROUND)
        middle = QPointF(self.width() / 2, self.height() / 2)
        if self._pose is not None:
            zoom = self._pose.zoom / self.devicePixelRatioF()
            self._paint_box(painter, middle, zoom, self._pose.turn)
            per_um = self._units_per_um * zoom if self._units_per_um else None
            paint_scale_bar(painter, fitting_scale_bar(self.width(), per_um), QRectF(self.rect()))
        place = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        flags = Qt.AlignmentFlag
        paint_outlined_text(painter, place, flags.AlignLeft | flags.AlignTop, self._title)
        if self._message:
            painter.setPen(EDGE)
            wrapped = flags.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(place, int(wrapped), self._message)

    def _paint_box(self, painter: QPainter, middle: QPointF, zoom: float, turn: Turn) -> None:
        """The picture, and the edges round it; those behind are dashed."""
        placed = corners(self._size, turn)
        farthest = max(product((0, 1), repeat=3), key=lambda corner: placed[corner][0])

        def point(corner: tuple[int, ...]) -> QPointF:
            _, down, right = placed[corner] * zoom
            return middle + QPointF(float(right), float(down))

        if self._image is not None:
            size = self._image.deviceIndependentSize()
            painter.drawImage(middle - QPointF(size.width() / 2, size.height() / 2), self._image)
        for start, stop in EDGES:
            is_hidden = farthest in (start, stop)
            line = Qt.PenStyle.DashLine if is_hidden else Qt.PenStyle.SolidLine
            painter.setPen(QPen(HIDDEN_EDGE if is_hidden else EDGE, 1, line))
            painter.drawLine(point(start), point(stop))
        for axis, name in enumerate("ZYX"):
            self._paint_name(painter, name, point((0, 0, 0)), point(_end_of(axis)))

    def _paint_name(self, painter: QPainter, name: str, start: QPointF, stop: QPointF) -> None:
        """The name of an axis where it ends; none where one looks along it."""
        along = stop - start
        length = float(np.hypot(along.x(), along.y()))
        if length < 2 * MARGIN:
            return
        at = stop + along * (1.5 * MARGIN / length)
        place = QRectF(at.x() - 20, at.y() - 20, 40, 40)
        paint_outlined_text(painter, place, Qt.AlignmentFlag.AlignCenter, name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the volume."""
        self._grabbed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn it."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            way = event.position() - self._grabbed
            self._grabbed = event.position()
            self.turned.emit(way.x() * DEGREES_PER_PX, way.y() * DEGREES_PER_PX, 0.0)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the beginning."""
        self.reset_asked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom."""
        self.zoomed.emit(ZOOM_STEP ** (event.angleDelta().y() / _WHEEL_NOTCH))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn, zoom and reset without a mouse."""
        key = Qt.Key(event.key())
        if key in TURNING_KEYS:
            right, down, clockwise = (DEGREES_PER_KEY * part for part in TURNING_KEYS[key])
            self.turned.emit(right, down, clockwise)
        elif key in ZOOM_KEYS:
            self.zoomed.emit(ZOOM_KEYS[key])
        elif key in RESET_KEYS:
            self.reset_asked.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for a picture that fits."""
        super().resizeEvent(event)
        self.resized.emit()


def _end_of(axis: int) -> tuple[int, int, int]:
    """The corner at the end of an axis."""
    return (int(axis == 0), int(axis == 1), int(axis == 2))
