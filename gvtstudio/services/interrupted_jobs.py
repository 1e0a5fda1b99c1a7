"""Restorations that ended before they were done and have kept what they did."""

from pathlib import Path

import msgspec
import psutil

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Failed, Log, Started, Stopped, decode_message
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.services.job import STATES, Job


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
    pid, log = _said(folder)
    if _is_at_work(pid, folder):
        return None
    job = Job(
        id=folder.path.name,
        title=f"Restoring {Path(request.input).name}",
        request=request,
        folder=str(folder.path),
        state=STATES[type(ending)],
        ending=ending,
        can_continue=True,
    )
    return InterruptedJob(job, log)


def _said(folder: JobFolder) -> tuple[int, tuple[Log, ...]]:
    """Number of the process that worked on a job last, 0 where unknown, and the job's log."""
    try:
        lines = folder.log_path.read_bytes().splitlines()
    except OSError:
        return 0, ()
    messages = [decode_message(line) for line in lines]
    pids = [message.pid for message in messages if isinstance(message, Started)]
    return pids[-1] if pids else 0, tuple(m for m in messages if isinstance(m, Log))


def _is_at_work(pid: int, folder: JobFolder) -> bool:
    """Whether that process still is this job's engine, and not another one of the same number."""
    try:
        return pid > 0 and str(folder.path) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
