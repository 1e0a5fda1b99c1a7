"""Cross-entropy of classes."""

from typing import Protocol

from torch import Tensor
from torch.nn import functional


class Scored(Protocol):
    """Output of a network that tells classes apart."""

    @property
    def scores(self) -> Tensor:
        """Before softmax, (B, classes, *size)."""
        ...


def cross_entropy_loss(output: Scored, target: Tensor) -> Tensor:
    """``mean −ln p(class of the voxel)``, p being the softmax of the scores.

    Args:
        output: Scores (B, classes, *size).
        target: Number of the class of every voxel, (B, 1, *size).
    """
    return functional.cross_entropy(output.scores.float(), target[:, 0].long())
