"""The classical filter a learned restoration has to beat.

The filter is tuned on the very image it is compared on, with the truth in hand, which no user can
do: what beats it beats anything that Gaussian or median filtering could have given.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from gvtstudio.imaging.metrics import Agreement, measure_agreement, pearson

SIGMAS = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
AXIAL_SHARES = (0.0, 0.5, 1.0)
MEDIAN_SIZES = ((1, 3, 3), (3, 3, 3), (1, 5, 5), (3, 5, 5))


class Filtered(NamedTuple):
    """An image after the filter of that name."""

    name: str
    image: np.ndarray


def best_filter(image: np.ndarray, truth: np.ndarray) -> tuple[Filtered, Agreement]:
    """The Gaussian or median filter with the highest PSNR after the CARE-type fit.

    Args:
        image: (Z, Y, X) noisy.
        truth: (Z, Y, X).

    Returns:
        The filtered image with its name, and its agreement with the truth.
    """
    # after a least-squares fit the error is (1 − r²) of the truth's variance: r decides alone
    best = max(candidates(image), key=lambda filtered: pearson(filtered.image, truth))
    return best, measure_agreement(best.image, truth)


def candidates(image: np.ndarray) -> Iterator[Filtered]:
    """The image through every filter that is tried, as float32."""
    volume = image.astype(np.float32)
    for sigma in SIGMAS:
        for share in AXIAL_SHARES if volume.shape[0] > 1 else (0.0,):
            name = f"Gaussian σ {share * sigma:g}, {sigma:g}, {sigma:g}"
            yield Filtered(name, ndimage.gaussian_filter(volume, (share * sigma, sigma, sigma)))
    for size in MEDIAN_SIZES:
        if size[0] <= volume.shape[0]:
            yield Filtered(
                f"median {size[0]}×{size[1]}×{size[2]}", ndimage.median_filter(volume, size)
            )
