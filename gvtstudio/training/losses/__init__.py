"""What training makes small.

To add a loss: a module here and a line in ``LOSSES``. ``tests/training/test_losses.py`` checks
that it is finite, differentiable and smallest at the truth. Every loss takes the network's output
(``Restored``) and the target ``(B, 1, *size)`` and returns one number.
"""

LOSSES: dict[str, str] = {
    "laplace": "gvtstudio.training.losses.laplace:laplace_loss",
    "mae": "gvtstudio.training.losses.absolute_error:mean_absolute_error",
}
