"""Controls for colours and contrast, in one row."""

from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from gvtstudio.imaging.contrast import IntensitySummary, Limits, limits_between
from gvtstudio.imaging.luts import LUTS
from gvtstudio.ui.viewer.folding_row import FoldingRow
from gvtstudio.ui.viewer.histogram import HistogramView

LARGEST_INTENSITY = 1e12


@dataclass(frozen=True, slots=True)
class ContrastShown:
    """What the row shows.

    Args:
        summary: Intensities behind the histogram.
        limits: Limits in use.
        is_auto: Whether limits follow the percentiles.
        is_linked: Whether one pair of limits holds for all volumes.
        is_integer: Whether intensities are whole numbers.
    """

    summary: IntensitySummary | None
    limits: Limits | None
    is_auto: bool
    is_linked: bool
    is_integer: bool


class ContrastBar(QWidget):
    """Look-up table, histogram, limits, Auto, Reset, and whether volumes share limits.

    Args:
        parent: Qt owner.
    """

    lut_chosen = Signal(str)  # name of the row in LUTS
    limits_chosen = Signal(object)  # Limits
    auto_toggled = Signal(bool)  # limits follow the percentiles
    reset_asked = Signal(str)  # title of the volume
    link_toggled = Signal(bool)  # one pair of limits for all
    volume_chosen = Signal(int)  # volume whose limits are edited when each has its own

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lut_box = QComboBox()
        for name, lut in LUTS.items():
            self.lut_box.addItem(lut.title, name)
        self.histogram = HistogramView()
        self.low_box, self.high_box = _intensity_box("Darkest"), _intensity_box("Brightest")
        self.auto_box = QCheckBox("Auto")
        self.reset_button = QPushButton("Reset")
        self.link_box = QCheckBox("Same for all")
        self.volume_box = QComboBox()
        self._build()
        self._connect_signals()

    def _build(self) -> None:
        self.lut_box.setAccessibleName("Colours")
        self.lut_box.setToolTip(
            "Look-up table. HiLo marks saturated voxels red and the lowest blue."
        )
        self.auto_box.setToolTip(
            "Follow the intensities (0.35 % cut at each end); with the same limits for all, "
            "those of the restored stack."
        )
        self.reset_button.setToolTip("Show the full range, from the smallest to the largest voxel.")
        self.link_box.setToolTip("Show all volumes with the same limits, so that they compare.")
        self.volume_box.setAccessibleName("Volume whose contrast is set")
        self.volume_box.setToolTip("Volume whose contrast is set")
        self.volume_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        limits = _group((self.low_box, self.histogram, self.high_box))
        choices = _group(
            (self.lut_box, self.auto_box, self.reset_button, self.link_box, self.volume_box)
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(FoldingRow(((limits, 1), (choices, 0)), self))

    def _connect_signals(self) -> None:
        self.lut_box.activated.connect(self._on_lut_activated)
        self.histogram.limits_dragged.connect(self.limits_chosen)
        self.low_box.valueChanged.connect(self._on_number_typed)
        self.high_box.valueChanged.connect(self._on_number_typed)
        self.auto_box.toggled.connect(self.auto_toggled)
        self.reset_button.clicked.connect(self._on_reset_clicked)
        self.link_box.toggled.connect(self.link_toggled)
        self.volume_box.activated.connect(self.volume_chosen)

    def set_volumes(self, titles: list[str]) -> None:
        """The volumes that can have limits of their own."""
        self.volume_box.clear()
        self.volume_box.addItems(titles)
        self.link_box.setVisible(len(titles) > 1)

    def set_lut(self, name: str) -> None:
        """Show which look-up table is in use."""
        self.lut_box.setCurrentIndex(self.lut_box.findData(name))

    def show_contrast(self, shown: ContrastShown) -> None:
        """Show limits without sending them back."""
        controls = (self.low_box, self.high_box, self.auto_box, self.link_box)
        blockers = [QSignalBlocker(control) for control in controls]
        self.auto_box.setChecked(shown.is_auto)
        self.link_box.setChecked(shown.is_linked)
        self.volume_box.setVisible(not shown.is_linked and self.volume_box.count() > 1)
        self.histogram.set_summary(shown.summary, shown.limits)
        if shown.limits is not None:
            for box, value in (
                (self.low_box, shown.limits.low),
                (self.high_box, shown.limits.high),
            ):
                box.setDecimals(_decimals(shown.limits, is_integer=shown.is_integer))
                box.setSingleStep((shown.limits.high - shown.limits.low) / 50 or 1)
                box.setValue(value)
        for blocker in blockers:
            blocker.unblock()

    def _on_lut_activated(self, index: int) -> None:
        self.lut_chosen.emit(self.lut_box.itemData(index))

    def _on_number_typed(self) -> None:
        self.limits_chosen.emit(limits_between(self.low_box.value(), self.high_box.value()))

    def _on_reset_clicked(self) -> None:
        self.reset_asked.emit(self.volume_box.currentText())


def _group(controls: tuple[QWidget, ...]) -> QWidget:
    """Controls that stay beside each other."""
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    for control in controls:
        row.addWidget(control)
    return group


def _intensity_box(name: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(-LARGEST_INTENSITY, LARGEST_INTENSITY)
    box.setKeyboardTracking(False)
    box.setAccessibleName(f"{name} intensity")
    box.setToolTip(f"{name} intensity shown")
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    # The range would make the box as wide as its largest number.
    box.setFixedWidth(box.fontMetrics().horizontalAdvance("0000000.000"))
    return box


def _decimals(limits: Limits, *, is_integer: bool) -> int:
    """Enough decimals to tell the two limits apart by some hundred steps."""
    span = limits.high - limits.low
    if is_integer and float(limits.low).is_integer() and float(limits.high).is_integer():
        return 0
    decimals = 0
    while span < 1000 and decimals < 8:
        span *= 10
        decimals += 1
    return decimals
