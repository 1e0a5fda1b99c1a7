"""Mean absolute error."""

import torch
from torch import Tensor

from gvtstudio.training.losses.laplace import MeanAndScale


def mean_absolute_error(output: MeanAndScale, target: Tensor) -> Tensor:
    """``mean |μ − y|``; a scale head, if there is one, is not trained."""
    return torch.mean((output.mean - target).abs())
