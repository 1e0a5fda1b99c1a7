"""Restorations and trainings that ended before they were done and have kept what they did."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import psutil

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import Request, RestoreRequest, TrainRequest
from gvtstudio.domain.messages import (
    Failed,
    Log,
    Message,
    Progress,
    Score,
    Started,
    Stopped,
    decode_message,
)
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.services.job import STATES, Job
from gvtstudio.services.training_words import score_words

Said = TypeVar("Said", Started, Progress, Score)


class InterruptedJob(msgspec.Struct, frozen=True):
    """A job to list again, and what it said."""

    job: Job
    log: tuple[Log, ...]


def find_interrupted(jobs_root: Path) -> tuple[InterruptedJob, ...]:
    """Jobs below a folder that can be gone on with, oldest first.

    A job that another window is running is none of them, nor one whose files cannot be read.
    """
    folders = (JobFolder(path) for path in sorted(jobs_root.glob("*")))
    found = (_interrupted(folder) for folder in folders if keeps_what_is_done(folder))
    return tuple(each for each in found if each is not None)


def keeps_what_is_done(folder: JobFolder) -> bool:
    """Whether a job has left a journal or a checkpoint from which it can go on."""
    return folder.journal_path.is_file() or folder.checkpoint_dir.is_dir()


def forget_kept(folder: JobFolder) -> None:
    """Remove what a job has kept for going on."""
    folder.forget_unfinished()
    folder.forget_training()


def _interrupted(folder: JobFolder) -> InterruptedJob | None:
    try:
        request = folder.read_request()
    except GvtError:
        return None
    ending = folder.read_result() or Failed(
        "The program ended before the job did.", "Continue it, or remove it.", 1
    )
    title = _title(request)
    if not title or not isinstance(ending, Failed | Stopped):
        return None
    messages = _said(folder)
    if _is_at_work(_last(messages, Started), folder):
        return None
    job = Job(
        id=folder.path.name,
        title=title,
        request=request,
        folder=str(folder.path),
        state=STATES[type(ending)],
        progress=_last(messages, Progress),
        ending=ending,
        score=_last(messages, Score),
        can_continue=True,
    )
    return InterruptedJob(job, tuple(_logs(messages)))


def _title(request: Request) -> str:
    """What the window called the job; empty for kinds that cannot be gone on with."""
    match request:
        case RestoreRequest():
            return f"Restoring {Path(request.input).name}"
        case TrainRequest():
            return training_title(request)
        case _:
            return ""


def training_title(request: TrainRequest) -> str:
    """What the window calls a training."""
    return f"Training {Path(request.out).stem}"


def _logs(messages: Iterable[Message]) -> Iterator[Log]:
    """The log as the window showed it."""
    for message in messages:
        if isinstance(message, Log):
            yield message
        elif isinstance(message, Score):
            yield Log(score_words(message))


def _said(folder: JobFolder) -> list[Message]:
    """Everything a job has said in all its runs."""
    try:
        lines = folder.log_path.read_bytes().splitlines()
    except OSError:
        return []
    messages = (decode_message(line) for line in lines)
    return [message for message in messages if message is not None]


def _last(messages: Sequence[Message], kind: type[Said]) -> Said | None:
    return next((each for each in reversed(messages) if isinstance(each, kind)), None)


def _is_at_work(started: Started | None, folder: JobFolder) -> bool:
    """Whether the process that worked last still does, and is not another of the same number."""
    try:
        return started is not None and str(folder.path) in psutil.Process(started.pid).cmdline()
    except psutil.Error:
        return False
