"""Which stacks and results stand beside one another, and in which order."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.session import ComparedStack
from gvtstudio.ui import texts

MOST_COLUMNS = 9
LONGEST_TITLE = 24
_COLUMN = Qt.ItemDataRole.UserRole


class ColumnsDialog(QDialog):
    """Adds, removes and orders columns.

    Args:
        columns: Those there are.
        choices: Every stack and result that can stand in a column.
        parent: Qt parent.
    """

    columns_chosen = Signal(object)
    """A tuple of ``ComparedStack``, from the left."""

    def __init__(
        self,
        columns: Sequence[ComparedStack],
        choices: Sequence[StackInfo],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Columns")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.column_list = QListWidget(self)
        self.stack_box = QComboBox(self)
        self.add_button = QPushButton("Add", self)
        self.remove_button = QPushButton("Remove", self)
        self.left_button = QPushButton("Move Left", self)
        self.right_button = QPushButton("Move Right", self)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        for column in columns:
            self._append(column)
        for info in choices:
            self.stack_box.addItem(texts.stack_title(info), info)
        self.column_list.setCurrentRow(0)
        self._build()
        self._connect_signals()
        self._enable()

    @property
    def columns(self) -> tuple[ComparedStack, ...]:
        """The columns as they stand in the list."""
        items = (self.column_list.item(row) for row in range(self.column_list.count()))
        return tuple(item.data(_COLUMN) for item in items)

    def _build(self) -> None:
        words = QLabel(
            "From the left to the right. The first column gives position and scale; the others are "
            "laid over it by their voxel sizes.",
            self,
        )
        words.setWordWrap(True)
        self.column_list.setAccessibleName("Columns")
        self.stack_box.setAccessibleName("Stack or result to add")
        self.setMinimumWidth(460)
        grid = QGridLayout()
        grid.addWidget(self.column_list, 0, 0, 4, 1)
        for row, button in enumerate((self.left_button, self.right_button, self.remove_button)):
            grid.addWidget(button, row, 1)
        grid.addWidget(self.stack_box, 4, 0)
        grid.addWidget(self.add_button, 4, 1)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(3, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(words)
        layout.addLayout(grid)
        layout.addWidget(self._buttons)

    def _connect_signals(self) -> None:
        self.add_button.clicked.connect(self._add)
        self.remove_button.clicked.connect(self._remove)
        self.left_button.clicked.connect(lambda: self._move(-1))
        self.right_button.clicked.connect(lambda: self._move(1))
        self.column_list.currentRowChanged.connect(self._enable)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self.accepted.connect(lambda: self.columns_chosen.emit(self.columns))

    def _append(self, column: ComparedStack) -> None:
        item = QListWidgetItem(f"{column.title}  ·  {texts.stack_title(column.info)}")
        item.setData(_COLUMN, column)
        item.setToolTip(column.info.path)
        self.column_list.addItem(item)

    def _add(self) -> None:
        info: StackInfo = self.stack_box.currentData()
        taken = [column.title for column in self.columns]
        self._append(ComparedStack(free_title(info, taken), info))
        self.column_list.setCurrentRow(self.column_list.count() - 1)
        self._enable()

    def _remove(self) -> None:
        self.column_list.takeItem(self.column_list.currentRow())
        self._enable()

    def _move(self, step: int) -> None:
        row = self.column_list.currentRow()
        item = self.column_list.takeItem(row)
        self.column_list.insertItem(row + step, item)
        self.column_list.setCurrentRow(row + step)

    def _enable(self, _row: int = 0) -> None:
        row, count = self.column_list.currentRow(), self.column_list.count()
        self.left_button.setEnabled(row > 0)
        self.right_button.setEnabled(0 <= row < count - 1)
        self.remove_button.setEnabled(row >= 0)
        self.add_button.setEnabled(self.stack_box.count() > 0 and count < MOST_COLUMNS)


def free_title(info: StackInfo, taken: Sequence[str]) -> str:
    """What a further column is called: its stack, with a number where that is taken."""
    name = info.name.split(".")[0]
    short = name if len(name) <= LONGEST_TITLE else name[: LONGEST_TITLE - 1] + "…"
    titles = [short, *(f"{short} {number}" for number in range(2, len(taken) + 3))]
    return next(title for title in titles if title not in taken)
