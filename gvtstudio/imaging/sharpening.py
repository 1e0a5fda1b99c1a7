"""The classical sharpening that a learned super-resolution has to beat.

As in ``baseline`` it is tuned on the very image it is compared on, with the truth in hand: the best
of smoothing filters, unsharp masks and deconvolutions (Richardson 1972; Lucy 1974) with Gaussians.
"""

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from gvtstudio.imaging.baseline import Filtered, candidates
from gvtstudio.imaging.metrics import Agreement, measure_agreement, pearson

UNSHARP_SIGMAS = (1.0, 1.5, 2.0, 3.0)
AMOUNTS = (0.5, 1.0, 2.0)
SPOT_SIGMAS = (0.8, 1.2, 1.8)
ITERATIONS = (3, 10, 30)


def best_sharpening(image: np.ndarray, truth: np.ndarray) -> tuple[Filtered, Agreement]:
    """The filter, unsharp mask or deconvolution with the highest PSNR after the CARE-type fit.

    Args:
        image: (Z, Y, X), enlarged to the pixels of the truth.
        truth: (Z, Y, X).

    Returns:
        The sharpened image with its name, and its agreement with the truth.
    """
    # after a least-squares fit the error is (1 − r²) of the truth's variance: r decides alone
    best = max(sharpened(image), key=lambda filtered: pearson(filtered.image, truth))
    return best, measure_agreement(best.image, truth)


def sharpened(image: np.ndarray) -> Iterator[Filtered]:
    """The image through everything that is tried, plane by plane, as float32."""
    volume = image.astype(np.float32)
    yield from candidates(volume)
    for sigma in UNSHARP_SIGMAS:
        detail = volume - _blurred(volume, sigma)
        for amount in AMOUNTS:
            yield Filtered(f"unsharp mask σ {sigma:g}, {amount:g}", volume + amount * detail)
    for sigma in SPOT_SIGMAS:
        yield from _deconvolved(volume, sigma)


def _deconvolved(volume: np.ndarray, sigma: float) -> Iterator[Filtered]:
    """After each number of iterations, with a Gaussian for the image of a point."""
    light = np.maximum(volume - min(0.0, float(volume.min())), 0)
    floor = 1e-6 * float(light.max()) + 1e-12
    estimate = np.full_like(light, light.mean())
    for iteration in range(1, ITERATIONS[-1] + 1):
        ratio = light / np.maximum(_blurred(estimate, sigma), floor)
        estimate = estimate * _blurred(ratio, sigma)
        if iteration in ITERATIONS:
            yield Filtered(f"Richardson–Lucy σ {sigma:g}, {iteration} times", estimate)


def _blurred(volume: np.ndarray, sigma: float) -> np.ndarray:
    result: np.ndarray = ndimage.gaussian_filter(volume, (0, sigma, sigma))
    return result
