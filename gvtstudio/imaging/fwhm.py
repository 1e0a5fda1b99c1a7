"""Full width at half maximum of a line profile, in the units of its step.

Two ways that should agree: where straight lines between the samples cross half the height, which
assumes nothing, and a Gaussian on a constant background fitted by least squares, which bears more
noise but must look like one. Profiles that are no peak have no width: NaN or ``None``.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage, optimize

FWHM_OF_SIGMA = 2 * np.sqrt(2 * np.log(2))
"""Full width at half maximum of a Gaussian with a standard deviation of one."""


class Profile(NamedTuple):
    """Intensities at even steps along a line.

    Args:
        intensities: Interpolated linearly.
        step_um: From one to the next; in voxels where no voxel size was given.
    """

    intensities: np.ndarray
    step_um: float


class GaussianPeak(NamedTuple):
    """A Gaussian on a constant background.

    Args:
        centre_um: From the first sample.
        fwhm_um: Full width at half maximum.
        height: Above the background.
        background: In intensities.
        r_squared: Share of the profile's variance that it explains.
    """

    centre_um: float
    fwhm_um: float
    height: float
    background: float
    r_squared: float


def line_profile(
    image: np.ndarray,
    start: Sequence[float],
    end: Sequence[float],
    voxel_um: Sequence[float] | None = None,
) -> Profile:
    """The intensities along a straight line, about one sample per voxel passed.

    Args:
        image: (Z, Y, X) or (Y, X).
        start: First point in voxels, one number per axis.
        end: Last point.
        voxel_um: Size of a voxel along each axis; 1 where not given.

    Raises:
        ValueError: The line is shorter than a voxel.

    Example:
        >>> ramp = np.arange(12.0).reshape(3, 4)
        >>> profile = line_profile(ramp, (0, 0), (2, 0), (0.5, 0.1))
        >>> profile.intensities.tolist(), profile.step_um
        ([0.0, 4.0, 8.0], 0.5)
    """
    first, last = np.asarray(start, float), np.asarray(end, float)
    steps = int(np.ceil(np.linalg.norm(last - first)))
    if steps < 1:
        raise ValueError("the line is shorter than a voxel")
    points = np.linspace(first, last, steps + 1).T
    values = ndimage.map_coordinates(image.astype(np.float64), points, order=1, mode="nearest")
    size = np.ones(image.ndim) if voxel_um is None else np.asarray(voxel_um, float)
    return Profile(values, float(np.linalg.norm((last - first) * size)) / steps)


def fwhm_by_interpolation(
    intensities: np.ndarray, step_um: float = 1.0, background: float | None = None
) -> float:
    """Width of the highest peak where straight lines between the samples cross half its height.

    Args:
        intensities: (N,) along the line.
        step_um: From one to the next.
        background: Height is counted from here; ``None`` takes the lowest sample.

    Returns:
        The width; NaN where the profile does not fall below half on either side.

    Example:
        >>> fwhm_by_interpolation(np.array([0.0, 0, 2, 4, 2, 0, 0]), step_um=0.1)
        0.2
    """
    values = np.asarray(intensities, float)
    base = float(values.min()) if background is None else background
    peak = int(values.argmax())
    half = (values[peak] + base) / 2
    if values[peak] <= base:
        return float("nan")
    right = _steps_until(values[peak:], half)
    left = _steps_until(values[peak::-1], half)
    return step_um * (left + right)


def _steps_until(falling: np.ndarray, level: float) -> float:
    """Samples from the first one to where the level is crossed; NaN where it is not."""
    below = np.flatnonzero(falling <= level)
    if not below.size:
        return float("nan")
    after = int(below[0])
    above, under = falling[after - 1], falling[after]
    return after - 1 + float((above - level) / (above - under))


def fit_gaussian(intensities: np.ndarray, step_um: float = 1.0) -> GaussianPeak | None:
    """The Gaussian on a constant background with the least squared error.

    Args:
        intensities: (N,) along the line, at least five samples.
        step_um: From one to the next.

    Returns:
        The peak; ``None`` where none upright and centred inside the profile fits.
    """
    values = np.asarray(intensities, float)
    height, base = float(np.ptp(values)), float(values.min())
    if values.size < 5 or height <= 0:
        return None
    # fitted to values from 0 to 1: intensities may be of any size
    scaled = (values - base) / height
    places = np.arange(values.size, dtype=float)
    width = fwhm_by_interpolation(scaled)
    sigma = (width if np.isfinite(width) else values.size / 3) / FWHM_OF_SIGMA
    first = (1.0, float(scaled.argmax()), np.log(sigma), 0.0)

    def error(guess: np.ndarray) -> np.ndarray:
        return np.asarray(guess[3] + guess[0] * _bell(places, guess) - scaled)

    def slope(guess: np.ndarray) -> np.ndarray:
        bell = _bell(places, guess)
        away = (places - guess[1]) * np.exp(-guess[2])
        along = guess[0] * bell * away
        return np.stack([bell, along * np.exp(-guess[2]), along * away, np.ones_like(bell)], axis=1)

    with np.errstate(all="ignore"):
        fit = optimize.least_squares(error, first, slope, method="lm", max_nfev=100)
        unexplained = float(np.sum(fit.fun**2))
    upright, centre, log_sigma, background = fit.x
    if not fit.success or upright <= 0 or not 0 <= centre <= values.size - 1:
        return None
    return GaussianPeak(
        centre_um=float(centre) * step_um,
        fwhm_um=float(FWHM_OF_SIGMA * np.exp(log_sigma)) * step_um,
        height=float(upright) * height,
        background=base + float(background) * height,
        r_squared=1 - unexplained / float(np.sum((scaled - scaled.mean()) ** 2)),
    )


def _bell(places: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Without height and background. The logarithm of σ is fitted, so that σ stays above zero."""
    _, centre, log_sigma, _ = guess
    return np.asarray(np.exp(-((places - centre) ** 2) / (2 * np.exp(2 * log_sigma))))
