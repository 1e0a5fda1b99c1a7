"""What a walk over a volume tells of it, in memory that does not grow with the volume.

Percentiles are exact. A value's bits, seen as an unsigned number that grows with the value, are
taken 16 at a time from the top: a histogram of these tells in which bin the rank that is looked for
lies, and the next walk counts the next bits inside that bin. Values of up to 16 bit so need one
walk, of 32 bit two, of 64 bit four.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import floor, nan, sqrt

import numpy as np
from msgspec import Struct

Walk = Callable[[], Iterable[np.ndarray]]
"""Starts a new walk over the same blocks; together they are the volume, in any order."""

CHUNK_VOXELS = 1 << 20
DIGIT_BITS = 16


class VolumeStatistics(Struct, frozen=True):
    """What is known of a volume.

    Args:
        count: Number of voxels.
        not_finite: How many of them are NaN or infinite.
        low: The smallest value.
        high: The largest value.
        saturated: Voxels at the upper end of the range of an integer type.
        percentiles: The values asked for; NaN where there are voxels that are no numbers.
        mean: Of all values; NaN likewise.
        sd: Standard deviation of all values; NaN likewise.
    """

    count: int
    not_finite: int
    low: float
    high: float
    saturated: int
    percentiles: tuple[float, ...] = ()
    mean: float = nan
    sd: float = nan


def measure_volume(walk: Walk, percentiles: Sequence[float] = ()) -> VolumeStatistics:
    """Measure a volume block by block.

    Args:
        walk: Called once, or more often where percentiles of wide types are asked for.
        percentiles: Which to find, 0 to 100; interpolated linearly, as NumPy does.

    Example:
        >>> image = np.arange(101, dtype=np.uint16)
        >>> measure_volume(lambda: (image[:7], image[7:]), (2, 99.5)).percentiles
        (2.0, 99.5)
    """
    survey = _Survey(counts_digits=bool(percentiles))
    for chunk in _chunks(walk):
        survey.add(chunk)
    found = (nan,) * len(percentiles)
    if percentiles and not survey.not_finite:
        places = [_place(percentile, survey.count) for percentile in percentiles]
        ranks = {rank for place in places for rank in place[:2]}
        values = _values_at(ranks, survey.digits, survey.dtype, walk)
        found = tuple(_between(values[a], values[b], share) for a, b, share in places)
    return VolumeStatistics(
        survey.count,
        survey.not_finite,
        survey.low,
        survey.high,
        survey.saturated,
        found,
        *survey.moments(),
    )


class _Survey:
    """The first walk.

    Args:
        counts_digits: Whether percentiles are wanted.
    """

    def __init__(self, *, counts_digits: bool) -> None:
        self._counts_digits = counts_digits
        self.count = self.not_finite = self.saturated = 0
        self.low: float = nan
        self.high: float = nan
        self.dtype = np.dtype(np.uint8)
        self.digits = np.zeros(0, np.int64)
        self._sum = self._squares = 0.0
        self._pivot = 0.0

    def add(self, values: np.ndarray) -> None:
        """Take note of some voxels."""
        low, high = values.min().item(), values.max().item()
        if not self.count:
            self.dtype = values.dtype
            self.low, self.high = low, high
            self._pivot = float(values[0])
        self.count += values.size
        self.low, self.high = min(self.low, low), max(self.high, high)
        if values.dtype.kind == "f":
            self.not_finite += values.size - int(np.count_nonzero(np.isfinite(values)))
        elif values.dtype.kind in "ui" and high == np.iinfo(values.dtype).max:
            self.saturated += int(np.count_nonzero(values == high))
        if not self.not_finite:
            self._add_moments(values)
        if self._counts_digits:
            bits = 8 * values.dtype.itemsize
            counts = _counted(_keys(values), bits, _digit_bits(values.dtype))
            self.digits = self.digits + counts if self.digits.size else counts

    def _add_moments(self, values: np.ndarray) -> None:
        """Sums of differences from one of the values, which lose no digits to a large offset."""
        differences = values.astype(np.float64) - self._pivot
        with np.errstate(over="ignore"):
            self._sum += float(differences.sum())
            self._squares += float(np.dot(differences, differences))

    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation."""
        if self.not_finite or not self.count:
            return nan, nan
        shift = self._sum / self.count
        variance = self._squares / self.count - shift**2
        return self._pivot + shift, sqrt(max(variance, 0.0))


