"""Controls for colours and contrast, in one row."""

from dataclasses import dataclass, field

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QWidget,
)

from gvtstudio.domain.figure import LARGEST_GAMMA, SMALLEST_GAMMA
from gvtstudio.imaging.contrast import IntensitySummary, Limits, limits_between
from gvtstudio.imaging.luts import LUTS, Colouring, lookup_table
from gvtstudio.ui.viewer.contrast_menu import AutoChoice, ContrastMenu
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
        auto: What automatic limits follow.
        camera: What the camera can deliver, where the file tells it.
    """

    summary: IntensitySummary | None
    limits: Limits | None
    is_auto: bool
    is_linked: bool
    is_integer: bool
    auto: AutoChoice = field(default_factory=AutoChoice)
    camera: Limits | None = None


class ContrastBar(QWidget):
    """Look-up table, gamma, histogram, limits, Auto, Reset, and whether volumes share limits.

    Args:
        parent: Qt owner.
    """

    lut_chosen = Signal(str)  # name of the row in LUTS
    colouring_changed = Signal()  # other colours are in use: ``colouring``
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
        self.gamma_box = _gamma_box()
        self.auto_box = QCheckBox("Auto")
        self.menu = ContrastMenu(self)
        self.menu_button = QToolButton()
        self.reset_button = QPushButton("Reset")
        self.link_box = QCheckBox("Same for all")
        self.volume_box = QComboBox()
        self._build()
        self._connect_signals()

    def _build(self) -> None:
        self.lut_box.setAccessibleName("Colours")
        self.lut_box.setMinimumWidth(60)  # long names must not push a small window wider
        self.lut_box.setToolTip(
            "Look-up table. HiLo marks saturated voxels red and the lowest blue."
        )
        self.auto_box.setToolTip(
            "Follow the intensities (0.35 % cut at each end, or as chosen beside it); with the "
            "same limits for all, those of the restored stack."
        )
        self.menu_button.setText("…")
        self.menu_button.setAccessibleName("More of contrast")
        self.menu_button.setToolTip("What Auto follows, range of the camera, inverted colours")
        self.menu_button.setMenu(self.menu)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.reset_button.setToolTip("Show the full range, from the smallest to the largest voxel.")
        self.link_box.setToolTip("Show all volumes with the same limits, so that they compare.")
        self.volume_box.setAccessibleName("Volume whose contrast is set")
        self.volume_box.setToolTip("Volume whose contrast is set")
        self.volume_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        limits = _group((self.low_box, self.histogram, self.high_box))
        colours = (self.lut_box, self.gamma_box)
        automatic = (self.auto_box, self.menu_button, self.reset_button)
        choices = _group((*colours, *automatic, self.link_box, self.volume_box))
        self._by_limits = (limits, self.gamma_box, self.auto_box, self.reset_button)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(FoldingRow(((limits, 1), (choices, 0)), self))

    def _connect_signals(self) -> None:
        self.lut_box.activated.connect(self._on_lut_activated)
        self.gamma_box.valueChanged.connect(self._on_colouring_changed)
        self.menu.inverted.connect(self._on_colouring_changed)
        self.menu.linear_asked.connect(lambda: self.gamma_box.setValue(1.0))
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
        """Use another look-up table.

        Raises:
            UsageError: There is none of this name.
        """
        lookup_table(name)
        self.lut_box.setCurrentIndex(self.lut_box.findData(name))
        self._on_colouring_changed()

    @property
    def colouring(self) -> Colouring:
        """How intensities become colours."""
        is_inverted = self.menu.invert_action.isChecked()
        return Colouring(self.lut_box.currentData(), self.gamma_box.value(), is_inverted)

    def show_contrast(self, shown: ContrastShown) -> None:
        """Show limits without sending them back."""
        controls = (self.low_box, self.high_box, self.auto_box, self.link_box)
        blockers = [QSignalBlocker(control) for control in controls]
        self.auto_box.setChecked(shown.is_auto)
        self.link_box.setChecked(shown.is_linked)
        self.volume_box.setVisible(not shown.is_linked and self.volume_box.count() > 1)
        self.menu.show_choice(shown.auto)
        self.menu.show_camera_range(shown.camera)
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
        self._on_colouring_changed()

    def _on_colouring_changed(self) -> None:
        self._show_use()
        self.colouring_changed.emit()

    def _show_use(self) -> None:
        """What changes nothing cannot be changed; a gamma catches the eye."""
        colouring = self.colouring
        for widget in self._by_limits:
            widget.setEnabled(not colouring.is_by_value)
        box = self.gamma_box
        box.setProperty("isUnusual", not colouring.is_linear)
        box.style().unpolish(box)
        box.style().polish(box)

    def _on_number_typed(self) -> None:
        self.limits_chosen.emit(limits_between(self.low_box.value(), self.high_box.value()))

    def _on_reset_clicked(self) -> None:
        self.reset_asked.emit(self.volume_box.currentText())


def _group(controls: tuple[QWidget, ...]) -> QWidget:
    """Controls that stay beside each other."""
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
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


def _gamma_box() -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(SMALLEST_GAMMA, LARGEST_GAMMA)
    box.setSingleStep(0.1)
    box.setValue(1.0)
    box.setPrefix("γ ")
    box.setKeyboardTracking(False)
    box.setAccessibleName("Gamma")
    box.setToolTip(
        "Exponent of the intensity between the limits: below 1 shows what is dim, above 1 what is "
        "bright. Only the display changes, and figures say it. 1 is linear."
    )
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    # Bold when it is not 1.
    box.setFixedWidth(box.fontMetrics().horizontalAdvance("γ 00.000"))
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
