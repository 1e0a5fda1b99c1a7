"""Contrast limits and histograms for display; they describe voxels and never change them."""

from dataclasses import dataclass

import numpy as np

AUTO_PERCENTILES = (0.35, 99.65)
HISTOGRAM_BINS = 256
SAMPLE_SIZE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The intensities shown darkest and brightest.

    Args:
        low: Shown in the first colour of the look-up table, like everything below.
        high: Shown in the last colour, like everything above.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.high > self.low:
            raise ValueError(f"limits {self.low} to {self.high} leave nothing to show")

    def union(self, other: "Limits") -> "Limits":
        """The limits that show everything either of the two shows.

        Example:
            >>> Limits(10, 200).union(Limits(5, 100))
            Limits(low=5, high=200)
        """
        return Limits(min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True, slots=True, eq=False)
class IntensitySummary:
    """What is needed to choose limits for a volume without looking at it again.

    Args:
        full: Smallest and largest finite intensity.
        auto: Percentile limits.
        counts: Histogram over ``full``, at most ``HISTOGRAM_BINS`` numbers.
    """

    full: Limits
    auto: Limits
    counts: np.ndarray


def limits_between(low: float, high: float) -> Limits:
    """Limits from two numbers in any order; equal numbers are spread so that an image shows.

    Example:
        >>> limits_between(200, 100)
        Limits(low=100.0, high=200.0)
        >>> limits_between(7, 7)
        Limits(low=7.0, high=8.0)
    """
    first, second = sorted((float(low), float(high)))
    if second > first:
        return Limits(first, second)
    # A constant image far from zero needs a step that its float can represent.
    return Limits(first, first + max(1.0, abs(first) * 1e-6))


def summarise(voxels: np.ndarray) -> IntensitySummary:
    """Full range, percentile limits and histogram of voxels of any shape and type.

    NaN and infinite voxels are left out. Percentiles and histogram come from an evenly spaced
    sample of about a million voxels; the full range sees every voxel.

    Example:
        >>> summarise(np.arange(1001)).full
        Limits(low=0.0, high=1000.0)
    """
    full = _full_range(voxels)
    sample = _finite_sample(voxels)
    if sample.size == 0:
        return IntensitySummary(full, full, np.zeros(HISTOGRAM_BINS, dtype=np.int64))
    low, high = np.percentile(sample, AUTO_PERCENTILES)
    # Mostly empty stacks have both percentiles in the background: their full range shows more.
    auto = limits_between(low, high) if high > low else full
    counts, _ = np.histogram(sample, _bin_count(voxels, full), range=(full.low, full.high))
    return IntensitySummary(full, auto, counts)


def _bin_count(voxels: np.ndarray, full: Limits) -> int:
    """One bin for each whole number where there are few; a finer comb would have gaps."""
    if voxels.dtype.kind in "ui" and full.high - full.low < HISTOGRAM_BINS:
        return int(full.high - full.low) + 1
    return HISTOGRAM_BINS


def _full_range(voxels: np.ndarray) -> Limits:
    """Smallest and largest finite intensity; 0 to 1 where there is none."""
    if voxels.size == 0:
        return Limits(0.0, 1.0)
    low, high = voxels.min(), voxels.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        finite = voxels[np.isfinite(voxels)]
        if finite.size == 0:
            return Limits(0.0, 1.0)
        low, high = finite.min(), finite.max()
    return limits_between(float(low), float(high))


def _finite_sample(voxels: np.ndarray) -> np.ndarray:
    """Finite intensities of evenly spaced voxels, float64."""
    # An odd step does not fall on the same column of every row of an even-sized image.
    step = max(1, voxels.size // SAMPLE_SIZE) | 1
    sample = voxels.reshape(-1)[::step].astype(np.float64)
    finite: np.ndarray = sample[np.isfinite(sample)]
    return finite
