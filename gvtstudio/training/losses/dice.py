"""Dice's coefficient as a loss: a small class counts as much as a large one."""

import torch
from torch import Tensor
from torch.nn import functional

from gvtstudio.training.losses.cross_entropy import Scored, cross_entropy_loss

SMOOTH = 1.0
"""Voxels added above and below, so that a class nobody sees costs nothing."""


def dice_loss(output: Scored, target: Tensor) -> Tensor:
    """``1 − mean over classes of (2 Σ p g + 1) / (Σ p + Σ g + 1)``, sums over the whole batch.

    ``p`` is the softmax of the scores, ``g`` 1 where the voxel is of the class and 0 elsewhere.
    Source: Milletari et al., V-Net, 3DV 2016, with plain sums instead of sums of squares below
    (Sudre et al., DLMIA 2017).

    Args:
        output: Scores (B, classes, *size).
        target: Number of the class of every voxel, (B, 1, *size).
    """
    odds = output.scores.float().softmax(1)
    classes = odds.shape[1]
    truth = functional.one_hot(target[:, 0].long(), classes).movedim(-1, 1)
    axes = [axis for axis in range(odds.ndim) if axis != 1]
    shared = torch.sum(odds * truth, axes)
    sizes = torch.sum(odds, axes) + torch.sum(truth, axes)
    overlap: Tensor = (2 * shared + SMOOTH) / (sizes + SMOOTH)
    return 1 - overlap.mean()


def cross_entropy_and_dice_loss(output: Scored, target: Tensor) -> Tensor:
    """Their sum: cross-entropy is steady at the beginning, Dice minds the small classes."""
    return cross_entropy_loss(output, target) + dice_loss(output, target)
