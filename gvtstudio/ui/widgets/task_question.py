"""What a model is to learn."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from gvtstudio.domain.specs import TaskSpec
from gvtstudio.tasks import TASKS
from gvtstudio.ui.widgets.labels import styled_label
from gvtstudio.ui.widgets.question import Question


class TaskQuestion(Question):
    """The table of tasks, each with its own question.

    Args:
        parent: Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "What do you want a model to do?",
            "A model learns one task from examples of yours, or from simulated ones.",
            parent,
        )
        self.list = QListWidget(self)
        self.list.setAccessibleName("Task")
        self.list.setObjectName("cards")
        self.list.setWordWrap(True)
        self.list.setSpacing(3)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for spec in TASKS.values():
            item = QListWidgetItem(f"{spec.title}\n{spec.question}")
            item.setData(Qt.ItemDataRole.UserRole, spec.name)
            self.list.addItem(item)
        self._summary = styled_label("", "quiet", self)
        self.form.addWidget(self.list, 1)
        self.form.addWidget(self._summary)
        self.list.currentRowChanged.connect(self._on_chosen)
        self.list.setCurrentRow(0)

    @property
    def task(self) -> TaskSpec:
        """The chosen one."""
        return TASKS[str(self.list.currentItem().data(Qt.ItemDataRole.UserRole))]

    def choose(self, name: str) -> None:
        """Choose a task by its name."""
        self.list.setCurrentRow(list(TASKS).index(name))

    def answer(self) -> str:
        """The title of the task."""
        return self.task.title

    def problem(self) -> str:
        """Every task can be trained."""
        return ""

    def _on_chosen(self) -> None:
        self._summary.setText(self.task.summary)
        self.answered.emit()
