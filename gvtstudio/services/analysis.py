"""Measuring what is compared: at once beside the window, or by the engine where it takes longer."""

import csv
import io
from contextlib import ExitStack, closing
from functools import partial
from math import prod
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Qt, QThreadPool, Signal, Slot

from gvtstudio.domain.analysis import AnalyseRequest, Analysis, AnalysisKind
from gvtstudio.domain.errors import Cancelled, GvtError
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.specs import load_callable
from gvtstudio.imaging.analysis import ANALYSES
from gvtstudio.imaging.analysis.table import analysis_rows
from gvtstudio.imaging.analysis.volumes import AnalysedVolumes
from gvtstudio.io.stacks import open_stack
from gvtstudio.services.job import Job
from gvtstudio.services.job_queue import JobQueue

IN_ENGINE: tuple[AnalysisKind, ...] = ("spectrum", "frc", "spots")
"""What is computed of whole volumes, takes seconds to minutes and needs memory for them."""
MOST_BESIDE = 16_000_000
"""Voxels of all stacks that are measured in the window's own process."""
CLOSING_PATIENCE_MS = 1000


class Measured(msgspec.Struct, frozen=True):
    """What was asked, and the answer: numbers, or a sentence that says why there are none."""

    request: AnalyseRequest
    analysis: Analysis | None
    sentence: str = ""


class Analyst(QObject):
    """Answers the newest request; older ones are dropped.

    Args:
        queue: Runs the engine.
        parent: Qt parent.
    """

    measured = Signal(object)
    """A ``Measured``, of the newest request."""
    _arrived = Signal(object)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._newest: AnalyseRequest | None = None
        self._job_id = ""
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        queue.job_ended.connect(self._on_job_ended)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._newest is not None

    def ask(self, request: AnalyseRequest, *, takes_long: bool) -> None:
        """Measure this, and nothing that was asked before; by the engine what takes long."""
        self.forget()
        self._newest = request
        if not takes_long:
            self._pool.start(partial(self._work, request))
            return
        job = self._queue.submit(request, f"Measuring {Path(request.stacks[0].path).name}")
        if job is None:  # the user has been told why
            self._newest = None
        else:
            self._job_id = job.id

    def forget(self) -> None:
        """Stop measuring; what is found from now on is of no interest."""
        self._newest = None
        job_id, self._job_id = self._job_id, ""
        if job_id:
            self._queue.cancel(job_id)

    def shut_down(self) -> None:
        """For the end of the program; a thread that waits for a slow network ends by itself."""
        self._newest = None
        self._pool.waitForDone(CLOSING_PATIENCE_MS)

    def _work(self, request: AnalyseRequest) -> None:
        """Worker: measure, unless something else has been asked meanwhile."""
        try:
            self._arrived.emit(Measured(request, self._analysed(request)))
        except Cancelled:
            return
        except GvtError as error:
            self._arrived.emit(Measured(request, None, error.sentence()))
        except (OSError, MemoryError) as error:
            sentence = f"The stacks could not be measured: {error}.".replace(": .", ".")
            self._arrived.emit(Measured(request, None, sentence))

    def _analysed(self, request: AnalyseRequest) -> Analysis:
        def still_wanted(done: int, total: int) -> None:
            if self._newest is not request:
                raise Cancelled

        still_wanted(0, 1)
        with ExitStack() as opened:
            stacks = [
                opened.enter_context(
                    closing(open_stack(Path(s.path), s.scene, s.voxel_size, s.axes))
                )
                for s in request.stacks
            ]
            volumes = AnalysedVolumes(request, stacks, tell=still_wanted)
            analysis: Analysis = load_callable(ANALYSES[request.what])(volumes)
        return analysis

    @Slot(object)
    def _deliver(self, measured: Measured) -> None:
        if measured.request is self._newest:
            self._newest = None
            self.measured.emit(measured)

    def _on_job_ended(self, job: Job) -> None:
        if not isinstance(job.request, AnalyseRequest):
            return
        if job.id == self._job_id:
            self._job_id = ""
            is_wanted, self._newest = self._newest == job.request, None
            if is_wanted and isinstance(job.ending, Finished):
                self.measured.emit(Measured(job.request, job.ending.analysis))
            elif is_wanted and isinstance(job.ending, Failed):
                sentence = f"{job.ending.message} {job.ending.remedy}".strip()
                self.measured.emit(Measured(job.request, None, sentence))
        self._queue.remove(job.id)


def takes_long(request: AnalyseRequest, sizes: tuple[int, int, int]) -> bool:
    """Whether a user would wait, or the window's memory grow, so that it is for the engine.

    Args:
        request: What is asked.
        sizes: Voxels of the first stack along Z, Y and X.
    """
    if request.what == "profile":
        return False
    region = request.region or tuple((0, n) for n in sizes)
    voxels = prod(stop - start for start, stop in region) * len(request.stacks)
    return request.what in IN_ENGINE or voxels > MOST_BESIDE


def analysis_csv(analysis: Analysis) -> bytes:
    """The curves of an analysis, or its numbers where there are none, for spreadsheets."""
    rows = list(analysis_rows(analysis))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def analysis_text(analysis: Analysis) -> str:
    """The numbers of every stack with all their digits, separated by tabs, with a heading."""
    lines = ["\t".join(("", *analysis.titles))]
    for column in analysis.columns:
        told = (row[column.name] for row in analysis.rows)
        lines.append("\t".join((column.label, *("" if v is None else repr(v) for v in told))))
    return "\n".join(lines) + "\n"
