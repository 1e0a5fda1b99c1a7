"""What training makes small.

To add a loss: a module here and a line in ``LOSSES``. ``tests/training/test_losses.py`` checks
that it is finite, differentiable and smallest at the truth. Every loss takes the network's output
(``Restored``, or ``ClassScores`` or ``BrightnessOdds`` for those of classes) and the target
``(B, C, *size)`` and returns one number.
"""

LOSSES: dict[str, str] = {
    "laplace": "gvtstudio.training.losses.laplace:laplace_loss",
    "mae": "gvtstudio.training.losses.absolute_error:mean_absolute_error",
    "mse": "gvtstudio.training.losses.squared_error:mean_squared_error",
    "ssim": "gvtstudio.training.losses.ssim:ssim_loss",
    "ssim_l2": "gvtstudio.training.losses.ssim:ssim_and_l2_loss",
    "cross_entropy": "gvtstudio.training.losses.cross_entropy:cross_entropy_loss",
    "dice": "gvtstudio.training.losses.dice:dice_loss",
    "cross_entropy_dice": "gvtstudio.training.losses.dice:cross_entropy_and_dice_loss",
    "masked_mse": "gvtstudio.training.losses.masked:masked_squared_error",
    "masked_cross_entropy": "gvtstudio.training.losses.masked:masked_cross_entropy",
}
