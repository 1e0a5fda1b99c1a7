"""Says in a log how a training goes that runs by itself, as those of the bundled models do."""

import logging
import time
from pathlib import Path

from gvtstudio.domain.messages import LogLevel

log = logging.getLogger(__name__)


class LogReporter:
    """Writes how the training goes to the log; only Ctrl+C ends it."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def progress(self, stage: str, done: int, total: int, unit: str = "") -> None:
        """Every step is too much for a log."""

    def log(self, text: str, level: LogLevel = "info") -> None:
        """One sentence."""
        log.info(text)

    def score(self, step: int, values: dict[str, float]) -> None:
        """Numbers of a validation."""
        log.info("%d %.1f min %s", step, (time.monotonic() - self._started) / 60, values)

    def preview(self, path: Path) -> None:
        """Nobody looks."""

    def should_finish(self) -> bool:
        """Never before the last step."""
        return False

    def check_cancelled(self) -> None:
        """Never."""
