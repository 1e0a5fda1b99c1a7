"""All jobs of the window: which run, which wait, which are over."""

import shutil
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QDeadlineTimer, QObject, QTimer, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import (
    ExportRequest,
    InspectRequest,
    JobState,
    Request,
    RestoreRequest,
    SweepRequest,
    TrainRequest,
)
from gvtstudio.domain.messages import Failed, Finished, Log, Progress, Stopped
from gvtstudio.io.job_folder import JobFolder, new_job_folder
from gvtstudio.services.job_runner import JobNews, JobOutcome, JobRunner
from gvtstudio.services.notifications import Notifications

CHANGE_INTERVAL_MS = 80
CLOSING_PATIENCE_MS = 2000
MAX_LOG_LINES = 5000
HEAVY = RestoreRequest | TrainRequest | ExportRequest | SweepRequest


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One job as it is now.

    Args:
        id: Name of its folder.
        title: Words for the user.
        request: What was asked.
        folder: Where the job keeps its files.
        state: Where it stands.
        progress: What the engine last said.
        ending: How it ended, when it is over.
        started: Seconds since the epoch; 0 while it waits.
        ended: Seconds since the epoch; 0 until it is over.
    """

    id: str
    title: str
    request: Request
    folder: str
    state: JobState = "waiting"
    progress: Progress | None = None
    ending: Finished | Failed | Stopped | None = None
    started: float = 0.0
    ended: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.ending is not None

    @property
    def is_preview(self) -> bool:
        """Whether it restores only the part on screen."""
        return isinstance(self.request, RestoreRequest) and self.request.region is not None

    @property
    def is_heavy(self) -> bool:
        """Whether it waits for its turn; quick jobs run beside."""
        heavy = isinstance(self.request, HEAVY)
        return heavy and not self.is_preview

    @property
    def is_passing(self) -> bool:
        """Whether it only serves the window and leaves nothing the user would look for."""
        return self.is_preview or isinstance(self.request, InspectRequest)


class JobLog(msgspec.Struct, frozen=True):
    """A line added to a job's log."""

    job_id: str
    line: Log


