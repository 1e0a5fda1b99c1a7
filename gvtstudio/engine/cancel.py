"""Hearing the user's wish to stop while working."""

import threading
from collections.abc import Iterable

from gvtstudio.domain.errors import Cancelled
from gvtstudio.domain.messages import CANCEL_LINE, FINISH_LINE


class CancelFlag:
    """Set from another thread, looked at between pieces of work."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._finish = threading.Event()

    def finish(self) -> None:
        """Ask the work to end early and keep what is best so far; only trainings listen."""
        self._finish.set()

    @property
    def should_finish(self) -> bool:
        """Whether somebody asked to end early and keep the best."""
        return self._finish.is_set()

    def set(self) -> None:
        """Ask the work to stop."""
        self._event.set()

    def check(self) -> None:
        """Stop here if asked to.

        Raises:
            Cancelled: Somebody asked.
        """
        if self._event.is_set():
            raise Cancelled


def watch(stream: Iterable[bytes], flag: CancelFlag) -> threading.Thread:
    """Set the flag when the cancel line arrives, or when the stream ends with its writer.

    The finish line asks a training to end early and keep the best; cancelling is possible still.

    A window that dies closes the stream; the engine must not work on for nobody.
    """

    def read() -> None:
        for line in stream:
            if line.strip() == CANCEL_LINE.strip():
                break
            if line.strip() == FINISH_LINE.strip():
                flag.finish()
        flag.set()

    thread = threading.Thread(target=read, name="cancel-watch", daemon=True)
    thread.start()
    return thread
