"""Mean squared error."""

import torch
from torch import Tensor

from gvtstudio.training.losses.laplace import MeanAndScale


def mean_squared_error(output: MeanAndScale, target: Tensor) -> Tensor:
    """``mean (μ − y)²``, the loss of the label-free GVTNets (MODELS §2.5) and of fnet."""
    return torch.mean((output.mean - target) ** 2)
