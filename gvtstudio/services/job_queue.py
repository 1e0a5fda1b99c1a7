"""All jobs of the window: which run, which wait, which are over."""

import shutil
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QDeadlineTimer, QObject, QThreadPool, QTimer, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import Request, RestoreRequest, TrainRequest
from gvtstudio.domain.messages import Finished, Log, Preview, Progress, Score, Stopped
from gvtstudio.io.failures import unwritable
from gvtstudio.io.job_folder import JobFolder, new_job_folder
from gvtstudio.services.interrupted_jobs import (
    InterruptedJob,
    find_interrupted,
    forget_kept,
    keeps_what_is_done,
)
from gvtstudio.services.job import STATES, Job, JobLog
from gvtstudio.services.job_runner import JobNews, JobOutcome, JobRunner
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.training_words import score_words

CHANGE_INTERVAL_MS = 80
CLOSING_PATIENCE_MS = 2000
MAX_LOG_LINES = 5000


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
    preview_grew = Signal(object)
    """The ``Job`` of which more can be looked at."""
    scene_seen = Signal(object)
    """``JobNews`` with a ``SceneLook``."""
    # From the worker thread: jobs that an earlier window has left.
    _interrupted_found = Signal(object)

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
        self._pool = QThreadPool(self)
        self._interrupted_found.connect(self._take_interrupted)

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
        """Make the folders of later jobs somewhere else, for example in a project.

        Jobs that were interrupted there are listed again.
        """
        self._jobs_root = jobs_root
        self.find_interrupted()

    def find_interrupted(self) -> None:
        """List jobs again that an earlier window did not finish and that can go on."""
        self._pool.start(partial(self._look_for_interrupted, self._jobs_root))

    def _look_for_interrupted(self, jobs_root: Path) -> None:
        """Runs in a worker thread: the folder may lie on a slow disk."""
        self._interrupted_found.emit(find_interrupted(jobs_root))

    def _take_interrupted(self, found: tuple[InterruptedJob, ...]) -> None:
        known = {job.folder for job in self.jobs}
        fresh = [each for each in found if each.job.folder not in known]
        if self._is_closing or not fresh:
            return
        # They are older than what this window has been asked.
        self._jobs = {each.job.id: each.job for each in fresh} | self._jobs
        self._logs.update({each.job.id: list(each.log) for each in fresh})
        self._changed()

    def submit(self, request: Request, title: str) -> Job | None:
        """Queue a job and start it when it is its turn.

        A restoration or simulation with an empty ``output_dir`` writes into its job folder. A
        restoration that is no preview keeps what is done, so that it can be gone on with.

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
        if isinstance(request, RestoreRequest):
            request = msgspec.structs.replace(request, resumable=request.region is None)
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

    def keep_best(self, job_id: str) -> None:
        """Ask a running training to end after its step and keep the best so far."""
        job = self._jobs.get(job_id)
        if job is not None and job.can_keep_best:
            self._runners[job_id].finish()
            self._jobs[job_id] = msgspec.structs.replace(job, is_finishing=True)
            self._changed()

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
        if isinstance(request, TrainRequest):
            request = msgspec.structs.replace(request, resume=False)
        return self.submit(request, job.title)

    def resume(self, job_id: str) -> Job | None:
        """Go on with a job that was interrupted, in its folder and under its name.

        Returns:
            The job, or ``None`` where it cannot be gone on with.
        """
        job = self._jobs.get(job_id)
        if job is None or not job.can_continue:
            return None
        result = JobFolder(Path(job.folder)).result_path
        try:
            result.unlink(missing_ok=True)
        except OSError as error:
            self._notifications.report(unwritable(result, error))
            return None
        request = job.request
        if isinstance(request, TrainRequest):
            request = msgspec.structs.replace(request, resume=True)
        self._jobs[job_id] = Job(id=job.id, title=job.title, request=request, folder=job.folder)
        self._start_next()
        self._changed()
        return self._jobs[job_id]

    def remove(self, job_id: str) -> None:
        """Take a job that is over off the list; its results and log stay on the disk.

        What an unfinished job has kept for going on is deleted, and so are the folders of previews
        and inspections, which hold nothing of worth.
        """
        job = self._jobs.get(job_id)
        if job is None or not job.is_over:
            return
        self._drop(job)
        if job.can_continue:
            forget_kept(JobFolder(Path(job.folder)))

    def _drop(self, job: Job) -> None:
        """Take a job off the list; what can be gone on with stays on the disk."""
        del self._jobs[job.id]
        self._logs.pop(job.id, None)
        if job.is_passing:
            shutil.rmtree(job.folder, ignore_errors=True)
        self._changed()

    def remove_finished(self) -> None:
        """Take every job that is over off the list, but those that can be gone on with."""
        for job in self.jobs:
            if not job.is_passing and not job.can_continue:
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
            if job.is_over:
                self._drop(job)
        self._change_timer.stop()
        self._pool.waitForDone()

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
        runner.preview_ready.connect(self._on_preview)
        runner.score_reported.connect(self._on_score)
        runner.scene_seen.connect(self.scene_seen)
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

    def _on_preview(self, news: JobNews) -> None:
        if not isinstance(news.message, Preview):
            return
        job, path = self._jobs[news.job_id], news.message.path
        is_crop = isinstance(job.request, TrainRequest)
        job = msgspec.structs.replace(job, **{"crop" if is_crop else "preview": path})
        self._jobs[job.id] = job
        if not is_crop:
            self.preview_grew.emit(job)
        self._changed()

    def _on_score(self, news: JobNews) -> None:
        if isinstance(news.message, Score):
            job = self._jobs[news.job_id]
            self._jobs[job.id] = msgspec.structs.replace(job, score=news.message)
            self._on_log(JobNews(job.id, Log(score_words(news.message))))
            self._changed()

    def _finish(self, outcome: JobOutcome) -> None:
        runner = self._runners.pop(outcome.job_id, None)
        if runner is not None:
            runner.deleteLater()
        job = self._jobs[outcome.job_id]
        folder = JobFolder(Path(job.folder))
        is_kept = keeps_what_is_done(folder) and not isinstance(outcome.ending, Finished)
        if not is_kept:
            forget_kept(folder)  # it is of no use any more, and large
        ended = msgspec.structs.replace(
            job,
            state=STATES[type(outcome.ending)],
            ending=outcome.ending,
            ended=time.time(),
            preview="",
            crop="",
            can_continue=is_kept,
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