class JobQueue(QObject):
    """Runs heavy jobs one after the other and quick ones at once.

    Args:
        jobs_root: Folder in which job folders are made.
        notifications: Where failures of starting are told.
        engine_command: Program and arguments before the job folder; ``None`` for the installed one.
        parent: Qt parent.
    """

    jobs_changed = Signal(object)
    """All jobs as a tuple of ``Job``, oldest first; at most every 80 ms."""
    job_ended = Signal(object)
    """The ``Job`` that is over."""
    job_logged = Signal(object)
    """A ``JobLog``."""

    def __init__(
        self,
        jobs_root: Path,
        notifications: Notifications,
        engine_command: Sequence[str] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs_root = jobs_root
        self._notifications = notifications
        self._engine_command = engine_command
        self._jobs: dict[str, Job] = {}
        self._logs: dict[str, list[Log]] = {}
        self._runners: dict[str, JobRunner] = {}
        self._is_closing = False
        self._change_timer = QTimer(self, singleShot=True, interval=CHANGE_INTERVAL_MS)
        self._change_timer.timeout.connect(self._tell_change)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs, oldest first."""
        return tuple(self._jobs.values())

    @property
    def unfinished(self) -> tuple[Job, ...]:
        """Jobs that run or wait and would be missed, for the question at closing."""
        return tuple(job for job in self.jobs if not job.is_over and not job.is_passing)

    def job(self, job_id: str) -> Job | None:
        """One job, or ``None`` where it has been removed."""
        return self._jobs.get(job_id)

    def log(self, job_id: str) -> tuple[Log, ...]:
        """What a job has said so far."""
        return tuple(self._logs.get(job_id, ()))

    def set_jobs_root(self, jobs_root: Path) -> None:
        """Make the folders of later jobs somewhere else, for example in a project."""
        self._jobs_root = jobs_root

    def submit(self, request: Request, title: str) -> Job | None:
        """Queue a job and start it when it is its turn.

        A restoration or simulation with an empty ``output_dir`` writes into its job folder.

        Returns:
            The job, or ``None`` when its folder could not be made (the user has been told).
        """
        try:
            folder = new_job_folder(self._jobs_root, _kind(request))
        except GvtError as error:
            self._notifications.report(error)
            return None
        if getattr(request, "output_dir", None) == "":
            request = msgspec.structs.replace(request, output_dir=str(folder.path))
        job = Job(id=folder.path.name, title=title, request=request, folder=str(folder.path))
        self._jobs[job.id] = job
        self._logs[job.id] = []
        self._start_next()
        self._changed()
        return self._jobs[job.id]

    def cancel(self, job_id: str) -> None:
        """Stop a job that runs or waits."""
        runner = self._runners.get(job_id)
        if runner is not None:
            runner.cancel()
            return
        job = self._jobs.get(job_id)
        if job is not None and not job.is_over:
            self._finish(JobOutcome(job_id, Stopped()))

    def cancel_all(self) -> None:
        """Stop everything that runs or waits; waiting jobs first, so that none starts."""
        for job in sorted(self.jobs, key=lambda job: job.state == "running"):
            self.cancel(job.id)

    def retry(self, job_id: str) -> Job | None:
        """Queue the same request again; the old entry stays until it is removed."""
        job = self._jobs.get(job_id)
        if job is None:
            return None
        request = job.request
        if getattr(request, "output_dir", None) == job.folder:
            request = msgspec.structs.replace(request, output_dir="")
        return self.submit(request, job.title)

    def remove(self, job_id: str) -> None:
        """Take a job that is over off the list; its results and log stay on the disk.

        Only the folders of previews and inspections, which hold nothing of worth, are deleted.
        """
        job = self._jobs.get(job_id)
        if job is None or not job.is_over:
            return
        del self._jobs[job_id]
        self._logs.pop(job_id, None)
        if job.is_passing:
            shutil.rmtree(job.folder, ignore_errors=True)
        self._changed()

    def remove_finished(self) -> None:
        """Take every job that is over off the list."""
        for job in self.jobs:
            if not job.is_passing:
                self.remove(job.id)

    def shut_down(self) -> None:
        """End every engine process and forget what waits, for a window that closes.

        All engines are asked at once, so that it takes no longer however many there are.
        """
        self._is_closing = True
        for job in self.jobs:
            if job.state == "waiting":
                self.cancel(job.id)
        runners = tuple(self._runners.values())
        for runner in runners:
            runner.hang_up()
        deadline = QDeadlineTimer(CLOSING_PATIENCE_MS)
        for runner in runners:
            runner.end_by(deadline)
        for job in self.jobs:
            self.remove(job.id)
        self._change_timer.stop()

    def _start_next(self) -> None:
        if self._is_closing:
            return
        is_busy = any(job.state == "running" and job.is_heavy for job in self.jobs)
        for job in self.jobs:
            if job.state != "waiting" or (job.is_heavy and is_busy):
                continue
            is_busy = is_busy or job.is_heavy
            self._start(job)

    def _start(self, job: Job) -> None:
        runner = JobRunner(job.id, JobFolder(Path(job.folder)), self._engine_command, self)
        self._runners[job.id] = runner
        self._jobs[job.id] = msgspec.structs.replace(job, state="running", started=time.time())
        runner.job_progressed.connect(self._on_progress)
        runner.job_logged.connect(self._on_log)
        runner.job_ended.connect(self._finish)
        # Later, so that whoever submitted the job knows its id before anything is heard of it.
        QTimer.singleShot(0, runner, partial(runner.start, job.request))

    def _on_progress(self, news: JobNews) -> None:
        job = self._jobs[news.job_id]
        if isinstance(news.message, Progress):
            self._jobs[job.id] = msgspec.structs.replace(job, progress=news.message)
            self._changed()

    def _on_log(self, news: JobNews) -> None:
        lines = self._logs[news.job_id]
        if isinstance(news.message, Log) and len(lines) < MAX_LOG_LINES:
            lines.append(news.message)
            self.job_logged.emit(JobLog(news.job_id, news.message))

    def _finish(self, outcome: JobOutcome) -> None:
        runner = self._runners.pop(outcome.job_id, None)
        if runner is not None:
            runner.deleteLater()
        states: dict[type, JobState] = {Finished: "finished", Failed: "failed", Stopped: "stopped"}
        ended = msgspec.structs.replace(
            self._jobs[outcome.job_id],
            state=states[type(outcome.ending)],
            ending=outcome.ending,
            ended=time.time(),
        )
        self._jobs[ended.id] = ended
        self.job_ended.emit(ended)
        self._start_next()
        self._changed()

    def _changed(self) -> None:
        if not self._change_timer.isActive():
            self._change_timer.start()

    def _tell_change(self) -> None:
        self.jobs_changed.emit(self.jobs)


def _kind(request: Request) -> str:
    """The word a job folder's name ends with."""
    return str(request.__struct_config__.tag)
