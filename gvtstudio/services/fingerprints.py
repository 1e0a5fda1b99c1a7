"""Size, time and hash of the files of a project, found beside the window."""

from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QThreadPool, Signal

from gvtstudio.domain.errors import Cancelled, GvtError
from gvtstudio.domain.project import LinkedFile
from gvtstudio.io.project_links import measured


class Fingerprint(msgspec.Struct, frozen=True):
    """What was known of a file's content, and what is known now."""

    project_path: Path
    before: LinkedFile
    after: LinkedFile


class Fingerprints(QObject):
    """Measures files one after the other; one whose size and time are known is not read again.

    Args:
        parent: Qt parent.
    """

    measured = Signal(object)
    """A ``Fingerprint`` that says something new."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_closing = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def measure(self, project_path: Path, link: LinkedFile) -> None:
        """Find out about a file later."""
        self._pool.start(partial(self._measure, project_path, link))

    def shut_down(self) -> None:
        """Stop reading, for a window that closes."""
        self._is_closing = True
        self._pool.clear()
        self._pool.waitForDone()

    def _measure(self, project_path: Path, link: LinkedFile) -> None:
        """Runs in a worker thread."""
        try:
            after = measured(link, self._check_closing)
        except (GvtError, OSError):
            return  # the file has vanished, or the window closes; what was known stays
        if after != link:
            self.measured.emit(Fingerprint(project_path, link, after))

    def _check_closing(self) -> None:
        if self._is_closing:
            raise Cancelled
