"""The running job in the status bar."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QWidget

from gvtstudio.domain.job import InspectRequest
from gvtstudio.services.job import Job
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.ui.texts import describe_duration

_BAR_STEPS = 1000


class JobStatus(QWidget):
    """What runs, how far it is, how long it still takes, Watch and Cancel.

    Args:
        queue: Whose jobs are shown.
        parent: Qt parent.
    """

    watch_requested = Signal(str)
    """Id of the job that is shown: the user wants to see what it has done so far."""

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._job_id = ""
        self._label = QLabel(self)
        self._bar = QProgressBar(self)
        self._bar.setFixedWidth(170)
        self._bar.setAccessibleName("Progress of the running job")
        self._watch = QPushButton("Watch", self)
        self._watch.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._watch.setToolTip("See beside the input what is restored so far.")
        self._cancel = QPushButton("Cancel", self)
        self._cancel.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._cancel.setToolTip("Stop the job that is shown here (Ctrl+.).")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._label, self._bar, self._watch, self._cancel):
            layout.addWidget(widget)
        queue.jobs_changed.connect(self._show)
        self._watch.clicked.connect(lambda: self.watch_requested.emit(self._job_id))
        self._cancel.clicked.connect(self.cancel)
        self._show(queue.jobs)

    def cancel(self) -> None:
        """Stop the job that is shown."""
        if self._job_id:
            self._cancel.setEnabled(False)
            self._queue.cancel(self._job_id)

    def _show(self, jobs: tuple[Job, ...]) -> None:
        running = [
            job
            for job in jobs
            if job.state == "running" and not isinstance(job.request, InspectRequest)
        ]
        running.sort(key=lambda job: not job.is_heavy)
        self.setVisible(bool(running))
        if not running:
            self._job_id = ""
            return
        job = running[0]
        if job.id != self._job_id:
            self._cancel.setEnabled(True)
        self._job_id = job.id
        self._watch.setVisible(bool(job.preview))
        waiting = sum(other.state == "waiting" for other in jobs)
        self._label.setText(progress_words(job) + (f", {waiting} waiting" if waiting else ""))
        show_progress(self._bar, job)


def progress_words(job: Job) -> str:
    """What a job is doing and how long it still takes."""
    if job.progress is None:
        return job.title
    words, stage, left = job.title, job.progress.stage, job.progress.seconds_left
    if not words.lower().startswith(stage.lower()):
        words = f"{words}: {stage.lower()}"
    return words if left is None else f"{words}, {describe_duration(left)} left"


def show_progress(bar: QProgressBar, job: Job) -> None:
    """Set a bar to a job's progress; it moves to and fro where nothing is known."""
    progress = job.progress
    if job.state == "finished":
        bar.setRange(0, _BAR_STEPS)
        bar.setValue(_BAR_STEPS)
    elif progress is None or progress.total <= 1:  # one step tells nothing of how far it is
        bar.setRange(0, 0 if job.state == "running" else _BAR_STEPS)
        bar.setValue(0)
    else:
        bar.setRange(0, _BAR_STEPS)
        bar.setValue(min(_BAR_STEPS, round(progress.done / progress.total * _BAR_STEPS)))
