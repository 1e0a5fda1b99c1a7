"""One orthogonal plane of one volume: image, plane name, crosshair, scale bar, mouse and wheel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGraphicsScene,
    QGraphicsView,
    QLineEdit,
    QSizePolicy,
    QWidget,
)

from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.luts import Colouring
from gvtstudio.imaging.panel.plane_axes import PlaneName
from gvtstudio.imaging.panel.projection import SLICE, Projection
from gvtstudio.imaging.panel.scale_bar import ScaleBar
from gvtstudio.ui.viewer.camera import ZOOM_STEP
from gvtstudio.ui.viewer.crosshair import paint_crosshair
from gvtstudio.ui.viewer.gestures import (
    FitAsked,
    Hovered,
    Panned,
    Pointed,
    Stepped,
    Unhovered,
    Zoomed,
)
from gvtstudio.ui.viewer.plane_image import PlaneImage
from gvtstudio.ui.viewer.scale_bar import paint_flag, paint_scale_bar
from gvtstudio.ui.viewer.tools import Overlay, Phase, ToolGesture
from gvtstudio.ui.viewer.viewer_colours import LABEL_GROUND, LABEL_TEXT

WHEEL_NOTCH = 120
DARKER_PERCENT = 125
LABEL_MARGIN_PX = 4.0


@dataclass(frozen=True, slots=True)
class PaneView:
    """The part of the space a pane shows: the point in its middle and pixels per unit."""

    right: float
    down: float
    scale: float


class PlanePane(QGraphicsView):
    """Shows a plane it is given; asks for everything else by gestures.

    Args:
        plane: Which of the three planes.
        volume_title: For screen readers.
        parent: Qt owner.
    """

    gestured = Signal(object)  # Gesture
    enlarge_asked = Signal(str)  # PlaneName: this plane large, or all of them again
    tool_used = Signal(object)  # ToolGesture: the left button while a tool is active

    def __init__(self, plane: PlaneName, volume_title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plane = plane
        self.volume = 0
        self._overlays: tuple[Overlay, ...] = ()
        self._is_tool_active = False
        self.projection = SLICE
        self._words: tuple[str, ...] = (plane,)
        self._remark = ""
        self._view = PaneView(0.5, 0.5, 1.0)
        self._crosshair: tuple[float, float] | None = None
        self._voxel = 1.0
        self._scale_bar: ScaleBar | None = None
        self._drag_from: QPointF | None = None
        self._is_space_down = False
        self._wheel_rest = 0
        self.setAccessibleName(f"{plane} plane of {volume_title}")
        self._build()

    def _build(self) -> None:
        scene = QGraphicsScene(self)
        self._image = PlaneImage(scene)
        self.setScene(scene)
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._follow_palette()

    @property
    def limits(self) -> Limits | None:
        """Contrast limits in use."""
        return self._image.limits

    @property
    def values(self) -> np.ndarray | None:
        """The plane on screen as stored in the file, rows first."""
        return self._image.values

    @property
    def place(self) -> QRectF:
        """The rectangle of the space that the plane on screen fills."""
        return self._image.place

    @property
    def colouring(self) -> Colouring:
        """Colours in use."""
        return self._image.colouring

    def set_overlays(self, overlays: tuple[Overlay, ...]) -> None:
        """What is painted over image and crosshair, the last on top."""
        self._overlays = overlays
        self.repaint_soon()

    def set_tool_active(self, is_active: bool) -> None:
        """Whether the left button belongs to a tool instead of the crosshair."""
        self._is_tool_active = is_active
        self._show_cursor()

    def set_remark(self, text: str) -> None:
        """A remark on the plane, shown beside its name where there is room."""
        self._remark = text
        self.setToolTip(text)
        self.repaint_soon()

    def set_plane(self, values: np.ndarray | None, place: QRectF = QRectF()) -> None:  # noqa: B008
        """Show a plane in a place of the space, or nothing."""
        self._image.set_values(values, place)
        self.repaint_soon()

    def set_projection(self, projection: Projection, words: Sequence[str]) -> None:
        """Say what the plane on screen is made of.

        Args:
            projection: A slice, or several planes.
            words: The same for the user, from the longest to the shortest.
        """
        self.projection, self._words = projection, tuple(words)
        self.repaint_soon()

    def set_limits(self, limits: Limits | None) -> None:
        """Contrast limits; without, the image stays hidden instead of showing something untrue."""
        self._image.set_limits(limits)
        self.repaint_soon()

    def set_colouring(self, colouring: Colouring) -> None:
        """How intensities become colours; a gamma is said over the image."""
        self._image.set_colouring(colouring)
        self.repaint_soon()

    def set_ground(self, colour: QColor) -> None:
        """What voxels that are no finite number look like."""
        self._image.set_ground(colour)

    def set_view(self, view: PaneView) -> None:
        """Show this part of the space."""
        self._view = view
        self._image.set_view(self.visible_part(), view.scale)
        self.repaint_soon()

    def set_crosshair(self, point: tuple[float, float] | None, voxel: float = 1.0) -> None:
        """Cross two lines in the middle of a voxel of the given size."""
        self._crosshair = point
        self._voxel = voxel
        self.repaint_soon()

    def set_scale_bar(self, bar: ScaleBar | None) -> None:
        """Show a scale bar, or none."""
        self._scale_bar = bar
        self.repaint_soon()

    def visible_part(self) -> QRectF:
        """What is on screen, in the space."""
        size = self.viewport().size()
        width, height = size.width() / self._view.scale, size.height() / self._view.scale
        return QRectF(self._view.right - width / 2, self._view.down - height / 2, width, height)

    def to_screen(self, right: float, down: float) -> QPointF:
        """Pixel of the pane at which a point of the space lies."""
        size = self.viewport().size()
        return QPointF(
            (right - self._view.right) * self._view.scale + size.width() / 2,
            (down - self._view.down) * self._view.scale + size.height() / 2,
        )

    def to_space(self, pixel: QPointF) -> tuple[float, float]:
        """Point of the space that lies at a pixel of the pane."""
        part = self.visible_part()
        return (
            part.left() + pixel.x() / self._view.scale,
            part.top() + pixel.y() / self._view.scale,
        )

    def repaint_soon(self) -> None:
        """Paint anew: an overlay has changed."""
        self.viewport().update()

    def _follow_palette(self) -> None:
        # A little darker than the window in either theme: white would glare beside dark images.
        window = self.palette().color(QPalette.ColorRole.Window)
        self.setBackgroundBrush(window.darker(DARKER_PERCENT))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the image, and over it names and lines in whole pixels."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        self.paint_lines(painter)
        self._paint_overlays(painter)
        self._paint_label(painter)
        if self._image.is_shown:
            paint_flag(painter, self.colouring.flag, QRectF(self.viewport().rect()))
        painter.end()

    def paint_lines(self, painter: QPainter) -> None:
        """Crosshair and scale bar, in pixels of the pane; an overlay that covers them does it."""
        frame = self._image_frame()
        if self._crosshair is not None and self._image.is_shown:
            point = self.to_screen(*self._crosshair)
            paint_crosshair(painter, point, frame, self._voxel * self._view.scale)
        if self._scale_bar is not None:
            pane = QRectF(self.viewport().rect())
            # On the image it is easier to compare; small images would vanish beneath it.
            is_large = frame.width() > pane.width() / 2 and frame.height() > pane.height() / 2
            paint_scale_bar(painter, self._scale_bar, frame if is_large else pane)

    def _paint_overlays(self, painter: QPainter) -> None:
        origin, scale = self.to_screen(0, 0), self._view.scale
        for overlay in self._overlays:
            painter.save()
            painter.setTransform(QTransform(scale, 0, 0, scale, origin.x(), origin.y()))
            overlay.paint(painter, self)
            painter.restore()

    def _image_frame(self) -> QRectF:
        """The part of the pane that the image fills, in pixels of the pane."""
        place = self._image.place
        frame = QRectF(
            self.to_screen(place.left(), place.top()),
            self.to_screen(place.right(), place.bottom()),
        )
        return frame & QRectF(self.viewport().rect())

    def _paint_label(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        words = [f"{self._words[0]}: {self._remark}"] if self._remark else []
        words += self._words
        room = self.viewport().width() - 2 * LABEL_MARGIN_PX - 8
        sizes = {text: metrics.size(0, text) for text in words}
        text = next((text for text in words if sizes[text].width() <= room), words[-1])
        size = QSizeF(sizes[text].width() + 8, sizes[text].height() + 2)
        place = QRectF(QPointF(LABEL_MARGIN_PX, LABEL_MARGIN_PX), size)
        painter.fillRect(place, LABEL_GROUND)
        painter.setPen(LABEL_TEXT)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep scene pixels equal to screen pixels."""
        super().resizeEvent(event)
        self.setSceneRect(QRectF(self.viewport().rect()))
        self.set_view(self._view)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._follow_palette()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Left: the crosshair; middle, or left with space: grasp the image."""
        if self._is_pan_button(event):
            self._drag_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._is_tool_active and event.button() == Qt.MouseButton.LeftButton:
            self._use_tool("press", event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._point_at(event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the image or the crosshair; tell where the mouse is."""
        if self._drag_from is not None:
            shift, scale = self._drag_from - event.position(), self._view.scale
            self._drag_from = event.position()
            self.gestured.emit(Panned(self.plane, shift.x() / scale, shift.y() / scale))
        elif event.buttons() & Qt.MouseButton.LeftButton:
            if self._is_tool_active:
                self._use_tool("move", event)
            else:
                self._point_at(event.position())
        self.gestured.emit(Hovered(self.plane, *self.to_space(event.position())))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse is elsewhere."""
        super().leaveEvent(event)
        self.gestured.emit(Unhovered())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the image go."""
        if self._drag_from is not None:
            self._drag_from = None
            self._show_cursor()
        elif self._is_tool_active and event.button() == Qt.MouseButton.LeftButton:
            self._use_tool("release", event)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit everything on screen, or with Ctrl enlarge this plane."""
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.enlarge_asked.emit(self.plane)
        elif self._is_tool_active:
            self._use_tool("double", event)
        else:
            self.gestured.emit(FitAsked())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Slice under the mouse, or zoom with Ctrl; touch pads send parts of a notch."""
        self._wheel_rest += event.angleDelta().y()
        notches = int(self._wheel_rest / WHEEL_NOTCH)
        event.accept()
        if notches == 0:
            return
        self._wheel_rest -= notches * WHEEL_NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            right, down = self.to_space(event.position())
            self.gestured.emit(Zoomed(self.plane, ZOOM_STEP**notches, right, down))
        else:
            self.gestured.emit(Stepped(self.plane, -notches))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space grasps the image; every other key belongs to the window."""
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._is_space_down = True
                self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space lets go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._is_space_down = False
            self._show_cursor()
        else:
            event.ignore()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Take the keyboard for the space key, unless the user is typing."""
        super().enterEvent(event)
        if not isinstance(QApplication.focusWidget(), QAbstractSpinBox | QComboBox | QLineEdit):
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def _is_pan_button(self, event: QMouseEvent) -> bool:
        is_grasp = self._is_space_down and event.button() == Qt.MouseButton.LeftButton
        return is_grasp or event.button() == Qt.MouseButton.MiddleButton

    def _point_at(self, pixel: QPointF) -> None:
        right, down = self.to_space(pixel)
        self.gestured.emit(Pointed(self.plane, right, down))

    def _use_tool(self, phase: Phase, event: QMouseEvent) -> None:
        right, down = self.to_space(event.position())
        modifiers = event.modifiers()
        self.tool_used.emit(ToolGesture(phase, self.volume, self.plane, right, down, modifiers))

    def _show_cursor(self) -> None:
        """What the left button would do."""
        if self._is_tool_active:
            self.setCursor(Qt.CursorShape.CrossCursor)
        else:
            self.unsetCursor()
