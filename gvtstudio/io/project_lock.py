"""Who has a project open: a small file beside it, the same on a disk and on a share.

No lock of the operating system is used, for shares do not pass them on. The file is made so that
only one can make it, and its time of change is the heartbeat of the window that has the project.
"""

import getpass
import os
import secrets
import socket
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
import psutil

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.io.atomic import write_bytes
from gvtstudio.io.failures import unwritable
from gvtstudio.io.system_paths import long_path

HEARTBEAT_S = 30
STALE_AFTER_S = 120

LockState = Literal["free", "ours", "held", "silent", "left", "unreachable"]
"""Nobody's; this window's; another's at work; another's without heartbeat; of a program that has
ended without removing it; on a drive that does not answer."""


class LockHolder(msgspec.Struct, frozen=True):
    """Which window has a project.

    Args:
        host: Name of its computer; empty where the lock cannot be read.
        user: Who works there.
        pid: Number of its process.
        pid_started: When that process began, in seconds since 1970: numbers are used again.
        since: ISO date and time with time zone.
        token: Different for every lock there has been.
    """

    host: str = ""
    user: str = ""
    pid: int = 0
    pid_started: float = 0.0
    since: str = ""
    token: str = ""

    def words(self) -> str:
        """Who, where and since when, to follow "is open"."""
        if not self.host:
            return "in another window"
        here = " (this computer)" if self.host == socket.gethostname() else ""
        return f"by {self.user} on {self.host}{here} since {_day_and_time(self.since)}"


class SeenLock(msgspec.Struct, frozen=True):
    """What a look at the lock says.

    Args:
        state: Whose it is.
        holder: Who holds it; ``None`` where it is free.
        silent_s: Seconds since its last heartbeat.
    """

    state: LockState
    holder: LockHolder | None = None
    silent_s: float = 0.0


class ProjectLock:
    """The lock of one project, as one window sees it.

    Args:
        project: The project file.
    """

    def __init__(self, project: Path) -> None:
        self.path = long_path(project.with_name(f"{project.name}.lock"))
        self._mine = _this_window()

    def look(self) -> SeenLock:
        """Whose the project is now."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return SeenLock("free")
        except OSError:
            return SeenLock("unreachable")
        holder = _decoded(data)
        if holder.token == self._mine.token:
            return SeenLock("ours", holder)
        silent_s = self._silent_s()
        if _has_ended(holder):
            return SeenLock("left", holder, silent_s)
        return SeenLock("silent" if silent_s > STALE_AFTER_S else "held", holder, silent_s)

    def take(self) -> SeenLock:
        """Take the project where it is free, or was left by a program that has ended.

        Returns:
            ``ours``, or what keeps it from being that.

        Raises:
            OutputUnwritable: Nothing can be written beside the project.
        """
        seen = self.look()
        if seen.state == "free":
            self._make()
            return self.look()
        if seen.state == "left":
            self.take_over()
            return self.look()
        return seen

    def take_over(self) -> None:
        """Take the project whosever it is; the other window notices before it saves again.

        Raises:
            OutputUnwritable: Nothing can be written beside the project.
        """
        write_bytes(self.path, msgspec.json.encode(self._mine))

    def renew(self) -> None:
        """Give a sign of life; a drive that is gone for a moment is tried again at the next."""
        if self.look().state == "ours":
            with suppress(OSError):
                os.utime(self.path)

    def release(self) -> None:
        """Let others have the project; a lock that is not ours stays."""
        if self.look().state == "ours":
            with suppress(OSError):
                self.path.unlink()

    def _make(self) -> None:
        """Make the lock file unless another window has just done so."""
        try:
            # the one call that also on shares succeeds for a single one of two windows
            number = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            return
        except OSError as error:
            raise unwritable(self.path, error) from error
        with os.fdopen(number, "wb") as file:
            file.write(msgspec.json.encode(self._mine))

    def _silent_s(self) -> float:
        """Age of the last heartbeat by the clock of the disk or share, not of this computer."""
        with suppress(OSError):
            return self._disk_now() - self.path.stat().st_mtime
        return 0.0

    def _disk_now(self) -> float:
        probe = self.path.with_name(f".clock-{secrets.token_hex(6)}")
        try:
            probe.touch()
            return probe.stat().st_mtime
        except OSError:  # the place cannot be written
            return time.time()
        finally:
            with suppress(OSError):
                probe.unlink()


def held_by_another(project: Path, seen: SeenLock) -> OutputUnwritable:
    """The sentence where a project cannot be changed, as a rule because another window has it."""
    holder = seen.holder or LockHolder()
    if seen.state == "unreachable":
        return OutputUnwritable(
            f"The folder of {project.name} does not answer.",
            "Check the drive or network connection, then save again.",
        )
    if seen.state == "silent":
        return OutputUnwritable(
            f"{project.name} is open {holder.words()}, but that window has given no sign of life "
            f"for {round(seen.silent_s / 60)} minutes.",
            "If it is gone: Take Over Project… in the menu Project.",
        )
    return OutputUnwritable(
        f"{project.name} is open {holder.words()}.",
        "Close it there; or keep your changes in a copy: Save Project As… in the menu Project.",
    )


def _this_window() -> LockHolder:
    return LockHolder(
        host=socket.gethostname(),
        user=_user(),
        pid=os.getpid(),
        pid_started=round(psutil.Process().create_time(), 2),
        since=datetime.now().astimezone().isoformat(timespec="seconds"),
        token=secrets.token_hex(16),
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return "somebody"


def _decoded(data: bytes) -> LockHolder:
    """Who holds the lock; nobody known where it is only just being written, or damaged."""
    try:
        return msgspec.json.decode(data, type=LockHolder)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return LockHolder()


def _has_ended(holder: LockHolder) -> bool:
    """Whether the process is known to be gone, which can be told of this computer only."""
    if holder.host != socket.gethostname():
        return False
    try:
        started: float = psutil.Process(holder.pid).create_time()
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
    # a second of tolerance: the clock may be set after the start
    return abs(started - holder.pid_started) > 1


def _day_and_time(since: str) -> str:
    try:
        moment = datetime.fromisoformat(since).astimezone()
    except ValueError:
        return since
    today = datetime.now().astimezone().date() == moment.date()
    return f"{moment:%H:%M}" if today else f"{moment:%Y-%m-%d %H:%M}"
