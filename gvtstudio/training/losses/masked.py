"""Losses of voxels whose truth is known: what is NaN in a target is left out."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from gvtstudio.training.losses.cross_entropy import Scored
from gvtstudio.training.losses.laplace import MeanAndScale

NOT_KNOWN = -1
"""Class of a voxel that does not count."""


def masked_squared_error(output: MeanAndScale, target: Tensor) -> Tensor:
    """``mean (μ − y)²`` over the voxels that are known; 0 where none is.

    Args:
        output: Mean (B, C, *size).
        target: The same size, NaN where a label is missing.
    """
    known = torch.isfinite(target)
    difference = torch.where(known, output.mean - target, 0.0)
    return (difference**2).sum() / known.sum().clamp(min=1)


def masked_cross_entropy(output: Scored, target: Tensor) -> Tensor:
    """``mean −ln p(class of the brightness) / ln K`` over what is known; 0 where nothing is.

    Class ``round(v·(K − 1))`` of K stands for the brightness v (MODELS §3.4); of what lies outside
    of 0 to 1 the nearest. The labels an image lacks do not count (Liu et al. 2019, Section 3).

    Args:
        output: Scores (B, targets, K, *size).
        target: Brightness (B, targets, *size), NaN where a label is missing.
    """
    scores = output.scores.float().flatten(0, 1)
    classes = scores.shape[1]
    known = torch.isfinite(target)
    numbers = torch.round(target.nan_to_num().clamp(0, 1) * (classes - 1)).long()
    surprise = functional.cross_entropy(
        scores,
        torch.where(known, numbers, NOT_KNOWN).flatten(0, 1),
        ignore_index=NOT_KNOWN,
        reduction="sum",
    )
    return surprise / known.sum().clamp(min=1) / math.log(classes)
