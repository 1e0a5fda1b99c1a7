"""Batch norm whose running means go with the weights."""

from torch import nn

NEWEST_SHARE = 0.02
"""At least, of the newest batch in the running means."""
NEWEST_STEPS = 10
"""At the end of a short training the means go over so many steps."""


def let_batch_norm_follow(network: nn.Module, steps: int) -> None:
    """Have the running means of batch norm go with the weights in short trainings too.

    The published share of 0.003 remembers some thousand steps. A network that is right about every
    patch after a hundred would still answer at random with the means it is saved with.

    Args:
        network: To train.
        steps: Of the training.
    """
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm3d | nn.BatchNorm2d):
            layer.momentum = max(NEWEST_SHARE, min(1.0, NEWEST_STEPS / steps))
