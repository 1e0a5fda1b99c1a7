"""Notices when a graphics card has begun to put its memory into that of the computer.

On Windows the driver does so without a word when programs together ask for more than the card has,
and every tile then takes many times as long.
"""

from collections import deque
from collections.abc import Callable
from statistics import median

TIMES_SLOWER = 5.0
"""Than usual; a card that grows warm or draws the screen slows down by less than two."""
STEPS_BEFORE = 5
"""So many must be known before any is called slow: the first ones prepare libraries."""
STEPS_REMEMBERED = 200
SLOW_IN_A_ROW = 2
WARNING = (
    "The graphics card has become many times slower, probably because its memory is full: close "
    "other programs that use it, or restore with smaller tiles (--tile 16,64,64) or on the "
    "processor (--device cpu)."
)


class SpillWatch:
    """Watches how long equal work takes, and speaks once.

    Args:
        report: Takes the warning, one sentence with its remedy.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._usual: deque[float] = deque(maxlen=STEPS_REMEMBERED)
        self._slow = 0
        self._has_spoken = False

    def step(self, seconds: float, work: float) -> None:
        """One step is done.

        Args:
            seconds: It took.
            work: It did, in any unit that is the same for all steps.
        """
        if self._has_spoken or work <= 0:
            return
        pace = seconds / work
        if len(self._usual) < STEPS_BEFORE or pace <= TIMES_SLOWER * median(self._usual):
            self._usual.append(pace)
            self._slow = 0
            return
        # slow steps are not remembered, or they would soon be the usual ones
        self._slow += 1
        if self._slow == SLOW_IN_A_ROW:
            self._has_spoken = True
            self._report(WARNING)
