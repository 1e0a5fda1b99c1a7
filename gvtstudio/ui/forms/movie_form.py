"""The way a movie goes, and how fast."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from gvtstudio.domain.movie import FASTEST_FPS, SLOWEST_FPS, SweptAxis
from gvtstudio.domain.stack import StackInfo

_AXES: tuple[tuple[SweptAxis, str, int], ...] = (("z", "Slices (Z)", 1), ("t", "Time points", 0))
_USUAL_FPS = 10.0


class MovieForm(QWidget):
    """The choices; all slices of a stack are proposed, or all its time points.

    Args:
        info: The first stack, which has several of one of them.
        parent: Qt parent.
    """

    choice_changed = Signal()
    """Something else is chosen."""

    def __init__(self, info: StackInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape = info.shape
        self.axis_box = QComboBox(self)
        for name, words, place in _AXES:
            if info.shape[place] > 1:
                self.axis_box.addItem(words, (name, info.shape[place]))
        self.first_box, self.last_box = QSpinBox(self), QSpinBox(self)
        self.fps_box = QDoubleSpinBox(self)
        self.back_box = QCheckBox("Forth and back", self)
        self.text_box = QCheckBox("Slice or time in every frame", self)
        self.limits_box = QComboBox(self)
        self._build()
        self._connect_signals()
        self._on_axis()

    def _build(self) -> None:
        self.fps_box.setRange(SLOWEST_FPS, FASTEST_FPS)
        self.fps_box.setDecimals(1)
        self.fps_box.setValue(_USUAL_FPS)
        self.text_box.setChecked(True)
        self.limits_box.addItems(["As on screen", "From all frames"])
        self.limits_box.setToolTip("Either way they are the same from the first frame to the last.")
        self.back_box.setToolTip("Go back at the end, so that a repeated movie does not jump.")
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        for name, box in (
            ("Through", self.axis_box),
            ("From", self.first_box),
            ("To", self.last_box),
            ("Frames per second", self.fps_box),
            ("Contrast limits", self.limits_box),
        ):
            box.setAccessibleName(name)
            form.addRow(name, box)
        form.addRow("", self.back_box)
        form.addRow("", self.text_box)

    def _connect_signals(self) -> None:
        self.axis_box.currentIndexChanged.connect(self._on_axis)
        for box in (self.first_box, self.last_box, self.fps_box):
            box.valueChanged.connect(self.choice_changed)
        self.back_box.toggled.connect(self.choice_changed)

    @property
    def axis(self) -> SweptAxis:
        """Along what the movie goes."""
        name: SweptAxis = self.axis_box.currentData()[0]
        return name

    @property
    def finds_limits(self) -> bool:
        """Whether contrast limits come from all frames, not from the screen."""
        return bool(self.limits_box.currentIndex())

    @property
    def frames(self) -> int:
        """How many frames it has; 1 or fewer where there is no way."""
        steps = self.last_box.value() - self.first_box.value()
        return 2 * steps if self.back_box.isChecked() else steps + 1

    def problem(self) -> str:
        """Why there is no movie; empty where there is."""
        is_way = self.last_box.value() > self.first_box.value()
        return "" if is_way else "The last must come after the first."

    def _on_axis(self) -> None:
        _, count = self.axis_box.currentData()
        for box, value in ((self.first_box, 1), (self.last_box, count)):
            box.setRange(1, count)
            box.setValue(value)
        self.choice_changed.emit()
