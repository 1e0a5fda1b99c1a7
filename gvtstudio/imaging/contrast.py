"""Contrast limits and histograms for display; they describe voxels and never change them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

# Per cent cut at each end by automatic limits that can be chosen from, and the usual one.
AUTO_CUTS = (0.0, 0.1, 0.35, 1.0, 2.0, 5.0)
USUAL_CUT = 0.35
HISTOGRAM_BINS = 256
SAMPLE_SIZE = 1_000_000
# Of a plane, whose limits are found anew at every slice.
PLANE_SAMPLE_SIZE = 200_000


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
        auto: Percentile limits with the usual cut.
        counts: Histogram over ``full``, at most ``HISTOGRAM_BINS`` numbers.
        cuts: Percentile limits with other cuts; a cut that is missing has the usual ones.
    """

    full: Limits
    auto: Limits
    counts: np.ndarray
    cuts: Mapping[float, Limits] = field(default_factory=dict)

    def auto_at(self, cut: float) -> Limits:
        """Percentile limits with one of ``AUTO_CUTS``."""
        return self.cuts.get(cut, self.auto)


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
    sample = _finite_sample(voxels, SAMPLE_SIZE)
    if sample.size == 0:
        return IntensitySummary(full, full, np.zeros(HISTOGRAM_BINS, dtype=np.int64))
    cuts = _percentile_limits(sample, AUTO_CUTS, full)
    # A voxel that the sample missed is in the full range.
    cuts[0.0] = full
    counts, _ = np.histogram(sample, _bin_count(voxels, full), range=(full.low, full.high))
    return IntensitySummary(full, cuts[USUAL_CUT], counts, cuts)


def auto_limits(voxels: np.ndarray, cut: float = USUAL_CUT) -> Limits:
    """Percentile limits of some voxels by themselves, such as a plane or a region.

    Args:
        voxels: Of any shape and type; NaN and infinite ones are left out.
        cut: Per cent of them that are cut at each end.

    Example:
        >>> auto_limits(np.arange(101), 5)
        Limits(low=5.0, high=95.0)
    """
    full = _full_range(voxels)
    sample = _finite_sample(voxels, PLANE_SAMPLE_SIZE)
    if cut == 0 or sample.size == 0:
        return full
    return _percentile_limits(sample, (cut,), full)[cut]


def camera_range(significant_bits: int | None) -> Limits | None:
    """Every intensity that a camera of so many bits can deliver.

    Example:
        >>> camera_range(12)
        Limits(low=0.0, high=4095.0)
    """
    return None if not significant_bits else limits_between(0, 2**significant_bits - 1)


def _percentile_limits(
    sample: np.ndarray, cuts: tuple[float, ...], full: Limits
) -> dict[float, Limits]:
    """Limits for each cut."""
    ends = np.percentile(sample, [*cuts, *(100 - cut for cut in cuts)])
    pairs = zip(cuts, ends[: len(cuts)], ends[len(cuts) :], strict=True)
    # Mostly empty stacks have both percentiles in the background: their full range shows more.
    return {cut: limits_between(low, high) if high > low else full for cut, low, high in pairs}


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


def _finite_sample(voxels: np.ndarray, size: int) -> np.ndarray:
    """Finite intensities of about so many evenly spaced voxels, float64."""
    # An odd step does not fall on the same column of every row of an even-sized image.
    step = max(1, voxels.size // size) | 1
    sample = voxels.reshape(-1)[::step].astype(np.float64)
    finite: np.ndarray = sample[np.isfinite(sample)]
    return finite
