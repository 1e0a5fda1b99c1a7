"""How long a training has taken, and when its time is over."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class TrainingClock:
    """Runs from now on.

    Args:
        minutes: Time limit of this run, 0 for none.
        seconds_before: Spent in earlier runs.
    """

    def __init__(self, minutes: float, seconds_before: float) -> None:
        self._limit = 60 * minutes or float("inf")
        self._before = seconds_before
        self._started = time.monotonic()
        self._validation = 0.0

    def seconds(self) -> float:
        """Spent so far, over all runs."""
        return self._before + self._elapsed()

    def share(self) -> float:
        """Part of the time limit that is over, 0 without limit, at most 1."""
        return min(self._elapsed() / self._limit, 1.0)

    def is_over(self) -> bool:
        """Whether there is time for the last validation at most."""
        return self._elapsed() + self._validation >= self._limit

    @contextmanager
    def counting_validation(self) -> Iterator[None]:
        """What happens inside is a validation; room is left for another one as long."""
        before = time.monotonic()
        yield
        self._validation = max(self._validation, time.monotonic() - before)

    def _elapsed(self) -> float:
        return time.monotonic() - self._started
