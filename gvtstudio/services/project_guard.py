"""Keeps the lock of the open project alive, and writes the project only while it is ours."""

import threading
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal

from gvtstudio.domain.errors import GvtError, OutputUnwritable
from gvtstudio.domain.project import Project
from gvtstudio.io.project_file import forget_torn, load_project, project_bytes, write_project
from gvtstudio.io.project_links import ResolvedProject, resolve_project
from gvtstudio.io.project_lock import HEARTBEAT_S, ProjectLock, held_by_another
from gvtstudio.io.system_paths import long_path


class GuardedProject(msgspec.Struct, frozen=True):
    """A project that has been read, and whether this window may change it.

    Args:
        path: The project file.
        lock: Its lock, taken or not.
        data: Content of the file; ``None`` where it could not be read again.
        resolved: The project and what was not found.
        refusal: Why it is read-only, with what to do; ``None`` where it is this window's.
        was_left: Whether a program that ended without closing it had it before.
    """

    path: Path
    lock: ProjectLock
    data: bytes | None
    resolved: ResolvedProject
    refusal: GvtError | None
    was_left: bool = False


def open_guarded(path: Path, lock: ProjectLock, *, takes_over: bool) -> GuardedProject:
    """Take the lock where that is possible, and read the project.

    Args:
        path: The project file.
        lock: Of that project.
        takes_over: Whether to take it from a window that gives no sign of life.

    Raises:
        FileUnreadable: It cannot be read.
        OutputUnwritable: It is to be taken over, but the other window is at work.
    """
    before = lock.look()
    if takes_over and before.state == "held":
        raise held_by_another(path, before)
    refusal: GvtError | None = None
    try:
        load_project(path)  # no lock beside what is no project
        if takes_over and before.state == "silent":
            lock.take_over()
        seen = lock.take()
        refusal = None if seen.state == "ours" else held_by_another(path, seen)
    except OutputUnwritable as error:
        refusal = OutputUnwritable(
            f"{path.name} lies in a folder that cannot be written.",
            f"Keep your changes in a copy: Save Project As… in the menu Project. ({error.message})",
        )
    try:
        if refusal is None:
            forget_torn(path)
        data = _content(path)
        resolved = resolve_project(path.parent, load_project(path))
    except GvtError:
        lock.release()
        raise
    was_left = refusal is None and before.state == "left"
    return GuardedProject(path, lock, data, resolved, refusal, was_left)


class LockNews(msgspec.Struct, frozen=True):
    """What has happened to the lock of a project.

    Args:
        path: The project file.
        refusal: Why it is not ours any more; ``None`` where whoever had it has closed it.
    """

    path: Path
    refusal: GvtError | None = None


class ProjectGuard(QObject):
    """Stands between the window and the project file.

    Args:
        parent: Qt parent.
    """

    lock_changed = Signal(object)
    """A ``LockNews``: somebody else has the project now, or has closed it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = Path()
        self._lock: ProjectLock | None = None
        self._last: bytes | None = None
        self._is_ours = False
        self._was_free = False
        # so that a heartbeat never sees a file that is written but not yet known as ours
        self._writing = threading.Lock()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._timer = QTimer(self, interval=HEARTBEAT_S * 1000)
        self._timer.timeout.connect(self.beat)

    def lock_of(self, path: Path) -> ProjectLock:
        """The lock of a project; of the open one the same that is held."""
        return self._lock if self._lock is not None and path == self._path else ProjectLock(path)

    def enter(self, guarded: GuardedProject) -> None:
        """Guard this project from now on, in place of the one before."""
        if guarded.lock is not self._lock:
            self.leave()
        self._path, self._lock, self._last = guarded.path, guarded.lock, guarded.data
        self._is_ours, self._was_free = guarded.refusal is None, False
        self._timer.start()

    def leave(self) -> None:
        """Let others have the project."""
        self._timer.stop()
        self._pool.waitForDone()
        if self._lock is not None:
            self._lock.release()
        self._lock, self._is_ours = None, False

    def write(self, project: Project) -> GvtError | None:
        """Write the project file, if it is still ours and as we left it.

        Returns:
            Why it is not ours any more and nothing was written; ``None`` where it was.

        Raises:
            OutputUnwritable: The place cannot be written.
        """
        if self._lock is None:
            return None
        data = project_bytes(self._path, project)
        with self._writing:
            refusal = self._refusal(self._lock)
            if refusal is not None:
                self._is_ours = False
                return refusal
            write_project(self._path, data)
            self._last = data
        return None

    def beat(self) -> None:
        """Give a sign of life, and see whether anything has happened to the lock."""
        if self._lock is not None and self._pool.activeThreadCount() == 0:
            self._pool.start(partial(self._beat, self._lock, is_ours=self._is_ours))

    def _beat(self, lock: ProjectLock, *, is_ours: bool) -> None:
        """Runs in a worker thread: a share may not answer."""
        if not is_ours:
            is_free = lock.look().state in ("free", "left")
            if is_free and not self._was_free:
                self.lock_changed.emit(LockNews(self._path))
            self._was_free = is_free
            return
        try:
            with self._writing:
                refusal = self._refusal(lock)
        except GvtError:
            return  # a drive that is gone for a moment; the next beat tries again
        if refusal is None:
            lock.renew()
        else:
            self._is_ours = False
            self.lock_changed.emit(LockNews(self._path, refusal))

    def _refusal(self, lock: ProjectLock) -> OutputUnwritable | None:
        """Why the file must not be written; a lock that has merely vanished is made again.

        Raises:
            OutputUnwritable: It cannot be told, for the drive does not answer.
        """
        content = _content(self._path)
        if content is not None and content != self._last:
            return OutputUnwritable(
                f"{self._path.name} was changed by somebody else since it was opened here; nothing "
                "was overwritten.",
                "Open it again to go on with what it holds now; or keep what you see in a copy: "
                "Save Project As… in the menu Project.",
            )
        seen = lock.take()
        refusal = None if seen.state == "ours" else held_by_another(self._path, seen)
        if refusal is not None and seen.state == "unreachable":
            raise refusal
        return refusal


def _content(path: Path) -> bytes | None:
    try:
        return long_path(path).read_bytes()
    except OSError:
        return None
