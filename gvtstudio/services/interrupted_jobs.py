"""Restorations that ended before they were done and have kept what they did."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import psutil

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import (
    Failed,
    Log,
    Message,
    Progress,
    Started,
    Stopped,
    decode_message,
)
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.services.job import STATES, Job

Said = TypeVar("Said", Started, Progress)


class InterruptedJob(msgspec.Struct, frozen=True):
    """A job to list again, and what it said."""

    job: Job
    log: tuple[Log, ...]


def find_interrupted(jobs_root: Path) -> tuple[InterruptedJob, ...]:
    """Jobs below a folder that can be gone on with, oldest first.

    A job that another window is running is none of them, nor one whose files cannot be read.
    """
    folders = (JobFolder(path) for path in sorted(jobs_root.glob("*")))
    found = (_interrupted(folder) for folder in folders if folder.journal_path.is_file())
    return tuple(each for each in found if each is not None)


def _interrupted(folder: JobFolder) -> InterruptedJob | None:
    try:
        request = folder.read_request()
    except GvtError:
        return None
    ending = folder.read_result() or Failed(
        "The program ended before the job did.", "Continue it, or remove it.", 1
    )
    if not isinstance(request, RestoreRequest) or not isinstance(ending, Failed | Stopped):
        return None
    messages = _said(folder)
    if _is_at_work(_last(messages, Started), folder):
        return None
    job = Job(
        id=folder.path.name,
        title=f"Restoring {Path(request.input).name}",
        request=request,
        folder=str(folder.path),
        state=STATES[type(ending)],
        progress=_last(messages, Progress),
        ending=ending,
        can_continue=True,
    )
    return InterruptedJob(job, tuple(each for each in messages if isinstance(each, Log)))


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
