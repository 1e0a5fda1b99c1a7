"""Sliders and number boxes for slice, channel and time point."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QSpinBox, QWidget

from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.panel.comparison import Position
from gvtstudio.imaging.panel.plane_axes import PlaneName
from gvtstudio.imaging.panel.projection import Projection
from gvtstudio.ui.viewer.folding_row import FoldingRow
from gvtstudio.ui.viewer.projection_control import ProjectionControl

PositionAxis = Literal["T", "Z", "C"]
WORDS: dict[PositionAxis, str] = {"Z": "Slice", "C": "Channel", "T": "Time point"}


@dataclass(frozen=True, slots=True)
class AxisMoved:
    """The user chose another index, counted from 0, along an axis."""

    axis: PositionAxis
    index: int


class AxisSlider(QWidget):
    """One axis: a slider and a box counted from 1.

    Args:
        axis: Letter shown before the slider.
        parent: Qt owner.
    """

    index_changed = Signal(object)  # AxisMoved

    def __init__(self, axis: PositionAxis, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axis: PositionAxis = axis
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.box = QSpinBox()
        self._count = QLabel()
        self._build()
        self._connect_signals()

    def _build(self) -> None:
        name = QLabel(self._axis)
        name.setToolTip(WORDS[self._axis])
        self.slider.setAccessibleName(f"{WORDS[self._axis]} slider")
        self.slider.setMinimum(1)
        self.slider.setMinimumWidth(30)
        self.box.setAccessibleName(WORDS[self._axis])
        self.box.setMinimum(1)
        self.box.setKeyboardTracking(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in ((name, 0), (self.slider, 1), (self.box, 0), (self._count, 0)):
            row.addWidget(widget, stretch)

    def _connect_signals(self) -> None:
        self.slider.valueChanged.connect(self._on_chosen)
        self.box.valueChanged.connect(self._on_chosen)

    def set_position(self, index: int, count: int) -> None:
        """Show an index of an axis of the given length; an axis of length 1 is hidden."""
        blockers = (QSignalBlocker(self.slider), QSignalBlocker(self.box))
        self.slider.setMaximum(count)
        self.box.setMaximum(count)
        self.slider.setValue(index + 1)
        self.box.setValue(index + 1)
        self._count.setText(f"of {count}")
        self.setVisible(count > 1)
        for blocker in blockers:
            blocker.unblock()

    def _on_chosen(self, number: int) -> None:
        self.index_changed.emit(AxisMoved(self._axis, number - 1))


class PositionBar(QWidget):
    """How planes are shown, and the sliders for Z, C and T, in one row.

    Args:
        parent: Qt owner.
    """

    index_changed = Signal(object)  # AxisMoved
    projection_chosen = Signal(object)  # Projection by plane

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axes: dict[PositionAxis, AxisSlider] = {axis: AxisSlider(axis) for axis in WORDS}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        parts = [(slider, 3 if axis == "Z" else 1) for axis, slider in self.axes.items()]
        self.projections = ProjectionControl()
        row.addWidget(FoldingRow([(self.projections, 0), *parts], self))
        self._connect_signals()

    def show_stack(
        self, info: StackInfo, at: Position, projections: Mapping[PlaneName, Projection]
    ) -> None:
        """Show where the crosshair stands in a stack, and how its planes are shown."""
        times, depth, channels, height, width = info.shape
        self.axes["T"].set_position(at.t, times)
        self.axes["Z"].set_position(at.z, depth)
        self.axes["C"].set_position(at.c, channels)
        step_um = (info.calibration.z_um, info.calibration.y_um, info.calibration.x_um)
        self.projections.show_projections(projections, (depth, height, width), step_um)

    def _connect_signals(self) -> None:
        for slider in self.axes.values():
            slider.index_changed.connect(self.index_changed)
        self.projections.projection_chosen.connect(self.projection_chosen)
