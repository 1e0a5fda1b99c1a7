"""A parameter is declared once; form, validation, job file, command line and manual follow."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from gvtstudio.domain.errors import UsageError

ParameterKind = Literal["integer", "number", "switch", "choice", "text"]
Value = bool | int | float | str


class Parameter(msgspec.Struct, frozen=True):
    """One declared value the user can set.

    Args:
        name: snake_case; the command line writes it ``--with-dashes``.
        kind: What it holds.
        default: Value when the user sets nothing.
        label: Words in front of the field.
        help: What the number means to a microscopist; shown as tooltip and in ``--help``.
        unit: Shown behind the field: ``µm``, ``s``, ``photons``.
        minimum: Smallest value allowed, for numbers.
        maximum: Largest value allowed, for numbers.
        choices: Values allowed, for choices.
        is_advanced: Folded away in the form.
    """

    name: str
    kind: ParameterKind
    default: Value
    label: str
    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    is_advanced: bool = False

    def validated(self, value: object) -> Value:
        """The value in the declared type.

        Raises:
            UsageError: Wrong type, out of range or no such choice.
        """
        if self.kind == "choice":
            if value not in self.choices:
                raise UsageError(*suggest("choice", str(value), self.choices, f" for {self.label}"))
            return str(value)
        if self.kind == "switch":
            if not isinstance(value, bool):
                raise UsageError(f"{self.label} is on or off, not {value!r}.", "Use true or false.")
            return value
        if self.kind == "text":
            return str(value)
        return self._validated_number(value)

    def _validated_number(self, value: object) -> int | float:
        try:
            number = float(value)  # type: ignore[arg-type]
            whole = int(number)
        except (TypeError, ValueError, OverflowError) as error:
            raise UsageError(
                f"{self.label} must be a number, not {value!r}.", self._range()
            ) from error
        low = self.minimum is not None and number < self.minimum
        high = self.maximum is not None and number > self.maximum
        if low or high or (self.kind == "integer" and whole != number):
            raise UsageError(f"{self.label} cannot be {value}.", self._range())
        return whole if self.kind == "integer" else number

    def _range(self) -> str:
        kind = "a whole number" if self.kind == "integer" else "a number"
        if self.minimum is None and self.maximum is None:
            return f"Give {kind}."
        low = "any" if self.minimum is None else f"{self.minimum:g}"
        high = "any" if self.maximum is None else f"{self.maximum:g}"
        return f"Give {kind} from {low} to {high}{' ' + self.unit if self.unit else ''}."


def suggest(what: str, name: str, known: Iterable[str], where: str = "") -> tuple[str, str]:
    """Message and remedy for a name that does not exist, with the nearest one that does.

    Example:
        >>> suggest("task", "denoisng", ["denoising", "isotropic"])
        ('There is no task "denoisng".', 'Did you mean "denoising"?')
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    remedy = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(names)}."
    return f'There is no {what} "{name}"{where}.', remedy


def validated_values(
    parameters: Sequence[Parameter], given: Mapping[str, object]
) -> dict[str, Value]:
    """Every declared parameter with the value given or its default.

    Raises:
        UsageError: A name that is not declared, or a value out of range.
    """
    declared = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in declared:
            raise UsageError(*suggest("parameter", name, declared))
    return {name: p.validated(given.get(name, p.default)) for name, p in declared.items()}
