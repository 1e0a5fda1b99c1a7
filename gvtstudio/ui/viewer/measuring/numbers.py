"""The numbers of an analysis: a row for each, a column for each stack."""

from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from gvtstudio.domain.analysis import Analysis, describe_number


class NumbersTable(QTableWidget):
    """Cannot be edited; cells can be selected and read.

    Args:
        parent: Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Numbers of what is measured")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(False)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)

    def show_analysis(self, analysis: Analysis | None) -> None:
        """Show all numbers, or nothing."""
        titles = () if analysis is None else analysis.titles
        columns = () if analysis is None else analysis.columns
        rows = () if analysis is None else analysis.rows
        self.setColumnCount(len(titles))
        self.setRowCount(len(columns))
        self.setHorizontalHeaderLabels(titles)
        self.setVerticalHeaderLabels([column.label for column in columns])
        for j, row in enumerate(rows):
            for i, column in enumerate(columns):
                self.setItem(i, j, QTableWidgetItem(describe_number(row[column.name])))
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