def _chunks(walk: Walk) -> Iterator[np.ndarray]:
    """All values in flat pieces of bounded size."""
    for block in walk():
        flat = block.reshape(-1)
        for start in range(0, flat.size, CHUNK_VOXELS):
            chunk = flat[start : start + CHUNK_VOXELS]
            yield np.ascontiguousarray(chunk, chunk.dtype.newbyteorder("="))


def _place(percentile: float, count: int) -> tuple[int, int, float]:
    """The two ranks around a percentile, and how far from the first to the second it lies."""
    position = (count - 1) * (percentile / 100)
    before = floor(position)
    if position >= count - 1:
        return count - 1, count - 1, 0.0
    return before, before + 1, position - before


def _between(a: np.generic, b: np.generic, share: float) -> float:
    """Interpolated as NumPy does, which keeps results of small volumes what they were.

    Whole numbers are subtracted as such: the gap between two of them may exceed their own type.
    """
    left, right = (v.item() if v.dtype.kind in "ui" else v for v in (a, b))
    gap, part = right - left, np.float64(share)  # type: ignore[operator]
    if share >= 0.5:
        return float(float(right) - gap * (1 - part))
    return float(float(left) + gap * part)


def _values_at(
    ranks: Iterable[int], digits: np.ndarray, dtype: np.dtype, walk: Walk
) -> Mapping[int, np.generic]:
    """The values at these ranks of the sorted volume.

    Args:
        ranks: Counted from 0.
        digits: How often each uppermost digit occurs.
        dtype: Type of the values.
        walk: Goes over the volume again where one digit does not tell everything.
    """
    width = _digit_bits(dtype)
    left = 8 * dtype.itemsize
    found = {rank: (0, rank) for rank in ranks}
    counts = {0: digits}
    while True:
        left -= width
        for rank, (known, place) in found.items():
            ends = np.cumsum(counts[known])
            digit = int(np.searchsorted(ends, place, side="right"))
            before = int(ends[digit - 1]) if digit else 0
            found[rank] = ((known << width) | digit, place - before)
        if not left:
            return {rank: _value(key, dtype) for rank, (key, _) in found.items()}
        counts = {known: np.zeros(1 << width, np.int64) for known, _ in found.values()}
        for chunk in _chunks(walk):
            keys = _keys(chunk)
            upper = keys >> left
            for known, count in counts.items():
                count += _counted(keys[upper == known], left, width)


def _digit_bits(dtype: np.dtype) -> int:
    return min(DIGIT_BITS, 8 * dtype.itemsize)


def _counted(keys: np.ndarray, left: int, width: int) -> np.ndarray:
    """How often each digit occurs: the upper ``width`` of the ``left`` lowest bits of the keys."""
    digits = (keys >> (left - width)) & ((1 << width) - 1)
    counts: np.ndarray = np.bincount(digits.astype(np.intp), minlength=1 << width)
    return counts


def _keys(values: np.ndarray) -> np.ndarray:
    """Unsigned whole numbers in the order of the values."""
    bits: np.ndarray = values.view(_unsigned(values.dtype))
    top = _top_bit(values.dtype)
    if values.dtype.kind == "i":
        bits = bits ^ top
    elif values.dtype.kind == "f":
        bits = np.where(bits & top, ~bits, bits | top)
    return bits


def _value(key: int, dtype: np.dtype) -> np.generic:
    """The value that has this key."""
    bits = np.array([key], _unsigned(dtype))
    top = _top_bit(dtype)
    if dtype.kind == "i":
        bits = bits ^ top
    elif dtype.kind == "f":
        bits = np.where(bits & top, bits ^ top, ~bits)
    value: np.generic = bits.view(dtype)[0]
    return value


def _unsigned(dtype: np.dtype) -> np.dtype:
    return np.dtype(f"u{dtype.itemsize}")


def _top_bit(dtype: np.dtype) -> np.generic:
    bit: np.generic = _unsigned(dtype).type(1 << (8 * dtype.itemsize - 1))
    return bit
