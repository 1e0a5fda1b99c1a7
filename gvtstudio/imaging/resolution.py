"""Fourier ring correlation: the finest detail that two images of one object have in common.

The Fourier transforms of both images are correlated over rings of equal spatial frequency
(Saxton & Baumeister 1982; Nieuwenhuizen et al. 2013). Where the correlation falls below 1/7, the
images hold more noise than common structure; the resolution is one over that frequency, in µm.

One image alone is split into two by its diagonals: of every 2 × 2 pixels one belongs to the first
and the one diagonally across to the second (Koho et al. 2019). These lie half of their own pixels
apart, which turns the phase of the second by a known angle; it is turned back here. (Koho's program
corrects the resolution by a curve measured on a microscope instead.) The split needs noise that is
independent from pixel to pixel. **A filter or a network makes neighbours alike**: of a restored
image it tells how smooth it is, not how much detail is true.
"""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from gvtstudio.imaging.spectra import Rings, hann_window

THRESHOLD = 1 / 7
NEIGHBOURS = 1
"""Rings on either side over which the curve is averaged before it is compared with 1/7; more would
push where a steep curve falls below so low a threshold to finer detail."""
SMALLEST = 16
"""Rows and columns an image needs; there are too few rings below."""


class RingCorrelation(Struct, frozen=True):
    """Correlation of two images at each spatial frequency.

    Args:
        frequency_per_um: Cycles per µm.
        correlation: From −1 to 1.
        smoothed: The same, averaged over neighbouring rings.
        finest_um: The finest resolution the pixels allow: two of them, four of a split image.
    """

    frequency_per_um: np.ndarray
    correlation: np.ndarray
    smoothed: np.ndarray
    finest_um: float

    @property
    def resolution_um(self) -> float:
        """One over the frequency at which the smoothed curve first falls below 1/7.

        ``finest_um`` where it does not fall so low; NaN where it was never above.
        """
        below = np.flatnonzero(self.smoothed[1:] < THRESHOLD) + 1
        if not below.size:
            return self.finest_um
        after = int(below[0])
        if after == 1:
            return float("nan")
        high, low = self.smoothed[after - 1], self.smoothed[after]
        share = (high - THRESHOLD) / (high - low)
        frequencies = self.frequency_per_um
        step = frequencies[after] - frequencies[after - 1]
        return float(1 / (frequencies[after - 1] + share * step))


def ring_correlation(
    first: np.ndarray, second: np.ndarray, pixel_um: tuple[float, float]
) -> RingCorrelation:
    """Fourier ring correlation of two images; the planes of two volumes are taken together.

    Args:
        first: (Y, X) or (Z, Y, X), raw intensities.
        second: The same shape.
        pixel_um: Height and width of a pixel.

    Raises:
        ValueError: Shapes differ, or an image has fewer than 16 rows or columns.
    """
    if first.shape != second.shape:
        raise ValueError(f"shapes {first.shape} and {second.shape} differ")
    _refuse_small(first)

    def transforms() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for one, other in zip(_tapered(first), _tapered(second), strict=True):
            yield np.fft.fft2(one), np.fft.fft2(other)

    return _correlated(transforms(), Rings(first.shape[-2:], pixel_um), 2 * max(pixel_um))


def single_image_correlation(image: np.ndarray, pixel_um: tuple[float, float]) -> RingCorrelation:
    """Fourier ring correlation of the two halves of one image, split by its diagonals.

    Both ways to pair the diagonals, and all planes of a volume, are taken together. Each half has a
    quarter of the light, so the resolution errs on the side of too coarse.

    Args:
        image: (Y, X) or (Z, Y, X), raw: see the module's text.
        pixel_um: Height and width of a pixel.

    Raises:
        ValueError: The image has fewer than 32 rows or columns.
    """
    even = image[..., : image.shape[-2] // 2 * 2, : image.shape[-1] // 2 * 2]
    half = (even.shape[-2] // 2, even.shape[-1] // 2)
    _refuse_small(even[..., ::2, ::2])
    rows, columns = np.fft.fftfreq(half[0])[:, None], np.fft.fftfreq(half[1])

    def transforms() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for plane in _tapered(even):
            for start, side in ((0, 1), (1, -1)):
                one, other = plane[::2, start::2], plane[1::2, 1 - start :: 2]
                # half a pixel down, and half a pixel to the right or to the left
                turned = np.exp(-1j * np.pi * (rows + side * columns))
                yield np.fft.fft2(one), np.fft.fft2(other) * turned

    coarse = (2 * pixel_um[0], 2 * pixel_um[1])
    return _correlated(transforms(), Rings(half, coarse), 2 * max(coarse))


def _refuse_small(image: np.ndarray) -> None:
    if min(image.shape[-2:]) < SMALLEST:
        raise ValueError(f"the image has fewer than {SMALLEST} rows or columns to correlate")


def _tapered(image: np.ndarray) -> Iterator[np.ndarray]:
    """Every plane less its mean, fading towards its borders."""
    window = hann_window(image.shape[-2:])
    for plane in image if image.ndim == 3 else image[None]:
        yield (plane.astype(np.float64) - plane.mean()) * window


def _correlated(
    transforms: Iterator[tuple[np.ndarray, np.ndarray]], rings: Rings, finest_um: float
) -> RingCorrelation:
    common, power_1, power_2 = (np.zeros(len(rings.counts)) for _ in range(3))
    for one, other in transforms:
        common += rings.sums((one * other.conj()).real)
        power_1 += rings.sums(np.abs(one) ** 2)
        power_2 += rings.sums(np.abs(other) ** 2)
    scale = np.sqrt(power_1 * power_2)
    correlation = np.divide(common, scale, out=np.zeros_like(common), where=scale > 0)
    return RingCorrelation(
        rings.frequency_per_um, correlation, _smoothed(correlation, rings.counts), finest_um
    )


def _smoothed(curve: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Averaged over neighbouring rings, each weighted by its number of frequencies.

    The ring of frequency 0 does not count: what the taper leaves of the mean is no structure.
    """
    window = np.ones(2 * NEIGHBOURS + 1)
    weights = np.where(np.arange(len(counts)) > 0, counts, 0).astype(float)
    total = np.convolve(curve * weights, window, mode="same")
    return np.asarray(total / np.convolve(weights, window, mode="same"))
