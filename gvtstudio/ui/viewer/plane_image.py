"""The image of a pane: draws only voxels that are on screen, at no more than screen detail.

So a plane of 4096 × 4096 voxels costs no more than the pixels of the pane it is shown in.
"""

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QTransform
from PySide6.QtWidgets import QGraphicsRectItem, QGraphicsScene

from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.luts import Colouring
from gvtstudio.imaging.panel.painted import label_indices
from gvtstudio.ui.viewer.pyqtgraph_setup import make_image_item
from gvtstudio.ui.viewer.viewer_colours import NOT_A_NUMBER

# Scaled to the limits, a number of this size still is one in float32.
LARGEST_DRAWN = 1e28


@dataclass(frozen=True, slots=True)
class DrawnPart:
    """Voxels that are drawn: every ``step``-th of some rows and columns."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    step: int


class PlaneImage:
    """A plane in a scene measured in screen pixels.

    Args:
        scene: Where it is drawn.
    """

    def __init__(self, scene: QGraphicsScene) -> None:
        self.values: np.ndarray | None = None
        self._limits: Limits | None = None
        self._colouring = Colouring()
        self._visible = QRectF()
        self._scale = 1.0
        self._drawn: DrawnPart | None = None
        # The ground is what voxels that are no finite number, which are transparent, show; it
        # moves the image along.
        self._ground = QGraphicsRectItem()
        self._ground.setBrush(NOT_A_NUMBER)
        self._ground.setPen(Qt.PenStyle.NoPen)
        self._ground.hide()
        self._item = make_image_item()
        self._item.setParentItem(self._ground)
        scene.addItem(self._ground)

    @property
    def is_shown(self) -> bool:
        """Whether there is a plane, with limits to show it by."""
        return self.values is not None and self._limits is not None

    @property
    def limits(self) -> Limits | None:
        """Contrast limits in use."""
        return self._limits

    @property
    def colouring(self) -> Colouring:
        """Colours in use."""
        return self._colouring

    @property
    def place(self) -> QRectF:
        """The rectangle of the space the plane fills."""
        return self._ground.rect()

    def set_values(self, values: np.ndarray | None, place: QRectF) -> None:
        """Show a plane in a place of the space, or nothing."""
        self.values = values
        if values is not None:
            self._ground.setRect(place)
        self._drawn = None
        self._draw()

    def set_ground(self, colour: QColor) -> None:
        """What voxels that are no finite number look like."""
        self._ground.setBrush(colour)

    def set_limits(self, limits: Limits | None) -> None:
        """Without limits the image stays hidden instead of showing something untrue."""
        self._limits = limits
        self._set_levels()
        self._draw()

    def set_colouring(self, colouring: Colouring) -> None:
        """How intensities become colours."""
        if colouring.is_by_value != self._colouring.is_by_value:
            self._drawn = None
        self._colouring = colouring
        self._item.setLookupTable(colouring.table)
        self._set_levels()
        self._draw()

    def _set_levels(self) -> None:
        if self._colouring.is_by_value:
            self._item.setLevels((0, 256))
        elif self._limits is not None:
            self._item.setLevels((self._limits.low, self._limits.high))

    def set_view(self, visible: QRectF, scale: float) -> None:
        """Show this part of the space at so many pixels per unit."""
        self._visible, self._scale = visible, scale
        self._ground.setTransform(
            QTransform(scale, 0, 0, scale, -visible.left() * scale, -visible.top() * scale)
        )
        self._draw()

    def _draw(self) -> None:
        self._ground.setVisible(self.is_shown)
        if self.values is None or self._limits is None:
            return
        part = self._part_on_screen(self.values.shape)
        if part == self._drawn:
            return
        self._drawn = part
        rows, columns = slice(*part.rows, part.step), slice(*part.columns, part.step)
        shown = np.ascontiguousarray(self.values[rows, columns])
        cut = drawable_labels(shown) if self._colouring.is_by_value else displayable(shown)
        self._item.setVisible(cut.size > 0)
        if cut.size > 0:
            self._item.setImage(cut, autoLevels=False)
            self._item.setRect(self._rect_of(part, cut.shape, self.values.shape))

    def _part_on_screen(self, shape: tuple[int, ...]) -> DrawnPart:
        """The voxels on screen, and how many of them fall on one screen pixel."""
        width, height = self._voxel_size(shape)
        top, left = self._visible.top() - self.place.top(), self._visible.left() - self.place.left()
        step = max(1, floor(1 / (max(width, height) * self._scale)))
        return DrawnPart(
            _span(top / height, self._visible.height() / height, shape[0], step),
            _span(left / width, self._visible.width() / width, shape[1], step),
            step,
        )

    def _rect_of(self, part: DrawnPart, count: tuple[int, ...], shape: tuple[int, ...]) -> QRectF:
        """Where ``count`` drawn rows and columns of a plane of the given shape lie."""
        width, height = self._voxel_size(shape)
        return QRectF(
            self.place.left() + part.columns[0] * width,
            self.place.top() + part.rows[0] * height,
            count[1] * part.step * width,
            count[0] * part.step * height,
        )

    def _voxel_size(self, shape: tuple[int, ...]) -> tuple[float, float]:
        """Width and height of a voxel in the space."""
        return self.place.width() / shape[1], self.place.height() / shape[0]


def _span(start: float, length: float, count: int, step: int) -> tuple[int, int]:
    """Whole voxels of a stretch, from a multiple of the step, so that panning does not flicker."""
    first = max(0, floor(start / step) * step)
    return first, max(first, min(count, ceil(start + length)))


def displayable(values: np.ndarray) -> np.ndarray:
    """Voxels in a type pyqtgraph draws: booleans as 0 and 1, rare types as float32.

    NaN stays NaN, and infinite voxels become it: both are drawn as what they are, no intensity.
    """
    if values.dtype == np.bool_:
        return values.astype(np.uint8)
    if values.dtype in (np.uint8, np.uint16, np.int16):
        return values
    if values.dtype.kind == "f":
        is_infinite = np.isinf(values)
        values = np.clip(values, -LARGEST_DRAWN, LARGEST_DRAWN) if values.itemsize > 2 else values
        values = values.astype(np.float32)
        values[is_infinite] = np.nan
        return values
    return values.astype(np.float32)


def drawable_labels(values: np.ndarray) -> np.ndarray:
    """The colour of each label in a table that goes by value; NaN where there is no label."""
    indices = label_indices(values)
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return indices
    return np.where(np.isfinite(values), indices, np.nan).astype(np.float32)
