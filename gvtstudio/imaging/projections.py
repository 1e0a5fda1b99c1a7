"""Classical projections of the surface in a volume, which a learned one has to beat.

As the filters of ``baseline``, they are tuned on the very image they are compared on, with the
truth in hand, which favours them. Beside the projections of whole columns, the surface is looked
for as LocalZProjector does (Herbert et al. 2021, "LocalZProjector and DeProj: a toolbox for local
2D projection and accurate morphometrics of large 3D microscopy images", BMC Biology 19, 136): where
a smoothed volume is brightest, or has most contrast, made steady by a median; and only what lies
near it is projected.
"""

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from gvtstudio.imaging.baseline import Filtered
from gvtstudio.imaging.metrics import Agreement, measure_agreement, pearson

SIGMAS = (0.5, 0.7, 1.0, 1.4, 2.0)
"""Of the Gaussian along Y and X, and half as much along Z, before a column is projected."""
SEARCH_SIGMAS = (2.0, 4.0)
"""Of the Gaussian with which brightness or contrast are told."""
MEDIAN_SIZES = (9, 21)
"""Widths of the median that takes columns with another height out of the map, in pixels."""
HEIGHT_SIGMA = 4.0
"""Of the Gaussian that smooths the map then, in pixels."""
BANDS = (0, 2, 4)
"""Planes above and below the surface of which the brightest is taken; 0 is the surface itself."""


def best_projection(volume: np.ndarray, truth: np.ndarray) -> tuple[Filtered, Agreement]:
    """The classical projection with the highest PSNR after the CARE-type fit.

    Args:
        volume: (Z, Y, X) noisy.
        truth: (Y, X), the image of the surface.

    Returns:
        The projection with its name, and its agreement with the truth.
    """
    # after a least-squares fit the error is (1 − r²) of the truth's variance: r decides alone
    best = max(candidates(volume), key=lambda projected: pearson(projected.image, truth))
    return best, measure_agreement(best.image, truth)


def candidates(volume: np.ndarray) -> Iterator[Filtered]:
    """Every projection (Y, X) that is tried, as float32."""
    volume = volume.astype(np.float32)
    yield Filtered("maximum", volume.max(axis=0))
    yield Filtered("mean", volume.mean(axis=0))
    maps = list(height_maps(volume))
    for sigma in SIGMAS:
        smooth = _smoothed(volume, sigma)
        yield Filtered(f"Gaussian σ {sigma:g}, maximum", smooth.max(axis=0))
        for name, height in maps:
            for band in BANDS:
                near = f"Gaussian σ {sigma:g}, ±{band} planes around {name}"
                yield Filtered(near, brightest_near(smooth, height, band))


def height_maps(volume: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Smooth maps (Y, X) of the plane in which the surface seems to lie, with their names.

    Args:
        volume: (Z, Y, X) float32.
    """
    for sigma in SEARCH_SIGMAS:
        for kind, seen in (("brightest", _smoothed), ("most contrast", _contrast)):
            plane = seen(volume, sigma).argmax(axis=0).astype(np.float32)
            for size in MEDIAN_SIZES:
                steady = ndimage.median_filter(plane, size)
                name = f"{kind} at σ {sigma:g}, median {size}"
                yield name, ndimage.gaussian_filter(steady, HEIGHT_SIGMA)


def brightest_near(volume: np.ndarray, height: np.ndarray, band: int) -> np.ndarray:
    """The brightest voxel of each column within a band, (Y, X).

    Args:
        volume: (Z, Y, X).
        height: (Y, X), the middle of the band in planes, with fractions.
        band: How many planes it reaches above and below; values between planes are linear.
    """
    offsets = range(-band, band + 1)
    brightest: np.ndarray = np.max([_sampled(volume, height + each) for each in offsets], axis=0)
    return brightest


def _sampled(volume: np.ndarray, height: np.ndarray) -> np.ndarray:
    height = np.clip(height, 0, len(volume) - 1)
    lower = height.astype(np.intp)
    upper = np.minimum(lower + 1, len(volume) - 1)
    share = height - lower
    below, above = (np.take_along_axis(volume, z[None], axis=0)[0] for z in (lower, upper))
    sampled: np.ndarray = (1 - share) * below + share * above
    return sampled


def _smoothed(volume: np.ndarray, sigma: float) -> np.ndarray:
    smooth: np.ndarray = ndimage.gaussian_filter(volume, (0.5 * sigma, sigma, sigma))
    return smooth


def _contrast(volume: np.ndarray, sigma: float) -> np.ndarray:
    """Variance around each voxel of what is left when single photons are smoothed away."""
    quiet = _smoothed(volume, 1.0)
    variance: np.ndarray = _smoothed(quiet * quiet, sigma) - _smoothed(quiet, sigma) ** 2
    return variance
