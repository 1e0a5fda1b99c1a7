"""What networks answer. Losses and prediction ask for ``mean``, whatever network it came from."""

from typing import NamedTuple

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
    """Scores before softmax: ``(B, classes, *size)``, or ``(B, targets, classes, *size)``."""

    scores: Tensor


def scale_of(head: nn.Module, features: Tensor) -> Tensor:
    """``softplus(head(features)) + 0.001``: the scale of a Laplace distribution (MODELS §2.3)."""
    # softplus loses its small values in half precision
    scale: Tensor = functional.softplus(head(features).float()) + SMALLEST_SCALE
    return scale
