"""The files a model will learn from, with what is known of them."""

from pathlib import Path

from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from gvtstudio.domain.axes import describe_shape
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.pair_checks import pair_doubt, pair_problem, stack_problem
from gvtstudio.services.pair_finder import FoundFiles

COLUMNS = ("File", "Input", "Target", "To know")
_LOOKING = "…"


class PairsTable(QTableWidget):
    """One row per pair or stack.

    Args:
        parent: Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(COLUMNS), parent)
        self.setHorizontalHeaderLabels(list(COLUMNS))
        self.setAccessibleName("Files to learn from")
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAlternatingRowColors(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(90)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(len(COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)

    def show_files(self, task: TaskSpec, files: FoundFiles, *, has_voxel_size: bool) -> None:
        """Show what has been found; what speaks against a file stands last in its row.

        Args:
            task: To be learned.
            files: What has been found.
            has_voxel_size: Whether the user has told the voxel size.
        """
        rows = [
            (
                Path(pair.input_path).name,
                _size(pair.input, pair.refused, files),
                _size(pair.target, pair.refused, files),
                pair_problem(task, pair) or pair_doubt(task, pair),
            )
            for pair in files.pairs
        ]
        rows += [
            (
                Path(stack.path).name,
                _size(stack.info, stack.refused, files),
                "" if stack.info is None else stack.info.calibration.describe(),
                stack_problem(task, stack.refused, stack.info, has_voxel_size=has_voxel_size),
            )
            for stack in files.stacks
        ]
        name, given, wanted, known = COLUMNS
        self.setHorizontalHeaderLabels(
            [name, given, "Voxel size" if files.stacks else wanted, known]
        )
        self.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.setItem(row, column, item)


def _size(info: StackInfo | None, refused: str, files: FoundFiles) -> str:
    if info is None:
        return "" if refused or files.is_complete else _LOOKING
    words = describe_shape(info.shape).replace(" pixels", "").replace(", 1 channel", "")
    return f"{words}, {info.dtype}"
