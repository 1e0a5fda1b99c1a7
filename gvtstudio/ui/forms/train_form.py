"""A training, question by question."""

import msgspec
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.settings import Settings
from gvtstudio.services.pair_finder import PairFinder
from gvtstudio.ui.dialogs.table_dialog import TableDialog
from gvtstudio.ui.widgets.data_question import DataQuestion
from gvtstudio.ui.widgets.labels import styled_label
from gvtstudio.ui.widgets.length_question import LengthQuestion
from gvtstudio.ui.widgets.model_picker import card_rows
from gvtstudio.ui.widgets.output_question import OutputQuestion
from gvtstudio.ui.widgets.question import Question
from gvtstudio.ui.widgets.start_question import StartQuestion
from gvtstudio.ui.widgets.task_question import TaskQuestion

_DONE, _OPEN = "✓", "…"


class TrainForm(QWidget):
    """The list of questions with their answers on the left, one question on the right.

    Args:
        finder: Looks at the files.
        settings: First values of what computes.
        parent: Qt parent.
    """

    train_requested = Signal()
    """Start the training."""
    command_requested = Signal()
    """Put the command line on the clipboard."""

    def __init__(
        self, finder: PairFinder, settings: Settings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.task = TaskQuestion(self)
        self.data = DataQuestion(finder, self)
        self.start = StartQuestion(self)
        self.length = LengthQuestion(self)
        self.output = OutputQuestion(settings, self)
        self._asked: set[Question] = set()
        self.list = QListWidget(self)
        self._stack = QStackedWidget(self)
        self._missing = styled_label("", "quiet", self)
        self.back_button = QPushButton("Back", self)
        self.next_button = QPushButton("Next", self)
        self.copy_button = QPushButton("Copy command", self)
        self.train_button = QPushButton("Train", self)
        self._build()
        self._connect_signals()
        self._on_task()
        self.list.setCurrentRow(0)

    @property
    def questions(self) -> tuple[Question, ...]:
        """In the order they are asked."""
        return (self.task, self.data, self.start, self.length, self.output)

    def _build(self) -> None:
        self.list.setAccessibleName("Questions")
        self.list.setObjectName("cards")
        self.list.setWordWrap(True)
        self.list.setSpacing(4)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMinimumWidth(150)
        for question in self.questions:
            self.list.addItem(QListWidgetItem())
            self._stack.addWidget(question)
        self.copy_button.setToolTip("The command line that trains the same model.")
        self.train_button.setObjectName("primary")
        self.train_button.setToolTip("Put the training into the queue and show it on Jobs.")
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.addWidget(self.list)
        splitter.addWidget(self._stack)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([260, 900])
        splitter.setChildrenCollapsible(False)
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 8)
        row.addWidget(self.back_button)
        row.addWidget(self.next_button)
        row.addWidget(self._missing, 1)
        row.addWidget(self.copy_button)
        row.addWidget(self.train_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(splitter, 1)
        column.addLayout(row)

    def _connect_signals(self) -> None:
        self.task.answered.connect(self._on_task)
        self.data.answered.connect(self._on_data)
        self.start.answered.connect(self._on_start)
        for question in self.questions:
            question.answered.connect(self._show_answers)
        self.start.card_requested.connect(
            lambda card: TableDialog(card.title, ("What", "Value"), card_rows(card), self).open()
        )
        self.list.currentRowChanged.connect(self._on_row)
        self.back_button.clicked.connect(lambda: self.list.setCurrentRow(self._row - 1))
        self.next_button.clicked.connect(lambda: self.list.setCurrentRow(self._row + 1))
        self.copy_button.clicked.connect(self.command_requested)
        self.train_button.clicked.connect(self.train_requested)

    @property
    def _row(self) -> int:
        return self.list.currentRow()

    def request(self) -> TrainRequest | None:
        """The training that is asked for; ``None`` after going to the first thing wrong with it."""
        for row, question in enumerate(self.questions):
            self._asked.add(question)
            if question.problem():
                self.list.setCurrentRow(row)
                self._show_answers()
                return None
        fields: dict[str, object] = {}
        for question in (self.data, self.start, self.length, self.output):
            fields |= question.fields()
        return msgspec.structs.replace(TrainRequest(task=self.task.task.name, out=""), **fields)

    def refuse(self, question: Question) -> None:
        """Go to a question whose answer has turned out wrong."""
        self._asked.add(question)
        self.list.setCurrentRow(self.questions.index(question))
        self._show_answers()

    def renew(self) -> None:
        """Read the shelf of models again, and see what is taken by now."""
        self.start.offer_models()
        self.data.set_can_adapt(self.start.can_adapt)
        self._propose()

    def _on_task(self) -> None:
        task = self.task.task
        self.start.set_task(task)
        self.data.set_can_adapt(self.start.can_adapt)
        self.data.set_task(task)
        self.length.set_task(task)
        self._on_data()
        self._on_start()

    def _on_data(self) -> None:
        self.start.set_files(self.data.files)
        self._propose()

    def _on_start(self) -> None:
        self.length.set_start(self.start.network)

    def _propose(self) -> None:
        self.output.propose(f"{self.task.task.output_suffix}-own")

    def _on_row(self, row: int) -> None:
        self._stack.setCurrentIndex(row)
        self.back_button.setEnabled(row > 0)
        self.next_button.setEnabled(row < len(self.questions) - 1)

    def _show_answers(self) -> None:
        with QSignalBlocker(self.list):
            for row, question in enumerate(self.questions):
                mark = _OPEN if question.problem() else _DONE
                answer = question.answer() or "not yet answered"
                self.list.item(row).setText(f"{row + 1}  {question.heading}\n{mark} {answer}")
                question.show_problem(is_asked=question in self._asked)
        first = next((row for row, each in enumerate(self.questions) if each.problem()), None)
        self._missing.setText(
            "Ready to train." if first is None else f"Question {first + 1} is still open."
        )
