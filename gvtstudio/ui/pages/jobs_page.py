"""What runs, what waits, what is done, and what each job said."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import (
    EvaluateRequest,
    RegisterRequest,
    RestoreRequest,
    SweepRequest,
    TrainRequest,
)
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.model_package import read_card
from gvtstudio.services.job import Job, JobLog
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.dialogs.context_plot_dialog import ContextPlotDialog
from gvtstudio.ui.dialogs.crop_dialog import CropDialog
from gvtstudio.ui.dialogs.evaluation_dialog import EvaluationDialog
from gvtstudio.ui.dialogs.table_dialog import TableDialog
from gvtstudio.ui.pages.page import Page
from gvtstudio.ui.widgets.empty_state import EmptyState
from gvtstudio.ui.widgets.job_table import JobTable
from gvtstudio.ui.widgets.job_words import log_words, message_words, request_words
from gvtstudio.ui.widgets.labels import styled_label
from gvtstudio.ui.widgets.model_picker import card_rows

# Every button, and what it does.
_BUTTONS = {
    "Cancel": "Stop this job; nothing is written half.",
    "Stop and keep best": "End this training after its step; the best so far becomes the model.",
    "Continue": "Go on where this job was interrupted; what it has done is not done again.",
    "Retry": "Start the same again from the beginning, as a job of its own.",
    "Remove": "Take this job off the list. Results stay; what an unfinished job has kept for going "
    "on is deleted.",
    "Show folder": "Open the folder of the result, or of the job.",
    "Watch": "See beside the input what is restored so far; the views follow the work.",
    "Open in Compare": "See the result beside its input.",
    "Show plot": "See how close the restoration comes with each context.",
    "Show table": "See what was measured.",
    "See it learn": "See what the training makes of one crop; the images follow the work.",
    "Show card": "See how good the new model is, and what it was made from.",
}
_TO_SEE = ("Watch", "Open in Compare", "Show plot", "Show table", "See it learn", "Show card")
_TO_GO_ON = ("Stop and keep best", "Continue")


class JobsPage(Page):
    """The list of jobs above, the selected one below.

    Args:
        workbench: The services of the window.
        parent: Qt parent.
    """

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.table = JobTable(self)
        self._request = styled_label("", "quiet", self)
        self.log = QPlainTextEdit(self)
        self.log.setReadOnly(True)
        self.log.setAccessibleName("Log of the selected job")
        self.details_box = QCheckBox("Show details", self)
        self.details_box.setToolTip("Also what the libraries say, for reports to us.")
        self._buttons = {text: QPushButton(text, self) for text in _BUTTONS}
        self._middle = QStackedWidget(self)
        self._build()
        self._connect_signals()
        self._show_jobs(workbench.queue.jobs)

    def _build(self) -> None:
        buttons = QHBoxLayout()
        for text, button in self._buttons.items():
            button.setToolTip(_BUTTONS[text])
            button.setVisible(text not in (*_TO_SEE, *_TO_GO_ON))  # shown for the jobs they fit
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(self.details_box)
        below = QWidget(self)
        details = QVBoxLayout(below)
        details.setContentsMargins(8, 4, 8, 8)
        details.addLayout(buttons)
        details.addWidget(self._request)
        details.addWidget(self.log, 1)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self.table)
        splitter.addWidget(below)
        splitter.setSizes([300, 260])
        splitter.setChildrenCollapsible(False)
        self._middle.addWidget(
            EmptyState(
                "No jobs yet",
                "Every restoration, training and export of this window is listed here with its "
                "progress and log. Heavy jobs run one after the other; go on working meanwhile.",
                parent=self,
            )
        )
        self._middle.addWidget(splitter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 0)
        layout.addWidget(self._middle)

    def _connect_signals(self) -> None:
        queue = self.workbench.queue
        queue.jobs_changed.connect(self._show_jobs)
        queue.job_logged.connect(self._on_logged)
        self.table.itemSelectionChanged.connect(self._show_selected)
        self.details_box.toggled.connect(self._show_log)
        self._buttons["Cancel"].clicked.connect(lambda: queue.cancel(self.table.selected_id()))
        self._buttons["Stop and keep best"].clicked.connect(
            lambda: queue.keep_best(self.table.selected_id())
        )
        self._buttons["Continue"].clicked.connect(lambda: queue.resume(self.table.selected_id()))
        self._buttons["Retry"].clicked.connect(lambda: queue.retry(self.table.selected_id()))
        self._buttons["Remove"].clicked.connect(lambda: queue.remove(self.table.selected_id()))
        self._buttons["Watch"].clicked.connect(
            lambda: self.workbench.watcher.watch(self.table.selected_id())
        )
        self._buttons["Show plot"].clicked.connect(self._show_plot)
        self._buttons["Show table"].clicked.connect(self._show_table)
        self._buttons["See it learn"].clicked.connect(self._show_crop)
        self._buttons["Show card"].clicked.connect(self._show_card)
        self._buttons["Show folder"].clicked.connect(self._show_folder)
        self._buttons["Open in Compare"].clicked.connect(self._open_result)

    def selected(self) -> Job | None:
        """The job whose log is shown."""
        return self.workbench.queue.job(self.table.selected_id())

    def _show_jobs(self, jobs: tuple[Job, ...]) -> None:
        lasting = [job for job in jobs if not job.is_passing]
        with QSignalBlocker(self.table):
            is_other = self.table.show_jobs(lasting)
        self._middle.setCurrentIndex(1 if lasting else 0)
        if is_other:
            self._show_selected()
        else:
            self._show_state()

    def _show_selected(self) -> None:
        self._show_state()
        self._show_log()

    def _show_state(self) -> None:
        job = self.selected()
        self._request.setText("" if job is None else _summary(job))
        enabled = {
            "Cancel": job is not None and not job.is_over,
            "Stop and keep best": job is not None and job.can_keep_best,
            "Continue": job is not None and job.can_continue,
            "Retry": job is not None and job.is_over,
            "Remove": job is not None and job.is_over,
            "Show folder": job is not None,
            "Watch": job is not None and bool(job.preview),
            "Open in Compare": job is not None and bool(self._result_of(job) or _registered(job)),
            "Show plot": job is not None and bool(getattr(job.ending, "contexts", ())),
            "Show table": job is not None and bool(getattr(job.ending, "evaluation", None)),
            "See it learn": job is not None and bool(job.crop),
            "Show card": job is not None and job.state == "finished",
        }
        for text, is_enabled in enabled.items():
            self._buttons[text].setEnabled(is_enabled)
        # One place for what there is to see of a job, so that the row fits a small screen; and one
        # for ending a training well and for going on with it.
        for group, shown in ((_TO_SEE, _to_see(job)), (_TO_GO_ON, _to_go_on(job))):
            for text in group:
                self._buttons[text].setVisible(text == shown)

    def _show_log(self) -> None:
        job = self.selected()
        lines = () if job is None else self.workbench.queue.log(job.id)
        words = [log_words(line) for line in lines if self._is_shown(line.level)]
        self.log.setPlainText("\n".join(words))

    def _is_shown(self, level: str) -> bool:
        return level != "detail" or self.details_box.isChecked()

    def _on_logged(self, added: JobLog) -> None:
        if added.job_id == self.table.selected_id() and self._is_shown(added.line.level):
            self.log.appendPlainText(log_words(added.line))

    def _result_of(self, job: Job) -> object:
        results = self.workbench.session.results
        return next((result for result in results if result.job_id == job.id), None)

    def _open_result(self) -> None:
        job = self.selected()
        if job is not None and isinstance(job.request, RegisterRequest) and _registered(job):
            self.workbench.session.compare_registered(job.request, _registered(job)[0])
        for result in self.workbench.session.results:
            if job is not None and result.job_id == job.id:
                self.workbench.session.compare_result(result)

    def _show_plot(self) -> None:
        job = self.selected()
        if job is None or not isinstance(job.request, SweepRequest):
            return
        if isinstance(job.ending, Finished):
            theme = self.workbench.settings.settings.theme
            ContextPlotDialog(job.request, job.ending.contexts, theme, self).open()

    def _show_table(self) -> None:
        job = self.selected()
        if job is not None and isinstance(job.ending, Finished) and job.ending.evaluation:
            EvaluationDialog(job.ending.evaluation, self).open()

    def _show_crop(self) -> None:
        CropDialog(self.workbench.queue, self.table.selected_id(), self).open()

    def _show_card(self) -> None:
        job = self.selected()
        if job is None or not isinstance(job.request, TrainRequest):
            return
        try:
            card = read_card(Path(job.request.out))
        except GvtError as error:  # it has been moved or deleted meanwhile
            self.workbench.notifications.report(error)
        else:
            TableDialog(card.title, ("What", "Value"), card_rows(card), self).open()

    def _show_folder(self) -> None:
        job = self.selected()
        if job is None:
            return
        outputs = getattr(job.ending, "outputs", ())
        folder = Path(outputs[0]).parent if outputs else Path(job.folder)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _registered(job: Job) -> tuple[StackInfo, ...]:
    """What a registration has written."""
    is_finished = isinstance(job.request, RegisterRequest) and isinstance(job.ending, Finished)
    return job.ending.stacks if is_finished and isinstance(job.ending, Finished) else ()


def _to_see(job: Job | None) -> str:
    """The button for what there is to see of a job."""
    match None if job is None else job.request:
        case SweepRequest():
            return "Show plot"
        case EvaluateRequest():
            return "Show table"
        case TrainRequest():
            return "Show card" if job is not None and job.is_over else "See it learn"
        case RestoreRequest() if job is not None and job.state == "running":
            return "Watch"
        case _:
            return "Open in Compare"


def _to_go_on(job: Job | None) -> str:
    """The button for a training at work, or for a job that was interrupted."""
    is_training = job is not None and isinstance(job.request, TrainRequest)
    return "Stop and keep best" if is_training and job and not job.is_over else "Continue"


def _summary(job: Job) -> str:
    """What was asked and, of a failed job or a training, the whole of how it stands."""
    words = request_words(job)
    is_long = isinstance(job.ending, Failed) or isinstance(job.request, TrainRequest)
    return f"{words}\n{message_words(job)}".strip() if is_long else words
