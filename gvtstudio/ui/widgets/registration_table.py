"""How one stack lies in another, in numbers one can judge."""

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QFormLayout, QWidget

from gvtstudio.ui.widgets.labels import styled_label


class RegistrationTable(QWidget):
    """A line for everything that a registration measures.

    Args:
        parent: Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2)
        self.values = {name: styled_label("", "value", self) for name in _WORDS}
        for name, label in self.values.items():
            label.setAccessibleName(name)
            layout.addRow(f"{name}:", label)

    def show_numbers(self, numbers: Mapping[str, float]) -> None:
        """Fill in what was found.

        Args:
            numbers: Those of a ``Registration``; what could not be told is left out of them.
        """
        for name, words in _WORDS.items():
            self.values[name].setText(words(numbers))


def _features(numbers: Mapping[str, float]) -> str:
    return f"{numbers['inliers']:.0f} of {numbers['matches']:.0f} that were matched"


def _left(numbers: Mapping[str, float]) -> str:
    if "residual_pixels" not in numbers:
        return "the field is too small to measure it"
    return f"{numbers['residual_pixels']:.2f} pixels of the finer image"


def _turned(numbers: Mapping[str, float]) -> str:
    degrees = numbers["rotation_degrees"]
    sense = "clockwise" if degrees > 0 else "anticlockwise"
    return f"{_rounded(abs(degrees), 2)}° {sense}"


def _shifted(numbers: Mapping[str, float]) -> str:
    down, across = (numbers[f"shift_{axis}_pixels"] for axis in "yx")
    vertical = f"{_rounded(abs(down), 1)} {'down' if down >= 0 else 'up'}"
    horizontal = f"{_rounded(abs(across), 1)} to the {'right' if across >= 0 else 'left'}"
    return f"{vertical} and {horizontal}, in pixels of the coarser image"


def _correlation(numbers: Mapping[str, float]) -> str:
    before, after = (numbers.get(f"correlation_{when}") for when in ("before", "after"))
    if after is None:
        return "cannot be told"
    return f"{after:.2f}" + ("" if before is None else f", before {before:.2f}")


def _rounded(value: float, digits: int) -> str:
    """Without a minus in front of a zero."""
    return f"{round(value, digits) + 0.0:g}"


def _magnification(numbers: Mapping[str, float]) -> str:
    return f"{numbers['magnification']:.4g}"


def _common(numbers: Mapping[str, float]) -> str:
    return f"{100 * numbers['common_share']:.0f} % of the finer image"


_WORDS: dict[str, Callable[[Mapping[str, float]], str]] = {
    "Still apart by": _left,
    "Correlation": _correlation,
    "Features that agree": _features,
    "Magnification": _magnification,
    "Turned by": _turned,
    "Shifted by": _shifted,
    "In common": _common,
}
"""What a line is called → how it is said."""
