"""What networks answer. Losses and prediction ask for ``mean``, whatever network it came from."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

SMALLEST_SCALE = 1e-3


class Restored(NamedTuple):
    """An image, ``(B, C, *size)``.

    ``scale`` is the width of the Laplace distribution around ``mean``, ``None`` without that head.
    """

    mean: Tensor
    scale: Tensor | None = None


class Projected(NamedTuple):
    """A volume projected to its surface: ``(B, 1, Y, X)`` each.

    ``height`` is the plane the surface lies in, counted from 0, with fractions.
    """

    mean: Tensor
    height: Tensor
    scale: Tensor | None = None


class ClassScores(NamedTuple):
    """Scores before softmax: ``(B, classes, *size)``."""

    scores: Tensor


class BrightnessOdds(NamedTuple):
    """How likely every brightness is: scores before softmax, ``(B, targets, classes, *size)``.

    Class k of K stands for the brightness k/(K − 1). What a pixel is taken for follows from its
    distribution (MODELS §3.4), ``(B, targets, *size)`` each.
    """

    scores: Tensor

    @property
    def mean(self) -> Tensor:
        """Of the distribution, ``Σ p·value``: the smallest squared error on average."""
        values = torch.linspace(0, 1, self._top + 1, device=self.scores.device)
        return self._of_each(lambda odds: torch.tensordot(odds, values, ([1], [0])))

    @property
    def median(self) -> Tensor:
        """The lowest brightness that has half of the odds at or below it."""
        return self._of_each(lambda odds: (odds.cumsum(1) < 0.5).sum(1) / self._top).clamp(max=1)

    @property
    def mode(self) -> Tensor:
        """The likeliest brightness."""
        return self._of_each(lambda odds: odds.argmax(1) / self._top)

    @property
    def entropy(self) -> Tensor:
        """How undecided the distribution is: 0 where one class has all odds, 1 for equal ones."""
        most = math.log(self._top + 1)
        return self._of_each(lambda odds: torch.special.entr(odds).sum(1) / most)

    @property
    def _top(self) -> int:
        return self.scores.shape[2] - 1

    def _of_each(self, statistic: Callable[[Tensor], Tensor]) -> Tensor:
        """One target after the other, so that the odds of all need not exist at once."""
        return torch.stack(
            [statistic(each.float().softmax(1)) for each in self.scores.unbind(1)], 1
        )


def scale_of(head: nn.Module, features: Tensor) -> Tensor:
    """``softplus(head(features)) + 0.001``: the scale of a Laplace distribution (MODELS §2.3)."""
    # softplus loses its small values in half precision
    scale: Tensor = functional.softplus(head(features).float()) + SMALLEST_SCALE
    return scale
