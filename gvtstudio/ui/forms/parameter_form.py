"""A form with one field per declared parameter."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from gvtstudio.domain.parameters import Parameter, ParameterKind, Value

_WHOLE_LIMIT = 2**31 - 1
_NUMBER_LIMIT = 1e12


class _Field(Protocol):
    """What the form asks of the widget of a parameter."""

    def value(self) -> Value:
        """What the user has set."""
        ...

    def set_value(self, value: Value) -> None:
        """Show a value."""
        ...


class _ChoiceField(QComboBox):
    def __init__(self, parameter: Parameter, form: "ParameterForm") -> None:
        super().__init__(form)
        self.addItems(parameter.choices)
        # A long choice must not push the form wider than a small screen allows.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.currentTextChanged.connect(form.tell_change)

    def value(self) -> Value:
        return self.currentText()

    def set_value(self, value: Value) -> None:
        self.setCurrentText(str(value))


class _SwitchField(QCheckBox):
    def __init__(self, parameter: Parameter, form: "ParameterForm") -> None:
        super().__init__(form)
        self.toggled.connect(form.tell_change)

    def value(self) -> Value:
        return self.isChecked()

    def set_value(self, value: Value) -> None:
        self.setChecked(bool(value))


class _TextField(QLineEdit):
    def __init__(self, parameter: Parameter, form: "ParameterForm") -> None:
        super().__init__(form)
        self.textChanged.connect(form.tell_change)

    def value(self) -> Value:
        return self.text()

    def set_value(self, value: Value) -> None:
        self.setText(str(value))


class _WholeField(QSpinBox):
    def __init__(self, parameter: Parameter, form: "ParameterForm") -> None:
        super().__init__(form)
        low, high = parameter.minimum, parameter.maximum
        self.setRange(
            -_WHOLE_LIMIT if low is None else int(low), _WHOLE_LIMIT if high is None else int(high)
        )
        self.setSuffix(f" {parameter.unit}" if parameter.unit else "")
        self.setKeyboardTracking(False)
        self.setGroupSeparatorShown(True)
        self.valueChanged.connect(form.tell_change)

    def set_value(self, value: Value) -> None:
        self.setValue(int(value))


class _NumberField(QDoubleSpinBox):
    def __init__(self, parameter: Parameter, form: "ParameterForm") -> None:
        super().__init__(form)
        low, high = parameter.minimum, parameter.maximum
        self.setDecimals(_decimals(float(parameter.default)))
        self.setRange(
            -_NUMBER_LIMIT if low is None else low, _NUMBER_LIMIT if high is None else high
        )
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.setSuffix(f" {parameter.unit}" if parameter.unit else "")
        self.setKeyboardTracking(False)
        self.valueChanged.connect(form.tell_change)

    def set_value(self, value: Value) -> None:
        self.setValue(float(value))


def _decimals(default: float) -> int:
    """Enough places to change the default by a hundredth of itself."""
    places = 2
    while default and abs(default) < 10 ** (2 - places) and places < 10:
        places += 1
    return places


_FieldClass = (
    type[_ChoiceField]
    | type[_SwitchField]
    | type[_TextField]
    | type[_WholeField]
    | type[_NumberField]
)
_FIELDS: dict[ParameterKind, _FieldClass] = {
    "choice": _ChoiceField,
    "switch": _SwitchField,
    "text": _TextField,
    "integer": _WholeField,
    "number": _NumberField,
}


class ParameterForm(QWidget):
    """Labels, fields, units and tooltips from a table of parameters.

    Args:
        parameters: One row each, in this order.
        parent: Qt parent.
    """

    values_changed = Signal()
    """The user or ``set_values`` changed a field."""

    def __init__(self, parameters: Sequence[Parameter], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields: dict[str, _Field] = {}
        self._widgets: dict[str, QWidget] = {}
        self._absent: set[str] = set()
        self._layout = layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for parameter in parameters:
            field = _FIELDS[parameter.kind](parameter, self)
            self._fields[parameter.name] = field
            self._widgets[parameter.name] = field
            self._fields[parameter.name].set_value(parameter.default)
            field.setToolTip(parameter.help)
            field.setAccessibleName(parameter.label)
            field.setAccessibleDescription(parameter.help)
            layout.addRow(parameter.label, field)
            layout.labelForField(field).setToolTip(parameter.help)

    def values(self) -> dict[str, Value]:
        """The name of every parameter that is shown, with the value now in its field."""
        shown = self._fields.items()
        return {name: field.value() for name, field in shown if name not in self._absent}

    def set_present(self, name: str, *, is_present: bool) -> None:
        """Show a parameter, or leave it out where it makes no sense."""
        (self._absent.discard if is_present else self._absent.add)(name)
        self._layout.setRowVisible(self._widgets[name], is_present)

    def set_values(self, values: Mapping[str, Value]) -> None:
        """Show values; names without a field are passed over."""
        for name, value in values.items():
            if name in self._fields:
                self._fields[name].set_value(value)

    def tell_change(self) -> None:
        """A field has changed."""
        self.values_changed.emit()
