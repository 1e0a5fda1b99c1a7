"""What is known of a movie before its first frame."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

DrawFrame = Callable[[int], np.ndarray]
"""A frame by its number, counted from 0, (height, width, 3) uint8."""


@dataclass(frozen=True, slots=True)
class MoviePlan:
    """Size, number and speed of the frames.

    Args:
        height: Of a frame, in pixels.
        width: Of a frame, in pixels.
        frames: How many there are.
        fps: Frames a second.
    """

    height: int
    width: int
    frames: int
    fps: float

    @property
    def even_height(self) -> int:
        """The height, up by one where it is odd."""
        return self.height + self.height % 2

    @property
    def even_width(self) -> int:
        """The width, up by one where it is odd."""
        return self.width + self.width % 2

    def made_even(self, frame: np.ndarray) -> np.ndarray:
        """A frame whose last row and column are repeated where their number is odd."""
        down, across = self.even_height - self.height, self.even_width - self.width
        return np.pad(frame, ((0, down), (0, across), (0, 0)), mode="edge")
