"""Reads projects and takes their locks beside the window."""

from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QThreadPool, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.io.project_lock import ProjectLock
from gvtstudio.services.project_guard import GuardedProject, open_guarded


class OpeningFailure(msgspec.Struct, frozen=True):
    """Why a project cannot be opened or taken over."""

    path: Path
    error: GvtError


class ProjectOpener(QObject):
    """Opens one project after the other.

    Args:
        parent: Qt parent.
    """

    opened = Signal(object)
    """A ``GuardedProject``."""
    failed = Signal(object)
    """An ``OpeningFailure``."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._under_way: set[ProjectLock] = set()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def open(self, path: Path, lock: ProjectLock, *, takes_over: bool = False) -> None:
        """Read a project later; looking for moved files takes its time.

        Args:
            path: The project file.
            lock: Of that project.
            takes_over: Whether to take it from a window that gives no sign of life.
        """
        self._pool.start(partial(self._open, path, lock, takes_over=takes_over))

    def arrived(self, lock: ProjectLock) -> None:
        """Say that somebody cares for a lock from now on."""
        self._under_way.discard(lock)

    def shut_down(self) -> None:
        """Let go of what has been read for nobody, for a window that closes."""
        self._pool.clear()
        self._pool.waitForDone()
        for lock in self._under_way:
            lock.release()
        self._under_way.clear()

    def _open(self, path: Path, lock: ProjectLock, *, takes_over: bool) -> None:
        """Runs in a worker thread."""
        try:
            guarded: GuardedProject = open_guarded(path, lock, takes_over=takes_over)
        except GvtError as error:
            self.failed.emit(OpeningFailure(path, error))
            return
        self._under_way.add(lock)
        self.opened.emit(guarded)
