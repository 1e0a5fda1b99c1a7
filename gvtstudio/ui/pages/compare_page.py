"""Input, restored and truth side by side."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.job import EvaluateRequest, RegisterRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.job import Job
from gvtstudio.services.session import ComparedStack
from gvtstudio.services.watching import SO_FAR
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui import texts
from gvtstudio.ui.dialogs.columns_dialog import ColumnsDialog
from gvtstudio.ui.dialogs.evaluate_dialog import EvaluateDialog
from gvtstudio.ui.dialogs.evaluation_dialog import EvaluationDialog
from gvtstudio.ui.dialogs.register_dialog import RegisterDialog
from gvtstudio.ui.pages.page import Page
from gvtstudio.ui.viewer.compare_view import CompareView, ViewerVolume
from gvtstudio.ui.viewer.contrast_bar import ContrastBar
from gvtstudio.ui.viewer.measuring.panel import MeasuringPanel
from gvtstudio.ui.widgets.empty_state import EmptyState

_NOTHING = "—"


class ComparePage(Page):
    """Input, restored and truth side by side, and any further stacks and results.

    Args:
        workbench: The services of the window.
        parent: Qt parent.
    """

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._grown = ""
        self.views = CompareView(workbench.planes, self)
        self.boxes = {role: QComboBox(self) for role in texts.COLUMN_ROLES}
        self._measuring: set[str] = set()
        self._columns = QPushButton("Columns…", self)
        self._measure = QPushButton("Measure…", self)
        self._register = QPushButton("Register…", self)
        self._export = QPushButton("Export…", self)
        self._empty = EmptyState(
            "Nothing to compare yet",
            "Restore a stack and its result opens here beside the input. "
            "Or choose any two open stacks above; they share one crosshair and one contrast.",
            parent=self,
        )
        self._middle = QStackedWidget(self)
        theme = workbench.settings.settings.theme
        self.measuring = MeasuringPanel(self.views, workbench.analyst, theme, self)
        self._build()
        self._connect_signals()
        self._fill_boxes()
        self._show(workbench.session.comparison)

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(8, 8, 8, 2)
        for role, box in self.boxes.items():
            box.setAccessibleName(f"Column {role}")
            box.setToolTip(f"What stands in the column {role}: any open stack or result.")
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            label = QLabel(role.capitalize(), self)
            label.setBuddy(box)
            row.addWidget(label)
            row.addWidget(box, 1)
        self._measure.setToolTip("How close the restored stack comes to the truth (Ctrl+Shift+M).")
        self._register.setToolTip(
            "Find a stack of low magnification in one of high magnification (Ctrl+Alt+R)."
        )
        self._export.setToolTip("Write a stack to another file or format (Ctrl+E).")
        self._columns.setToolTip("Add any stacks and results, remove them, or change their order.")
        row.addWidget(self._columns)
        row.addWidget(self._measure)
        row.addWidget(self._register)
        row.addWidget(self._export)
        self._middle.addWidget(self._empty)
        self._middle.addWidget(self.views)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.addWidget(self._middle)
        split.addWidget(self.measuring)
        split.setStretchFactor(0, 1)
        split.setChildrenCollapsible(False)
        layout.addWidget(split, 1)

    def _connect_signals(self) -> None:
        session = self.workbench.session
        session.comparison_changed.connect(self._show)
        self.workbench.watcher.file_grew.connect(self._reread)
        session.stacks_changed.connect(self._fill_boxes)
        session.result_added.connect(self._fill_boxes)
        self.workbench.queue.job_ended.connect(self._on_job_ended)
        self._columns.clicked.connect(self.choose_columns)
        self._measure.clicked.connect(self.measure)
        self._register.clicked.connect(self.register)
        self._export.clicked.connect(lambda: self.action_requested.emit("export"))
        for box in self.boxes.values():
            box.activated.connect(self._on_chosen)

    def viewer(self) -> CompareView | None:
        """The views, when they show something."""
        return self.views if self.workbench.session.comparison else None

    def measure(self) -> None:
        """Ask what to measure of which stacks; those in the columns are proposed."""
        stacks = self._finished_choices()
        if len(stacks) < 2:
            self.workbench.notifications.notify(
                "There is nothing to measure against.",
                "Open the restored stack and a good one of the same field first.",
            )
            return
        restored, truth = (self.boxes[role].currentData() for role in (texts.RESTORED, texts.TRUTH))
        dialog = EvaluateDialog(stacks, restored, truth, self)
        dialog.evaluation_requested.connect(self._submit)
        dialog.open()

    def choose_columns(self) -> None:
        """Ask which stacks stand side by side, and in which order."""
        session = self.workbench.session
        dialog = ColumnsDialog(session.comparison, self._choices(), self)
        dialog.columns_chosen.connect(session.compare)
        dialog.open()

    def register(self) -> None:
        """Ask which stacks of two magnifications are to be registered."""
        compared = [column.info for column in self.workbench.session.comparison]
        RegisterDialog(self._finished_choices(), compared, self.workbench, self).open()

    def _submit(self, request: EvaluateRequest) -> None:
        scene = f", scene {request.restored_scene + 1}" if request.restored_scene else ""
        title = f"Measuring {Path(request.restored[0]).name}{scene}"
        job = self.workbench.queue.submit(request, title)
        if job is not None:
            self._measuring.add(job.id)

    def _on_job_ended(self, job: Job) -> None:
        """Show the numbers to whoever waits for them here; they stay on the page Jobs."""
        ending = job.ending if isinstance(job.ending, Finished) else Finished()
        if job.id in self._measuring and ending.evaluation is not None and self.isVisible():
            EvaluationDialog(ending.evaluation, self).open()
        self._measuring.discard(job.id)
        if job.is_look and isinstance(job.request, RegisterRequest):
            self.workbench.queue.remove(job.id)
        if isinstance(job.request, RegisterRequest) and ending.outputs:
            # Exposure and camera differ between magnifications: with the limits of the one, the
            # other is black.
            for bar in self.views.findChildren(ContrastBar):
                bar.link_box.setChecked(False)

    def _choices(self) -> list[StackInfo]:
        """Every stack that can stand in a column, each file once."""
        session = self.workbench.session
        every = [*session.stacks, *(result.info for result in session.results)]
        every += [column.info for column in session.comparison]
        return list({(info.path, info.scene): info for info in every}.values())

    def _finished_choices(self) -> list[StackInfo]:
        """The same, without what is restored so far: that is no result yet."""
        return [info for info in self._choices() if info.reader != "scratch"]

    def _fill_boxes(self, _changed: object = None) -> None:
        for box in self.boxes.values():
            chosen = box.currentData()
            with QSignalBlocker(box):
                box.clear()
                box.addItem(_NOTHING, None)
                for info in self._choices():
                    box.addItem(texts.stack_title(info), info)
            _choose(box, chosen)
        self._columns.setEnabled(bool(self._choices()))
        self._export.setEnabled(bool(self._choices()))
        self._measure.setEnabled(len(self._choices()) > 1)

    def _show(self, compared: Sequence[ComparedStack]) -> None:
        self._fill_boxes()
        titled = {_role(column): column.info for column in compared}
        for role, box in self.boxes.items():
            _choose(box, titled.get(role))
        if not compared:
            self.views.clear()
            self._middle.setCurrentWidget(self._empty)
            return
        self.views.set_volumes(
            [
                ViewerVolume(
                    column.title,
                    column.info,
                    is_restored=column.title == texts.RESTORED,
                    is_unfinished=column.title == SO_FAR,
                )
                for column in compared
            ]
        )
        self._middle.setCurrentWidget(self.views)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what has grown meanwhile."""
        super().showEvent(event)
        self._reread(self._grown)

    def _reread(self, path: str) -> None:
        """Show what a restoration at work has done since.

        Not while nobody looks, nor before the planes of the last time are there.
        """
        self._grown = path
        if path and self.isVisible() and self.views.is_settled:
            self._grown = ""
            self.views.reread(path)

    def _on_chosen(self) -> None:
        """Put the stacks of the boxes into their columns; further columns stay where they are."""
        chosen = {
            role: ComparedStack(_title(role, box.currentData()), box.currentData())
            for role, box in self.boxes.items()
            if box.currentData() is not None
        }
        columns = []
        for column in self.workbench.session.comparison:
            role = _role(column)
            if role not in self.boxes:
                columns.append(column)
            elif role in chosen:
                columns.append(chosen.pop(role))
        order = list(self.boxes)
        for role, column in chosen.items():
            earlier = [order[: order.index(role)].count(_role(other)) for other in columns]
            place = len(earlier) - earlier[::-1].index(1) if 1 in earlier else 0
            columns.insert(place, column)
        self.workbench.session.compare(columns)


def _role(column: ComparedStack) -> str:
    """The column a stack stands in; what is restored so far stands where the result will."""
    return texts.RESTORED if column.title == SO_FAR else column.title


def _title(role: str, info: StackInfo) -> str:
    return SO_FAR if info.reader == "scratch" else role


def _choose(box: QComboBox, info: StackInfo | None) -> None:
    """Select a stack by its file, without telling anybody."""
    with QSignalBlocker(box):
        box.setCurrentIndex(0)
        for index in range(1, box.count()):
            offered = box.itemData(index)
            if info is not None and (offered.path, offered.scene) == (info.path, info.scene):
                box.setCurrentIndex(index)
