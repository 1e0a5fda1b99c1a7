"""Structural similarity of planes, as the CNNT was trained with (MODELS §5.4)."""

import torch
from torch import Tensor
from torch.nn import functional

from gvtstudio.training.losses.laplace import MeanAndScale

WINDOW = 7
SIGMA = 1.5
C1, C2 = 0.01**2, 0.03**2
"""For intensities over a range of one."""
L2_SHARE = 0.1
REFERENCE_PIXELS = 4096


def ssim_loss(output: MeanAndScale, target: Tensor) -> Tensor:
    """``1 − mean SSIM`` of all planes of all channels, each an image of its own.

    ``SSIM = (2 m n + C1)(2 c + C2) / ((m² + n² + C1)(s² + t² + C2))`` with means m and n, variances
    s² and t² and covariance c of the two images under a Gaussian window of 7 pixels and σ 1.5;
    outside of an image there is zero. What is no number is not taken for a likeness, as in the
    published code, but stays none, so that the training goes a step back.

    Args:
        output: Mean (B, C, *size).
        target: The same size.
    """
    a, b = _planes(output.mean), _planes(target)
    window = _window(a)

    def blurred(planes: Tensor) -> Tensor:
        return functional.conv2d(planes, window, padding=WINDOW // 2)

    mean_a, mean_b = blurred(a), blurred(b)
    variance_a = blurred(a * a) - mean_a**2
    variance_b = blurred(b * b) - mean_b**2
    covariance = blurred(a * b) - mean_a * mean_b
    likeness: Tensor = (2 * mean_a * mean_b + C1) * (2 * covariance + C2)
    likeness = likeness / ((mean_a**2 + mean_b**2 + C1) * (variance_a + variance_b + C2))
    loss: Tensor = 1 - likeness.mean()
    return loss


def ssim_and_l2_loss(output: MeanAndScale, target: Tensor) -> Tensor:
    """``ssim_loss + 0.1 ‖μ − y‖ / planes / (pixels / 4096)``, the loss of CNNT's fine-tuning.

    The second part is the length of the difference, not its mean square, so that its share depends
    on batch and patch (MODELS §13 row 27).
    """
    a, b = _planes(output.mean), _planes(target)
    length: Tensor = torch.linalg.vector_norm(a - b)
    share = L2_SHARE / len(a) / (a.shape[-1] * a.shape[-2] / REFERENCE_PIXELS)
    return ssim_loss(output, target) + share * length


def _planes(t: Tensor) -> Tensor:
    """Every (Y, X) plane by itself, (planes, 1, Y, X); variances need the full precision."""
    return t.float().reshape(-1, 1, *t.shape[-2:])


def _window(like: Tensor) -> Tensor:
    """The Gaussian window, (1, 1, 7, 7), with a sum of one."""
    places = torch.arange(WINDOW, device=like.device, dtype=like.dtype) - WINDOW // 2
    profile = torch.exp(-(places**2) / (2 * SIGMA**2))
    profile = profile / profile.sum()
    window: Tensor = profile[:, None] * profile
    return window[None, None]
