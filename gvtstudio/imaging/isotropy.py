"""Whether a volume is as sharp along the optical axis as across it, told by its power spectra.

A microscope blurs more along Z. The power of XZ and YZ planes therefore falls faster with the
frequency than that of XY planes, in the half of all directions that is nearer to Z (in the other
half the planes are as sharp as XY, which would hide it). How much faster is told in decibels, over
the frequencies at which the XY planes show structure: there their power is above the noise, which
is taken to be that of the finest tenth of the frequencies.
"""

from typing import NamedTuple

import numpy as np

from gvtstudio.imaging.spectra import Rings, hann_window

FINEST_SHARE = 0.1
"""Of all frequencies, where noise alone is expected."""
FAINTEST = 1e-6
"""Of the strongest power: what is below tells nothing but rounding and the taper."""
SMEARED = 2
"""Steps of the discrete Fourier transform over which a Hann window smears a frequency."""
SMALLEST = 16
"""Voxels along each axis below which there are too few frequencies."""


class AxialSpectra(NamedTuple):
    """Power at each spatial frequency of a volume with voxels as deep as wide.

    Args:
        frequency: Cycles per voxel, up to 0.5; the lowest ones, which the taper smears over two
            steps of the shortest axis, are left out.
        lateral: Of XY planes.
        axial: Of XZ and YZ planes, in directions no further than 45° from Z.
    """

    frequency: np.ndarray
    lateral: np.ndarray
    axial: np.ndarray


def axial_spectra(volume: np.ndarray) -> AxialSpectra:
    """The spectra of a volume along and across the optical axis.

    Args:
        volume: (Z, Y, X) with voxels as deep as wide, at least 16 along each axis.

    Raises:
        ValueError: It is smaller.
    """
    if min(volume.shape) < SMALLEST:
        raise ValueError(f"the volume has fewer than {SMALLEST} voxels along an axis")
    sections = [_power(np.moveaxis(volume, axis, 0), towards_rows=True) for axis in (1, 2)]
    frequency, lateral = _power(volume)
    told = frequency >= SMEARED / min(volume.shape)
    frequency, lateral = frequency[told], lateral[told]
    axial = [np.interp(frequency, *section) for section in sections]
    return AxialSpectra(frequency, lateral, np.mean(axial, axis=0))


def spectrum_mismatch_db(reference: np.ndarray, power: np.ndarray) -> float:
    """How differently two spectra fall, whatever the contrast.

    The standard deviation of 10 log₁₀((p + n) / (r + n)) over the frequencies, each counted by the
    share (r − n) / r of structure in the reference; r and p are the powers, n that of the noise in
    the reference. 0 dB for spectra of one shape.

    Args:
        reference: Of sharp planes, at even steps of the frequency up to the finest.
        power: Of others, at the same frequencies.

    Example:
        >>> falling = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 1, 1])
        >>> spectrum_mismatch_db(falling, falling)
        0.0
    """
    finest = max(1, round(FINEST_SHARE * len(reference)))
    noise = max(float(np.median(reference[-finest:])), FAINTEST * float(reference.max()))
    shares = np.clip(reference - noise, 0, None)
    if not shares.any():
        return 0.0
    shares /= reference
    decibels = 10 * np.log10((power + noise) / (reference + noise))
    mean = np.average(decibels, weights=shares)
    return float(np.sqrt(np.average((decibels - mean) ** 2, weights=shares)))


def anisotropy_db(volume: np.ndarray) -> float:
    """How differently the axial spectrum of a volume falls from its lateral one.

    Args:
        volume: (Z, Y, X) with voxels as deep as wide, at least 16 along each axis.

    Raises:
        ValueError: It is smaller.
    """
    spectra = axial_spectra(volume)
    return spectrum_mismatch_db(spectra.lateral, spectra.axial)


def lateral_change(volume: np.ndarray, restored: np.ndarray) -> float:
    """How much a restoration along Z changed the lateral image: 1 − r of the means along Z.

    A blur along Z leaves the sum over Z as it is, and so does undoing it: gain and offset apart,
    the two means must be alike, wherever along Z the restoration put the light.

    Args:
        volume: (Z, Y, X), many times deeper than the blur.
        restored: The same shape.
    """
    before, after = (each.mean(axis=0, dtype=np.float64) for each in (volume, restored))
    before, after = before - before.mean(), after - after.mean()
    spread = float(np.sqrt(np.sum(before**2) * np.sum(after**2)))
    return 1 - float(np.sum(before * after)) / spread if spread > 0 else 1.0


def _power(planes: np.ndarray, *, towards_rows: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Mean power of all planes at each frequency, perhaps only in directions nearer to the rows.

    Returns:
        Frequencies and powers; those of which the planes hold nothing are left out.
    """
    size = planes.shape[1:]
    rings = Rings((size[0], size[1]), (1.0, 1.0))
    down, across = (np.abs(np.fft.fftfreq(n)) for n in size)
    counted = (down[:, None] >= across) if towards_rows else np.ones(size, bool)
    window = hann_window(size)
    total = np.zeros(size)
    for plane in planes:
        centred = plane.astype(np.float64) - plane.mean()
        total += np.abs(np.fft.fft2(centred * window)) ** 2
    number = rings.sums(counted.astype(np.float64))
    held = number > 0
    power = rings.sums(total * counted)[held] / (number[held] * len(planes) * np.sum(window**2))
    return rings.frequency_per_um[held], power
