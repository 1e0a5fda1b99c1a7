"""The table of jobs."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from gvtstudio.services.job import Job
from gvtstudio.ui.texts import STATE_WORDS
from gvtstudio.ui.widgets.job_status import show_progress
from gvtstudio.ui.widgets.job_words import message_words, time_words

COLUMNS = ("Job", "State", "Progress", "Time", "Message")
_ID_ROLE = Qt.ItemDataRole.UserRole


class JobTable(QTableWidget):
    """One row per job, newest first; the selection stays with its job.

    Args:
        parent: Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(COLUMNS), parent)
        self.setHorizontalHeaderLabels(list(COLUMNS))
        self.setAccessibleName("Jobs")
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        for column in (0, len(COLUMNS) - 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        for column, width in enumerate((80, 140, 110), start=1):
            self.setColumnWidth(column, width)

    def selected_id(self) -> str:
        """The id of the selected job; empty when none is."""
        return self._id_of(self.currentRow())

    def show_jobs(self, jobs: Sequence[Job]) -> bool:
        """Show these jobs.

        Returns:
            Whether another job than before is selected now.
        """
        selected = self.selected_id()
        newest_first = list(reversed(jobs))
        ids = [job.id for job in newest_first]
        if ids != self._shown_ids():
            self.setRowCount(0)
            self.setRowCount(len(ids))
            for row, job in enumerate(newest_first):
                self._make_row(row, job)
            self.setCurrentCell(ids.index(selected) if selected in ids else 0, 0)
        for row, job in enumerate(newest_first):
            self._fill_row(row, job)
        return self.selected_id() != selected

    def _shown_ids(self) -> list[str]:
        return [self._id_of(row) for row in range(self.rowCount())]

    def _id_of(self, row: int) -> str:
        item = self.item(row, 0)
        return "" if item is None else str(item.data(_ID_ROLE))

    def _make_row(self, row: int, job: Job) -> None:
        for column in range(len(COLUMNS)):
            item = QTableWidgetItem()
            item.setData(_ID_ROLE, job.id)
            self.setItem(row, column, item)
        bar = QProgressBar(self)
        bar.setAccessibleName(f"Progress of {job.title}")
        self.setCellWidget(row, 2, bar)

    def _fill_row(self, row: int, job: Job) -> None:
        words = (job.title, STATE_WORDS[job.state], "", time_words(job), message_words(job))
        for column, text in enumerate(words):
            item = self.item(row, column)
            if item is not None and item.text() != text:
                item.setText(text)
                item.setToolTip(text)
        bar = self.cellWidget(row, 2)
        if isinstance(bar, QProgressBar):
            show_progress(bar, job)
