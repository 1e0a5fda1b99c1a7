"""What the engine asks of anything that restores volumes."""

from typing import Protocol

import torch

from gvtstudio.domain.job import Precision
from gvtstudio.imaging.open_volume import OpenVolume
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.settings import Shape3


class Predictor(Protocol):
    """Restores one normalised volume after the other.

    What is told of the last volume is ``None`` or 0 where it means nothing.
    """

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        ...

    @property
    def precision(self) -> Precision:
        """Of its arithmetic."""
        ...

    @property
    def tile_used(self) -> Shape3 | None:
        """How the last volume was cut."""
        ...

    @property
    def seam_ratio(self) -> float | None:
        """How visible the cuts are."""
        ...

    @property
    def learning_steps(self) -> int:
        """Taken to learn from the last volume, those before an interruption too."""
        ...

    def stream(self, volume: OpenVolume, course: Course) -> None:
        """Restore one volume that need not be in memory.

        Raises:
            Cancelled: By ``course``.
        """
        ...
