"""Fields for what can be set for a training, those that matter on top."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gvtstudio.domain.parameters import Value
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.training_parameters import LENGTH, training_values
from gvtstudio.ui.forms.parameter_form import ParameterForm
from gvtstudio.ui.widgets.folded_part import FoldedPart

_PRESET = "preset"
PROPOSED = "standard"
"""A beginner is better served with a time than with a number of steps."""


class TrainingParameters(QWidget):
    """The parameters of a task, with what follows from a preset shown in the fields it sets.

    What the user has not touched is left to the training, whose defaults depend on the rest.

    Args:
        task: Whose parameters.
        parent: Qt parent.
    """

    values_changed = Signal()
    """Something else is set now."""

    def __init__(self, task: TaskSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = task.train_parameters
        presets = next((row.choices for row in self._rows if row.name == _PRESET), ())
        self._given: dict[str, Value] = {_PRESET: PROPOSED} if PROPOSED in presets else {}
        self._adapts = False
        self._is_filling = False
        self.top = ParameterForm([row for row in self._rows if not row.is_advanced], self)
        self.advanced = ParameterForm([row for row in self._rows if row.is_advanced], self)
        self.more = FoldedPart("More options", self)
        self.more.set_content(self.advanced)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.top)
        column.addWidget(self.more)
        for form in (self.top, self.advanced):
            form.values_changed.connect(self._on_changed)
        self._fill()

    @property
    def given(self) -> dict[str, Value]:
        """What the user has set."""
        return dict(self._given)

    @property
    def effective(self) -> dict[str, Value]:
        """What the training will go by."""
        return training_values(self._rows, self._given, adapts=self._adapts)

    def set_adapts(self, adapts: bool) -> None:
        """Show the defaults of a training that begins with a model, or of one from nothing."""
        if adapts != self._adapts:
            self._adapts = adapts
            self._fill()

    def set_values(self, values: Mapping[str, Value]) -> None:
        """Set parameters as a user does."""
        for form in (self.top, self.advanced):
            form.set_values(values)

    def _shown(self) -> dict[str, Value]:
        return self.top.values() | self.advanced.values()

    def _on_changed(self) -> None:
        if self._is_filling:
            return
        now = self._shown()
        changed = {name: value for name, value in now.items() if value != self._last[name]}
        if _PRESET in changed:  # a preset that is chosen now is meant to be seen
            for name in LENGTH:
                self._given.pop(name, None)
        self._given |= changed
        self._fill()
        self.values_changed.emit()

    def _fill(self) -> None:
        with self._filling():
            self.set_values(self.effective)
        self._last = self._shown()

    @contextmanager
    def _filling(self) -> Iterator[None]:
        self._is_filling = True
        try:
            yield
        finally:
            self._is_filling = False
