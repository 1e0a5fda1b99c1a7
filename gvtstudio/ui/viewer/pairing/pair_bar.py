"""The row of controls in which two volumes are set against each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QToolButton, QWidget

from gvtstudio.imaging.luts import DIVERGING
from gvtstudio.imaging.maps import MAPS, MapKind
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.ui.viewer.folding_row import FoldingRow

NO_MAP = "No map"


@dataclass(frozen=True, slots=True)
class PairChoice:
    """What the user asks for.

    Args:
        first: Index of the volume that is replaced, left of the curtain, and a map's reference.
        second: Index of the one that is compared with it.
        kind: Row of ``MAPS``; ``None`` for no map.
        is_matched: Whether gain and offset are taken out of maps.
        lut: Row of ``DIVERGING``.
    """

    first: int = 0
    second: int = 1
    kind: MapKind | None = None
    is_matched: bool = True
    lut: str = "vik"


class PairBar(FoldingRow):
    """Which two volumes, which map, and switches for flicker and curtain.

    Args:
        parent: Qt owner.
    """

    changed = Signal()  # the user chose something else

    def __init__(self, parent: QWidget | None = None) -> None:
        self.first_box = _box("First stack", "The stack that the other is compared with.")
        self.second_box = _box("Second stack", "The stack that is compared with the first.")
        self.flicker_button = _switch(
            "Flicker", "Show the second stack in place of the first (hold B over the images)."
        )
        self.curtain_button = _switch(
            "Curtain", "The first stack left of a line that can be dragged, the second right of it."
        )
        self.map_box = _box("Map", "How the second stack differs from the first, as a column.")
        self.match_box = QCheckBox("Match gain and offset")
        self.match_box.setToolTip(
            "Bring the second stack to the first by least squares before the map is made, "
            "as Measure does; without it, raw intensities are compared."
        )
        self.lut_box = _box(
            "Colours of the map", "Colours of differences, light where there are none."
        )
        self._build()
        pair = _together(self.first_box, QLabel("→"), self.second_box)
        tools = _together(self.flicker_button, self.curtain_button)
        maps = _together(self.map_box, self.match_box, self.lut_box)
        super().__init__(((pair, 0), (tools, 0), (maps, 0), (QWidget(), 1)), parent)
        self._connect_signals()
        self._follow_kind()

    def _build(self) -> None:
        self.match_box.setChecked(True)
        self.map_box.addItem(NO_MAP, None)
        for kind, row in MAPS.items():
            self.map_box.addItem(row.title, kind)
        for name, lut in DIVERGING.items():
            self.lut_box.addItem(lut.title, name)

    def _connect_signals(self) -> None:
        for box in (self.first_box, self.second_box, self.map_box, self.lut_box):
            box.currentIndexChanged.connect(self._on_changed)
        for button in (self.flicker_button, self.curtain_button, self.match_box):
            button.toggled.connect(self._on_changed)

    @property
    def choice(self) -> PairChoice:
        """What is chosen now."""
        return PairChoice(
            self.first_box.currentIndex(),
            self.second_box.currentIndex(),
            self.map_box.currentData(),
            self.match_box.isChecked(),
            self.lut_box.currentData(),
        )

    def set_volumes(self, volumes: Sequence[ViewerVolume]) -> None:
        """Offer other volumes; the first and the restored one, or else the second, are chosen.

        Other stacks with the same titles stand in the same places: what was chosen stays.
        """
        titles = [volume.title for volume in volumes]
        offered = [self.first_box.itemText(i) for i in range(self.first_box.count())]
        self.setVisible(len(volumes) > 1)
        if titles == offered:
            return
        restored = [i for i, volume in enumerate(volumes) if volume.is_restored and i > 0]
        for box, index in ((self.first_box, 0), (self.second_box, (restored or [1])[0])):
            with QSignalBlocker(box):
                box.clear()
                box.addItems(titles)
                box.setCurrentIndex(index)

    def choose_map(self, kind: MapKind | None) -> None:
        """Show a map, or none."""
        self.map_box.setCurrentIndex(self.map_box.findData(kind))

    def _on_changed(self, _changed: object) -> None:
        self._follow_kind()
        self.changed.emit()

    def _follow_kind(self) -> None:
        """Only what changes something can be chosen."""
        kind = self.choice.kind
        self.match_box.setVisible(kind is not None)
        self.lut_box.setVisible(kind is not None and MAPS[kind].is_signed)


def _box(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box


def _switch(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(True)
    return button


def _together(*widgets: QWidget) -> QWidget:
    part = QWidget()
    row = QHBoxLayout(part)
    row.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        row.addWidget(widget)
    return part
