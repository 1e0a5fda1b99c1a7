"""How a figure is to be drawn."""

from collections.abc import Mapping

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QPlainTextEdit,
    QWidget,
)

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.figure import (
    BACKGROUNDS,
    LARGEST_SCALE,
    FigureRequest,
    scale_bar_from,
)

ONLY_XY = "XY alone"
_WIDTH = 300
_CAPTION_HEIGHT = 90


class FigureForm(QWidget):
    """The choices; what is on screen is proposed.

    Args:
        request: What is on screen.
        parent: Qt parent.
    """

    choice_changed = Signal()
    """Something else is chosen."""

    def __init__(self, request: FigureRequest, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seen = request
        self.planes_box = _box(self, "Planes", {"XY, XZ and YZ": False, ONLY_XY: True})
        self.part_box = _box(
            self, "Part", {"What is on screen": request.part, "The whole stack": None}
        )
        self.zoom_box = _box(
            self,
            "Size",
            {
                f"On screen: {request.zoom:.3g} px per voxel": request.zoom,
                "1 px per voxel, more if tiny": 0.0,
            },
        )
        times = {f"{scale}×": scale for scale in range(1, LARGEST_SCALE + 1)}
        self.scale_box = _box(self, "Resolution", times)
        names = {name.capitalize(): name for name in BACKGROUNDS}
        self.background_box = _box(self, "Background", names)
        self.bar_box = _box(self, "Scale bar (µm)", {"auto": "auto", "none": "none"})
        self.crosshair_box = QCheckBox("Crosshair", self)
        self.caption_box = QCheckBox("Caption", self)
        self.caption_edit = QPlainTextEdit(self)
        self._build()
        self._connect_signals()

    def _build(self) -> None:
        self.bar_box.setEditable(True)
        self.crosshair_box.setChecked(self._seen.has_crosshair)
        self.caption_box.setChecked(self._seen.has_caption)
        self.caption_edit.setAccessibleName("Caption")
        self.caption_edit.setTabChangesFocus(True)
        self.caption_edit.setFixedHeight(_CAPTION_HEIGHT)
        self.caption_edit.setPlaceholderText(
            "Files, models, position, contrast limits and colours. Type here to write your own."
        )
        self.scale_box.setToolTip("The same figure with so many times the pixels along each side.")
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        for box in self._boxes():
            form.addRow(box.accessibleName(), box)
        form.setRowVisible(self.part_box, self._seen.part is not None)
        form.addRow("", self.crosshair_box)
        form.addRow("", self.caption_box)
        form.addRow(self.caption_edit)
        self.setFixedWidth(_WIDTH)

    def _boxes(self) -> tuple[QComboBox, ...]:
        return (
            self.planes_box,
            self.part_box,
            self.zoom_box,
            self.scale_box,
            self.background_box,
            self.bar_box,
        )

    def _connect_signals(self) -> None:
        for box in self._boxes():
            box.currentTextChanged.connect(self._on_changed)
        for tick in (self.crosshair_box, self.caption_box):
            tick.toggled.connect(self._on_changed)
        self.caption_edit.textChanged.connect(self._on_changed)

    def _on_changed(self) -> None:
        self.caption_edit.setEnabled(self.caption_box.isChecked())
        self.choice_changed.emit()

    def problem(self) -> str:
        """Why the choice cannot be drawn; empty where it can."""
        try:
            scale_bar_from(self.bar_box.currentText())
        except UsageError as error:
            return error.sentence()
        return ""

    def request(self) -> FigureRequest:
        """What is chosen, without a file."""
        return replace(
            self._seen,
            only_xy=self.planes_box.currentData(),
            part=None if self.part_box.currentIndex() else self._seen.part,
            zoom=self.zoom_box.currentData(),
            scale=self.scale_box.currentData(),
            background=self.background_box.currentData(),
            scale_bar=self.bar_box.currentText(),
            has_crosshair=self.crosshair_box.isChecked(),
            has_caption=self.caption_box.isChecked(),
            caption=self.caption_edit.toPlainText().strip(),
        )


def _box(parent: QWidget, name: str, choices: Mapping[str, object]) -> QComboBox:
    """A choice whose first is taken."""
    box = QComboBox(parent)
    box.setAccessibleName(name)
    for words, value in choices.items():
        box.addItem(words, value)
    return box
