"""Looking at a restoration while it is at work."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.scratch_stack import read_description
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.services.job import Job
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.session import ComparedStack, Session

REFRESH_INTERVAL_MS = 2000
INPUT, SO_FAR = "input", "restored so far"


class Watcher(QObject):
    """Shows what a running restoration has done so far beside its input, and keeps it fresh.

    Args:
        queue: Tells when there is more to be seen.
        session: Where stacks are compared.
        parent: Qt parent.
    """

    file_grew = Signal(str)
    """Path of a stack that is being compared and has grown; at most every two seconds."""
    # From the worker thread: (job id, columns).
    _described = Signal(object)

    def __init__(self, queue: JobQueue, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._job_id = ""
        self._path = ""
        self._has_grown = False
        self._pool = QThreadPool(self)
        self._timer = QTimer(self, singleShot=True, interval=REFRESH_INTERVAL_MS)
        self._connect_signals()

    def _connect_signals(self) -> None:
        self._queue.preview_grew.connect(self._on_grown)
        self._queue.job_ended.connect(self._on_ended)
        self._timer.timeout.connect(self._tell)
        self._described.connect(self._show)

    def watch(self, job_id: str) -> None:
        """Compare the input of a running job with what is restored so far."""
        job = self._queue.job(job_id)
        if job is None or not job.preview or not isinstance(job.request, RestoreRequest):
            return
        source = self._session.stack((job.request.input, job.request.scene))
        self._pool.start(partial(self._describe, job, job.request, source))

    def shut_down(self) -> None:
        """Wait for the worker, for a window that closes."""
        self._timer.stop()
        self._pool.waitForDone()

    def _describe(self, job: Job, request: RestoreRequest, source: StackInfo | None) -> None:
        """Runs in a worker thread: either file may lie on a slow disk."""
        try:
            # The engine is reading the same file, so it does no harm to the window.
            source = source or _description(request)
            columns = (
                ComparedStack(INPUT, source),
                ComparedStack(SO_FAR, read_description(Path(job.preview))),
            )
        except (GvtError, OSError):
            return  # it has just ended; its result or its failure is told anyway
        self._described.emit((job, columns))

    def _show(self, described: tuple[Job, tuple[ComparedStack, ...]]) -> None:
        job, columns = described
        now = self._queue.job(job.id)
        if now is None or now.is_over:
            return
        self._job_id, self._path = job.id, job.preview
        self._session.compare(columns)

    def _is_shown(self) -> bool:
        paths = [column.info.path for column in self._session.comparison]
        return bool(self._path) and self._path in paths

    def _on_grown(self, job: Job) -> None:
        if job.id == self._job_id:
            self._has_grown = True
            self._tell()

    def _tell(self) -> None:
        """Say at once that the file has grown, unless that was said just now."""
        if self._has_grown and self._is_shown() and not self._timer.isActive():
            self._has_grown = False
            self._timer.start()
            self.file_grew.emit(self._path)

    def _on_ended(self, job: Job) -> None:
        """Put the result in the place of what was there of it, wherever the user is now."""
        if job.id != self._job_id:
            return
        self._timer.stop()
        result = next((r for r in self._session.results if r.job_id == job.id), None)
        if result is not None and self._is_shown():
            self._session.compare_result(result, brings_to_front=False)
        self._job_id = self._path = ""


def _description(request: RestoreRequest) -> StackInfo:
    return inspect_stack(Path(request.input), request.scene, request.voxel_size, request.axes)
