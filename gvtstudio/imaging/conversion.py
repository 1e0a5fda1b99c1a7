"""Voxels in another type, and what is lost by it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Losses:
    """What a conversion did to voxels, counted.

    Args:
        clipped: Beyond the type or the limits, or no number; these took the nearest value or 0.
        not_finite: Those of them that are infinite or no number at all, and became 0.
        rounded: Changed by a type of real numbers that keeps fewer digits.
    """

    clipped: int = 0
    not_finite: int = 0
    rounded: int = 0

    def __add__(self, other: "Losses") -> "Losses":
        return Losses(
            self.clipped + other.clipped,
            self.not_finite + other.not_finite,
            self.rounded + other.rounded,
        )


def converted(
    voxels: np.ndarray, dtype: np.dtype, limits: tuple[float, float] | None = None
) -> tuple[np.ndarray, Losses]:
    """Voxels in another type: in their units, or with limits spread over an integer type.

    In their units intensities are rounded to whole numbers and clipped to the type. With limits
    (a, b) an intensity v becomes round(top · (v - a) / (b - a)), where top is the largest value of
    the type; those below a become 0 and those above b top.

    Args:
        voxels: Of any real type, or of a mask.
        dtype: ``uint8``, ``uint16`` or ``float32``.
        limits: Only for integers; the second is the larger.

    Example:
        >>> converted(np.array([-3.0, 7.6, 300.0]), np.dtype("uint8"))
        (array([  0,   8, 255], dtype=uint8), Losses(clipped=2, not_finite=0, rounded=0))
        >>> converted(np.array([99, 150, 200]), np.dtype("uint8"), (100, 200))
        (array([  0, 128, 255], dtype=uint8), Losses(clipped=1, not_finite=0, rounded=0))
    """
    if voxels.dtype == dtype and limits is None:
        return voxels, Losses()
    if dtype.kind == "f":
        return _as_real(voxels, dtype)
    real = voxels.astype(np.float64)
    is_finite = np.isfinite(real)
    top = np.iinfo(dtype).max
    if limits is None:
        grey = np.rint(real)
        is_outside = (grey < 0) | (grey > top)
    else:
        low, high = limits
        is_outside = (real < low) | (real > high)
        grey = np.rint((np.clip(real, low, high) - low) / (high - low) * top)
    result = np.clip(np.where(is_finite, grey, 0), 0, top).astype(dtype)
    not_finite = int(is_finite.size - np.count_nonzero(is_finite))
    return result, Losses(int(np.count_nonzero(is_outside & is_finite)) + not_finite, not_finite)


def _as_real(voxels: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, Losses]:
    """Exact copies of what the type holds; the largest are clipped, none becomes infinite."""
    if np.can_cast(voxels.dtype, dtype, "safe"):
        return voxels.astype(dtype), Losses()
    real = voxels.astype(np.float64)
    largest = float(np.finfo(dtype).max)
    is_outside = np.isfinite(real) & (np.abs(real) > largest)
    result = np.where(is_outside, np.copysign(largest, real), real).astype(dtype)
    is_kept = is_outside | ~np.isfinite(real) | (result == real)
    return result, Losses(
        clipped=int(np.count_nonzero(is_outside)),
        rounded=int(is_kept.size - np.count_nonzero(is_kept)),
    )
