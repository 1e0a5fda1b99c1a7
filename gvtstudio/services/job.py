"""A job of the window as it is now."""

import msgspec

from gvtstudio.domain.analysis import AnalyseRequest
from gvtstudio.domain.figure import FigureRequest
from gvtstudio.domain.job import (
    ExportRequest,
    InspectRequest,
    JobState,
    RegisterRequest,
    Request,
    RerunRequest,
    RestoreRequest,
    SweepRequest,
    TrainRequest,
)
from gvtstudio.domain.messages import Failed, Finished, Log, Progress, Score, Stopped
from gvtstudio.domain.scene_looks import ScenesRequest

HEAVY = RestoreRequest | RerunRequest | TrainRequest | ExportRequest | SweepRequest
STATES: dict[type, JobState] = {Finished: "finished", Failed: "failed", Stopped: "stopped"}


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
        preview: Scratch file with what is restored so far; empty when there is none to look at.
        score: Of a training: its last validation.
        crop: Of a training at work: scratch file with what it makes of one crop; empty for none.
        is_finishing: Whether a training has been asked to end and keep the best.
        can_continue: Whether it is over, did not finish, and has kept what it has done.
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
    preview: str = ""
    score: Score | None = None
    crop: str = ""
    is_finishing: bool = False
    can_continue: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.ending is not None

    @property
    def is_preview(self) -> bool:
        """Whether it restores only the part on screen."""
        return isinstance(self.request, RestoreRequest) and self.request.region is not None

    @property
    def is_look(self) -> bool:
        """Whether it only tells whoever waits for it how stacks lie to one another or look."""
        if isinstance(self.request, RegisterRequest | FigureRequest):
            return not self.request.out
        return isinstance(self.request, ScenesRequest | AnalyseRequest)

    @property
    def can_keep_best(self) -> bool:
        """Whether it is a training that can be asked to end and keep the best."""
        is_training = isinstance(self.request, TrainRequest) and self.state == "running"
        return is_training and self.score is not None and not self.is_finishing

    @property
    def is_heavy(self) -> bool:
        """Whether it waits for its turn; quick jobs run beside."""
        heavy = isinstance(self.request, HEAVY)
        return heavy and not self.is_preview

    @property
    def is_passing(self) -> bool:
        """Whether it only serves the window and leaves nothing the user would look for."""
        return self.is_preview or self.is_look or isinstance(self.request, InspectRequest)


class JobLog(msgspec.Struct, frozen=True):
    """A line added to a job's log."""

    job_id: str
    line: Log
