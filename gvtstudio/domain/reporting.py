"""How code below the engine says how it goes, without knowing who listens."""

from pathlib import Path
from typing import Protocol

from gvtstudio.domain.messages import LogLevel


class JobReporter(Protocol):
    """Hears of a job; any call may raise ``Cancelled`` when the user asked to stop."""

    def progress(self, stage: str, done: int, total: int, unit: str = "") -> None:
        """How far a stage is."""
        ...

    def log(self, text: str, level: LogLevel = "info") -> None:
        """One sentence for the log."""
        ...

    def score(self, step: int, values: dict[str, float]) -> None:
        """Loss and validation metrics of a training."""
        ...

    def preview(self, path: Path) -> None:
        """What can be looked at there, read like any stack, is new."""
        ...

    def should_finish(self) -> bool:
        """Whether the user asked to end early and keep what is best so far."""
        ...

    def check_cancelled(self) -> None:
        """Stop here if asked to."""
        ...
