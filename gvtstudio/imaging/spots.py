"""Bright spots of a volume, and how wide they are along and across the optical axis.

Points such as beads or vesicles show what the microscope, or a restoration along Z, makes of a
point: isotropic restoration succeeded where spots are as short along Z as they are wide. Spots are
maxima of a difference of Gaussians (Lindeberg 1994) well above its noise; the width of each is that
of Gaussians fitted to its profiles along the axes (``fwhm.py``).
"""

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from skimage.feature import peak_local_max

from gvtstudio.imaging.fwhm import fit_gaussian

FINE, COARSE = 1.0, 4.0
"""Standard deviations of the two Gaussians in voxels."""
NOISE_LEVELS = 6.0
"""Spots stand out of the noise by so many of its standard deviations."""
FAINTEST = 0.1
"""… and are at least that bright compared with the brightest."""
MOST = 500
"""The brightest so many are measured."""
FITTING = 0.9
"""Share of a profile's variance that the Gaussian must explain."""
FEWEST_PLANES = 5
"""A Gaussian on a background is told by no fewer samples."""


class SpotWidths(NamedTuple):
    """Widths of the spots of a volume; NaN where there is nothing to tell of.

    Args:
        number: Spots that could be measured.
        lateral_um: Median full width at half maximum in the plane, the mean of that along Y and X.
        lateral_iqr_um: From its first to its third quartile.
        axial_um: Median full width at half maximum along Z.
        axial_iqr_um: From its first to its third quartile.
    """

    number: int
    lateral_um: float
    lateral_iqr_um: float
    axial_um: float
    axial_iqr_um: float


def find_spots(volume: np.ndarray) -> np.ndarray:
    """Voxels at the tops of bright spots, the brightest first.

    Args:
        volume: (Z, Y, X) or (Y, X).

    Returns:
        (spots, axes), whole numbers; no more than ``MOST``.
    """
    image = volume.astype(np.float64)
    contrast = ndimage.gaussian_filter(image, FINE) - ndimage.gaussian_filter(image, COARSE)
    middle = float(np.median(contrast))
    noise = 1.4826 * float(np.median(np.abs(contrast - middle)))
    brightest = float(contrast.max())
    if brightest <= 0:
        return np.zeros((0, volume.ndim), int)
    peaks = peak_local_max(  # type: ignore[no-untyped-call]
        contrast,
        min_distance=2,
        threshold_abs=max(middle + NOISE_LEVELS * noise, FAINTEST * brightest),
        exclude_border=False,
        num_peaks=MOST,
    )
    return np.asarray(peaks)


def measure_spots(
    volume: np.ndarray, voxel_um: tuple[float, float, float], mask: np.ndarray | None = None
) -> SpotWidths:
    """Find the spots of a volume and tell how wide they are.

    Args:
        volume: See ``measured_spots``, like the others.
        voxel_um: (Z, Y, X) size of a voxel.
        mask: Not zero where spots count; ``None`` counts all of them.
    """
    return summary_of_spots(measured_spots(volume, voxel_um, mask))


def measured_spots(
    volume: np.ndarray, voxel_um: tuple[float, float, float], mask: np.ndarray | None = None
) -> np.ndarray:
    """Find the spots of a volume and measure each.

    Spots that are cut off by the border, or are no Gaussian peak along some axis (because another
    one is near), are left out.

    Args:
        volume: (Z, Y, X) or (Y, X), raw intensities; with fewer than five planes there is no axial
            width.
        voxel_um: (Z, Y, X) size of a voxel.
        mask: Not zero where spots count; ``None`` counts all of them.

    Returns:
        (spots, 2), the full width at half maximum in the plane, the mean of that along Y and X, and
        along Z, NaN where there is none.
    """
    image = volume.astype(np.float64)
    background = float(np.median(image))
    # Z last: what is no peak in the plane need not be looked at along Z
    axes = [image.ndim - 2, image.ndim - 1]
    if image.ndim == 3 and len(image) >= FEWEST_PLANES:
        axes.append(0)
    sizes_um = np.array([*voxel_um[-2:], voxel_um[0]])
    found = []
    for spot in find_spots(image):
        if mask is not None and not mask[tuple(spot)]:
            continue
        widths = _widths(image, spot, axes, background)
        if len(widths) == len(axes):
            y_um, x_um, axial_um = np.array([*widths, nan][:3]) * sizes_um
            found.append(((y_um + x_um) / 2, axial_um))
    return np.array(found).reshape(-1, 2)


def summary_of_spots(spots: np.ndarray) -> SpotWidths:
    """Medians and quartiles of spots that were measured one by one."""
    if not len(spots):
        return SpotWidths(0, nan, nan, nan, nan)
    lateral_um, axial_um = spots.T
    return SpotWidths(len(spots), *_middle(lateral_um), *_middle(axial_um))


def _middle(widths: np.ndarray) -> tuple[float, float]:
    """Median and distance of the quartiles."""
    if not np.isfinite(widths).all():
        return nan, nan
    first, median, third = np.percentile(widths, (25, 50, 75))
    return float(median), float(third - first)


def _widths(
    image: np.ndarray, spot: np.ndarray, axes: Sequence[int], background: float
) -> list[float]:
    """Widths of a spot along the axes in voxels, up to the first along which it is no peak."""
    widths: list[float] = []
    for axis in axes:
        width = _width(image, spot, axis, background)
        if np.isnan(width):
            break
        widths.append(width)
    return widths


def _width(image: np.ndarray, spot: np.ndarray, axis: int, background: float) -> float:
    """Width of a spot along one axis in voxels; NaN where it is no peak."""
    # across the line three voxels are averaged, which lowers the noise and, the peak being a
    # product of functions of one axis each, not the width
    around = [slice(max(p - 1, 0), p + 2) for p in spot]
    around[axis] = slice(None)
    across = tuple(i for i in range(image.ndim) if i != axis)
    line = image[tuple(around)].mean(axis=across)
    place = int(spot[axis])
    below = line <= (line[place] + background) / 2
    left, right = np.flatnonzero(below[:place]), np.flatnonzero(below[place:])
    if not left.size or not right.size:
        return nan
    reach = max(3, int(np.ceil(1.25 * (place - left[-1] + right[0]))))
    peak = fit_gaussian(line[max(place - reach, 0) : place + reach + 1])
    return peak.fwhm_um if peak and peak.r_squared >= FITTING else nan
