"""In which voxel type a stack is written, and what becomes of its intensities."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import ExportDtype
from gvtstudio.domain.quantities import limits_from
from gvtstudio.domain.specs import ExporterSpec
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.export import nearest_type

_WORDS: dict[ExportDtype, str] = {
    "uint8": "8 bit whole numbers (uint8)",
    "uint16": "16 bit whole numbers (uint16)",
    "float32": "32 bit real numbers (float32)",
}
_INTEGERS = ("uint8", "uint16")


class ConversionFields(QObject):
    """The voxel type, and for whole numbers whether intensities keep their units.

    Args:
        layout: Gets a row for each.
        parent: Qt parent of the fields.
    """

    changed = Signal()
    """Another type, or other limits."""

    def __init__(self, layout: QFormLayout, parent: QWidget) -> None:
        super().__init__(parent)
        self._layout = layout
        self.type_box = QComboBox(parent)
        self.type_box.setAccessibleName("Voxel type")
        self.way_box = QComboBox(parent)
        self.way_box.setAccessibleName("Intensities")
        self.way_box.addItems(("Keep their values", "Spread these limits"))
        self._limits_row = QWidget(parent)
        self.low_edit, self.high_edit = (QLineEdit(self._limits_row) for _ in range(2))
        self._top = QLabel(self._limits_row)
        self._build()
        self.type_box.currentIndexChanged.connect(self._show_what_applies)
        self.way_box.currentIndexChanged.connect(self._show_what_applies)
        for edit in (self.low_edit, self.high_edit):
            edit.textChanged.connect(self.changed)

    def _build(self) -> None:
        self.way_box.setToolTip(
            "Values stay in their units; what lies beyond the type is clipped, and you are told "
            "how much of it. Or two limits become 0 and the largest value, as for a picture."
        )
        row = QHBoxLayout(self._limits_row)
        row.setContentsMargins(0, 0, 0, 0)
        for words, edit in (("from", self.low_edit), ("to", self.high_edit)):
            edit.setAccessibleName(f"Limit: {words}")
            edit.setToolTip("At first as the stack is shown; the same for all channels.")
            row.addWidget(QLabel(words, self._limits_row))
            row.addWidget(edit, 1)
        row.addWidget(self._top)
        self._layout.addRow("Voxel type", self.type_box)
        self._layout.addRow("Intensities", self.way_box)
        self._layout.addRow("Limits", self._limits_row)

    @property
    def dtype(self) -> ExportDtype:
        """The type, as an ``ExportRequest`` names it."""
        dtype: ExportDtype = self.type_box.currentData()
        return dtype

    def limits(self) -> tuple[float, float] | None:
        """What becomes 0 and the largest value; ``None`` where values are kept.

        Raises:
            UsageError: What is typed is none.
        """
        if not self._spreads:
            return None
        return limits_from(f"{self.low_edit.text()},{self.high_edit.text()}")

    def problem(self) -> str:
        """What is wrong with the limits."""
        try:
            self.limits()
        except UsageError:
            return "Type two limits, the smaller first."
        return ""

    def offer(self, stacks: Sequence[StackInfo], exporter: ExporterSpec) -> None:
        """Offer the types in which a format can hold these stacks."""
        chosen = self.type_box.currentData()
        nearest = {nearest_type(info, exporter) for info in stacks}
        types = sorted({info.dtype for info in stacks})
        # one type for all, where some cannot be written as they are
        wanted: tuple[ExportDtype, ...] = ("float32", "uint8", "same")
        first = next(dtype for dtype in wanted if dtype in nearest)
        with QSignalBlocker(self.type_box):
            self.type_box.clear()
            self.type_box.addItem(_first_words(first, types, exporter), first)
            for dtype, words in _WORDS.items():
                if dtype != first and dtype in exporter.dtypes and types != [dtype]:
                    self.type_box.addItem(words, dtype)
            self.type_box.setCurrentIndex(max(0, self.type_box.findData(chosen)))
        self._show_what_applies()

    def propose_limits(
        self, stacks: Sequence[StackInfo], shown: tuple[float, float] | None
    ) -> None:
        """Fill in the contrast limits on screen, or else what the camera could deliver."""
        limits = shown or _range_of(stacks)
        texts = ("", "") if limits is None else tuple(f"{limit:.6g}" for limit in limits)
        for edit, text in zip((self.low_edit, self.high_edit), texts, strict=True):
            edit.setText(text)

    @property
    def _spreads(self) -> bool:
        return self.dtype in _INTEGERS and self.way_box.currentIndex() == 1

    def _show_what_applies(self) -> None:
        is_integer = self.dtype in _INTEGERS
        if is_integer:
            self._top.setText(f"over 0 to {np.iinfo(self.dtype).max}")
        self._layout.setRowVisible(self.way_box, is_integer)
        self._layout.setRowVisible(self._limits_row, self._spreads)
        self.changed.emit()


def _first_words(first: ExportDtype, types: Sequence[str], exporter: ExporterSpec) -> str:
    """The likeliest type: that of the stack, or why it is another."""
    if first == "same":
        return f"As it is ({', '.join(types)})"
    refused = ", ".join(dtype for dtype in types if dtype not in exporter.dtypes)
    return f"{_WORDS[first]}: this format holds no {refused}"


def _range_of(stacks: Sequence[StackInfo]) -> tuple[float, float] | None:
    """What the camera could deliver; ``None`` for real numbers."""
    if any(np.dtype(info.dtype).kind not in "ui" for info in stacks):
        return None
    bits = max(info.significant_bits or 8 * np.dtype(info.dtype).itemsize for info in stacks)
    return 0.0, float(2**bits - 1)
