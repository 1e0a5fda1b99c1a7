"""What happens when the window itself meets a fault: it is written down and told, not lost."""

import faulthandler
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO

from gvtstudio import __version__
from gvtstudio.domain.errors import GvtError
from gvtstudio.services.notifications import Notice, Notifications

CRASH_FILE = "crash.txt"
ERROR_FILE = "errors.log"

_log = logging.getLogger(__name__)


class CrashReports:
    """Catches what nothing else caught.

    Expected errors (``GvtError``) become a notice with their remedy. Anything else is written to
    a log file and becomes a notice that names the file. A crash of the interpreter itself leaves
    its stacks in a file that is told at the next start.

    Args:
        folder: For the log and crash files.
        notifications: Where notices go.
    """

    def __init__(self, folder: Path, notifications: Notifications) -> None:
        self._folder = folder
        self._notifications = notifications
        self._crash_file: IO[str] | None = None
        self._hooks = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """Start catching."""
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._crash_file = (self._folder / CRASH_FILE).open("a+", encoding="utf-8")
        except OSError as error:
            _log.warning("Crashes cannot be written down: %s", error)
            return
        faulthandler.enable(self._crash_file)

    def uninstall(self) -> None:
        """Stop catching, and leave no crash file when there was no crash."""
        sys.excepthook, threading.excepthook = self._hooks
        if self._crash_file is None:
            return
        faulthandler.disable()
        self._crash_file.close()
        self._crash_file = None
        crash_path = self._folder / CRASH_FILE
        if crash_path.stat().st_size == 0:
            crash_path.unlink()

    def tell_last_crash(self) -> None:
        """Say that the program crashed when it ran last, and put its crash file aside."""
        crash_path = self._folder / CRASH_FILE
        if self._crash_file is None or crash_path.stat().st_size == 0:
            return
        kept = self._folder / f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S}.txt"
        kept.write_text(crash_path.read_text(encoding="utf-8", errors="replace"), encoding="utf-8")
        self._crash_file.truncate(0)
        self._notifications.notify(
            "The program ended unexpectedly when it ran last.",
            f"What is known about it is in {kept}; please send it with a report.",
            "warning",
        )

    def _on_exception(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._hooks[0](kind, error, trace)
            return
        if isinstance(error, GvtError):
            self._notifications.report(error)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        _log.error("Uncaught: %s", text)
        path = self._write(text)
        self._notifications.noticed.emit(
            Notice(
                f"Something went wrong in the program ({kind.__name__}).",
                f"Your files are as they were. Please send {path} with a report.",
                "error",
                details=text,
            )
        )

    def _on_thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self._on_exception(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def _write(self, text: str) -> Path:
        path = self._folder / ERROR_FILE
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, version {__version__}\n")
                file.write(f"{text}\n")
        except OSError as error:
            _log.warning("The error cannot be written down: %s", error)
        return path
