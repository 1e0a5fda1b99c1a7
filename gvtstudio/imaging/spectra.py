"""How much of an image's variance lies at which spatial frequency, averaged over all directions.

The power spectrum is the squared modulus of the Fourier transform of the image, less its mean and
tapered by a Hann window so that its borders do not count as structure, averaged over rings of equal
frequency (periodogram; Welch 1967 for the taper). It is divided by the sum of the squared window:
white noise of variance v has the power v at every frequency. Frequencies are in cycles per µm, so
that planes with unequal steps (XZ, YZ) are compared rightly.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

PLANES = {"XY": (0, 1, 2), "XZ": (1, 0, 2), "YZ": (2, 0, 1)}
"""Name → axis that is walked along, rows and columns of the planes, of a (Z, Y, X) volume."""


class Spectrum(NamedTuple):
    """Power at each spatial frequency.

    Args:
        frequency_per_um: Cycles per µm, from 0 in even steps up to the coarser axis' Nyquist limit.
        power: Squared intensities.
    """

    frequency_per_um: np.ndarray
    power: np.ndarray


class Rings:
    """Which spatial frequencies of an image belong together.

    Args:
        shape: Rows and columns.
        pixel_um: Height and width of a pixel.
    """

    def __init__(self, shape: tuple[int, int], pixel_um: tuple[float, float]) -> None:
        rows, columns = (np.fft.fftfreq(n, d) for n, d in zip(shape, pixel_um, strict=True))
        step = 1 / max(n * d for n, d in zip(shape, pixel_um, strict=True))
        number = np.round(np.hypot(rows[:, None], columns) / step).astype(int)
        whole = int(0.5 / max(pixel_um) / step * (1 + 1e-9)) + 1
        self._is_used = number < whole
        self._number = number[self._is_used]
        self.frequency_per_um = step * np.arange(whole)
        self.counts = np.bincount(self._number, minlength=whole)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum over every ring.

        Args:
            values: (rows, columns), real, in the order of the discrete Fourier transform.
        """
        return np.bincount(self._number, values[self._is_used], minlength=len(self.counts))


def hann_window(shape: Sequence[int]) -> np.ndarray:
    """Falls to nothing towards the borders of an image of this shape.

    It spreads a frequency of the discrete Fourier transform to its next neighbours and no further.
    """
    rows, columns = (np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 for n in shape)
    return np.asarray(rows[:, None] * columns)


def power_spectrum(image: np.ndarray, pixel_um: tuple[float, float]) -> Spectrum:
    """The power spectrum of an image, or the mean of those of several.

    Args:
        image: (rows, columns) or (images, rows, columns), raw intensities.
        pixel_um: Height and width of a pixel.

    Raises:
        ValueError: Fewer than four rows or columns.
    """
    images = image if image.ndim == 3 else image[None]
    if min(images.shape[1:]) < 4:
        raise ValueError("the image has fewer than four rows or columns")
    rings = Rings(images.shape[1:], pixel_um)
    window = hann_window(images.shape[1:])
    total = np.zeros(len(rings.counts))
    for one in images:
        centred = one.astype(np.float64) - one.mean()
        total += rings.sums(np.abs(np.fft.fft2(centred * window)) ** 2)
    power = total / (len(images) * np.maximum(rings.counts, 1) * np.sum(window**2))
    return Spectrum(rings.frequency_per_um, power)


def plane_spectra(volume: np.ndarray, voxel_um: tuple[float, float, float]) -> dict[str, Spectrum]:
    """The mean power spectrum of all XY, all XZ and all YZ planes of a volume.

    Args:
        volume: (Z, Y, X), raw intensities.
        voxel_um: (Z, Y, X) size of a voxel.

    Returns:
        ``XY``, ``XZ``, ``YZ``; only those with at least four rows and columns.
    """
    spectra = {}
    for name, (walked, rows, columns) in PLANES.items():
        planes = np.moveaxis(volume, walked, 0)
        if min(planes.shape[1:]) >= 4:
            spectra[name] = power_spectrum(planes, (voxel_um[rows], voxel_um[columns]))
    return spectra
