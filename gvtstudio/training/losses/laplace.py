"""Negative log-likelihood of a Laplace distribution whose width the network predicts."""

from typing import Protocol

import torch
from torch import Tensor


class MeanAndScale(Protocol):
    """Output of a network: the mean, and the scale where it has that head."""

    @property
    def mean(self) -> Tensor:
        """(B, 1, *size)."""
        ...

    @property
    def scale(self) -> Tensor | None:
        """(B, 1, *size), positive."""
        ...


def laplace_loss(output: MeanAndScale, target: Tensor) -> Tensor:
    """``mean( |μ − y| / σ + ln σ )``, without the constant ln 2.

    Source: Wang, Xie & Ji 2021, Supplementary Note 1 ("MAE with Bayesian technique"), read from
    the trained graph (MODELS §2.3).

    Raises:
        ValueError: The network has no scale head.
    """
    if output.scale is None:
        raise ValueError("the Laplace loss needs a network with a scale head")
    return torch.mean((output.mean - target).abs() / output.scale + torch.log(output.scale))
