"""Says how a job goes, and is where a cancelled job stops."""

import time
from collections.abc import Callable
from pathlib import Path

from gvtstudio.domain.messages import Log, LogLevel, Message, Preview, Progress, Score
from gvtstudio.domain.scene_looks import SceneLook
from gvtstudio.engine.cancel import CancelFlag

MESSAGES_PER_SECOND = 10


class Reporter:
    """Passes messages on, progress at a bearable rate.

    Args:
        send: Where messages go: the engine's output, or the command line.
        cancel: Looked at with every report.
    """

    def __init__(self, send: Callable[[Message], None], cancel: CancelFlag) -> None:
        self._send = send
        self._cancel = cancel
        self._stage = ""
        self._stage_started = 0.0
        self._first_done = 0
        self._last_sent = 0.0

    def progress(self, stage: str, done: int, total: int, unit: str = "") -> None:
        """How far a stage is; the time left follows from its own speed so far.

        Raises:
            Cancelled: The user asked to stop.
        """
        self._cancel.check()
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._stage_started, self._first_done = stage, now, done
            self._last_sent = 0.0
        if done < total and now - self._last_sent < 1 / MESSAGES_PER_SECOND:
            return
        self._last_sent = now
        self._send(Progress(stage, done, total, unit, self._seconds_left(now, done, total)))

    def _seconds_left(self, now: float, done: int, total: int) -> float | None:
        elapsed, advanced = now - self._stage_started, done - self._first_done
        if elapsed < 1 or advanced <= 0:
            return None
        return round(elapsed * (total - done) / advanced, 1)

    def log(self, text: str, level: LogLevel = "info") -> None:
        """One sentence for the log."""
        self._send(Log(text, level))

    def preview(self, path: Path) -> None:
        """More of a result can be looked at there."""
        self._send(Preview(str(path)))

    def score(self, step: int, values: dict[str, float]) -> None:
        """Loss and validation metrics of a training."""
        self._send(Score(step, values))

    def scene(self, look: SceneLook) -> None:
        """One scene of a file has been looked at."""
        self._send(look)

    def should_finish(self) -> bool:
        """Whether the user asked to end early and keep what is best so far."""
        return self._cancel.should_finish

    def check_cancelled(self) -> None:
        """Stop here if asked to.

        Raises:
            Cancelled: The user asked to stop.
        """
        self._cancel.check()
