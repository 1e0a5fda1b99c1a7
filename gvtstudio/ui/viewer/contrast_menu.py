"""The rest of contrast: what Auto follows, the camera's range, inverted colours."""

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from gvtstudio.imaging.contrast import AUTO_CUTS, USUAL_CUT, Limits

_CUT_WORDS = {0.0: "Nothing: smallest to largest"}


@dataclass(frozen=True, slots=True)
class AutoChoice:
    """What automatic limits follow.

    Args:
        cut: Per cent cut at each end, one of ``AUTO_CUTS``.
        is_of_plane: Whether of the plane on screen instead of the volume.
    """

    cut: float = USUAL_CUT
    is_of_plane: bool = False


class ContrastMenu(QMenu):
    """Choices behind the button beside Auto.

    Args:
        parent: Qt owner.
    """

    auto_chosen = Signal(object)  # AutoChoice
    camera_asked = Signal()  # show what the camera can deliver
    inverted = Signal(bool)  # the look-up table turned round, or not
    linear_asked = Signal()  # gamma 1

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self._sources = self._group("Auto follows", {0: "Whole Volume", 1: "Plane on Screen"})
        words = {cut: _CUT_WORDS.get(cut, f"{cut:g} % at Each End") for cut in AUTO_CUTS}
        self._cuts = self._group("Auto cuts", words)
        self.addSection("Limits")
        self.camera_action = self.addAction("Range of the Camera")
        self.addSection("Colours")
        self.invert_action = self.addAction("Inverted")
        self.invert_action.setCheckable(True)
        self.linear_action = self.addAction("Linear (γ 1)")
        self.show_choice(AutoChoice())
        self.camera_action.triggered.connect(self.camera_asked)
        self.invert_action.toggled.connect(self.inverted)
        self.linear_action.triggered.connect(self.linear_asked)

    def _group(self, title: str, words: dict[float, str]) -> QActionGroup:
        """Choices of which one holds."""
        self.addSection(title)
        group = QActionGroup(self)
        for value, text in words.items():
            action = self.addAction(text)
            action.setCheckable(True)
            action.setData(value)
            group.addAction(action)
        group.triggered.connect(self._on_triggered)
        return group

    @property
    def choice(self) -> AutoChoice:
        """What automatic limits follow."""
        source, cut = self._sources.checkedAction(), self._cuts.checkedAction()
        return AutoChoice(cut.data(), is_of_plane=bool(source.data()))

    def show_choice(self, choice: AutoChoice) -> None:
        """Tick what is in use."""
        for group, value in ((self._cuts, choice.cut), (self._sources, choice.is_of_plane)):
            next(action for action in group.actions() if action.data() == value).setChecked(True)

    def show_camera_range(self, limits: Limits | None) -> None:
        """Offer the range of the camera where the file tells it."""
        self.camera_action.setEnabled(limits is not None)
        words = "not told by the file" if limits is None else f"0–{limits.high:g}"
        self.camera_action.setText(f"Range of the Camera ({words})")

    def _on_triggered(self) -> None:
        self.auto_chosen.emit(self.choice)
