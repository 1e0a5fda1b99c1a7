"""Richardson-Lucy deconvolution, the classical way to sharpen along Z.

The point spread function is taken as a Gaussian, with widths that are measured on spots of the
volume or follow from the objective (Zhang, Zerubia and Olivo-Marin, Applied Optics 46, 2007,
paraxial: σ = √2 / (k NA) laterally and 2√6 n / (k NA²) axially with k = 2π / λ; both divided by
√2 for a confocal microscope with a small pinhole).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from skimage.restoration import richardson_lucy

from gvtstudio.imaging.fwhm import FWHM_OF_SIGMA
from gvtstudio.imaging.spots import SpotWidths

FEWEST_SPOTS = 5
REACH = 3.0
"""Standard deviations to which a point spread function is computed."""
FAINTEST = 1e-6
"""Relative to the brightest: division by less is left out."""


class Blur(NamedTuple):
    """Full widths at half maximum of the image of a point.

    Args:
        axial_um: Along Z.
        lateral_um: Along Y and X.
    """

    axial_um: float
    lateral_um: float


def measured_blur(spots: SpotWidths) -> Blur | None:
    """That of the spots of a volume; ``None`` where too few could be measured."""
    widths = (spots.axial_um, spots.lateral_um)
    if spots.number < FEWEST_SPOTS or not np.isfinite(widths).all():
        return None
    return Blur(*widths)


def theoretical_blur(
    numerical_aperture: float, refractive_index: float, emission_um: float, *, is_confocal: bool
) -> Blur:
    """What an ideal objective makes of a point.

    Example:
        >>> blur = theoretical_blur(1.2, 1.33, 0.52, is_confocal=False)
        >>> round(blur.axial_um, 2), round(blur.lateral_um, 2)
        (0.88, 0.23)
    """
    k = 2 * math.pi / emission_um
    narrower = math.sqrt(2) if is_confocal else 1.0
    lateral = math.sqrt(2) / (k * numerical_aperture) / narrower
    axial = 2 * math.sqrt(6) * refractive_index / (k * numerical_aperture**2) / narrower
    return Blur(axial * float(FWHM_OF_SIGMA), lateral * float(FWHM_OF_SIGMA))


def excess_blur(blur: Blur) -> Blur:
    """What is left of a blur when it is undone down to the lateral width: a blur along Z alone."""
    excess = math.sqrt(max(blur.axial_um**2 - blur.lateral_um**2, 0.0))
    return Blur(excess, 0.0)


def gaussian_psf(blur: Blur, voxel_um: Sequence[float]) -> np.ndarray:
    """A point spread function (Z, Y, X) with odd sizes and a sum of one."""
    widths = (blur.axial_um, blur.lateral_um, blur.lateral_um)
    profiles = [_profile(w / FWHM_OF_SIGMA / v) for w, v in zip(widths, voxel_um, strict=True)]
    psf: np.ndarray = np.einsum("z,y,x->zyx", *profiles)
    return psf


def _profile(sigma: float) -> np.ndarray:
    reach = math.ceil(REACH * sigma)
    places = np.arange(-reach, reach + 1)
    bell = np.exp(-0.5 * (places / sigma) ** 2) if reach else np.ones(1)
    return np.asarray(bell / bell.sum())


def deconvolved(volume: np.ndarray, psf: np.ndarray, iterations: int) -> np.ndarray:
    """The volume after so many steps of Richardson and Lucy, in the same units, float32.

    The darkest voxel counts as the background, because light cannot be negative; beyond its borders
    the volume continues mirrored.

    Args:
        volume: (Z, Y, X).
        psf: (Z, Y, X) with odd sizes and a sum of one.
        iterations: More are sharper and noisier.
    """
    background, peak = float(volume.min()), float(volume.max())
    if peak <= background:
        return volume.astype(np.float32)
    margins = [min(n // 2, size) for n, size in zip(psf.shape, volume.shape, strict=True)]
    light = (volume.astype(np.float32) - background) / (peak - background)
    padded = np.pad(light, [(m, m) for m in margins], "symmetric")
    sharp = richardson_lucy(  # type: ignore[no-untyped-call]
        padded, psf.astype(np.float32), num_iter=iterations, clip=False, filter_epsilon=FAINTEST
    )
    inner = tuple(slice(m, m + n) for m, n in zip(margins, volume.shape, strict=True))
    restored = np.clip(sharp[inner], 0, None) * (peak - background) + background
    return np.asarray(restored, np.float32)
