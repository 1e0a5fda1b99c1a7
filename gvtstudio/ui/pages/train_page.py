"""Make a model of one's own, question by question."""

from pathlib import Path

from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gvtstudio.domain.job import TrainRequest
from gvtstudio.services.command_text import train_command
from gvtstudio.services.interrupted_jobs import training_title
from gvtstudio.services.job import Job
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.forms.train_form import TrainForm
from gvtstudio.ui.pages.page import Page


class TrainPage(Page):
    """The questions, and what is done with the answers.

    Args:
        workbench: The services of the window.
        parent: Qt parent.
    """

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.form = TrainForm(workbench.pairs, workbench.settings.settings, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.form)
        self.form.train_requested.connect(self.train)
        self.form.command_requested.connect(self.copy_command)
        workbench.queue.job_ended.connect(self._on_job_ended)

    def train(self) -> None:
        """Queue the training and go to the page Jobs, or to the question that is still open."""
        request = self.form.request()
        if request is None:
            return
        if self._is_queued(request):
            self.workbench.notifications.notify(
                f"A training of {Path(request.out).stem} is in the queue already.",
                "Type another name for the model, or stop the other training.",
                "warning",
            )
            self.form.refuse(self.form.output)
            return
        if self.workbench.queue.submit(request, training_title(request)) is not None:
            self.form.output.forget_replacing()
            self.action_requested.emit("page_jobs")

    def copy_command(self) -> None:
        """Put the command line of this training on the clipboard."""
        request = self.form.request()
        if request is not None:
            QGuiApplication.clipboard().setText(train_command(request))
            self.workbench.notifications.notify("The command is on the clipboard.")

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with models that have been put on the shelf meanwhile."""
        super().showEvent(event)
        self.form.renew()

    def _is_queued(self, request: TrainRequest) -> bool:
        """Whether a training that is not over will write the same model."""
        return any(
            isinstance(job.request, TrainRequest) and job.request.out == request.out
            for job in self.workbench.queue.unfinished
        )

    def _on_job_ended(self, job: Job) -> None:
        if isinstance(job.request, TrainRequest):
            self.form.renew()
