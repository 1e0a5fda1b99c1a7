"""Bringing intensities to the scale a network knows, and exactly back."""

import numpy as np
from msgspec import Struct

from gvtstudio.domain.model_card import NormalisationKind
from gvtstudio.imaging.statistics import VolumeStatistics, measure_volume


class PercentileNormalization(Struct, frozen=True):
    """The affine map that sends ``low`` to 0 and ``high`` to 1; nothing is clipped.

    Source: Weigert et al. 2018 (CARE) and the GVTNets denoising networks use the percentiles 2
    and 99.8 of the image itself (MODELS §2.6); those for label-free prediction its z-scores
    (MODELS §2.5).

    Example:
        >>> scale = PercentileNormalization(low=100.0, high=300.0)
        >>> scale.apply(np.array([100, 200, 300], np.uint16)).tolist()
        [0.0, 0.5, 1.0]
        >>> scale.invert(np.array([0.0, 0.5, 1.0], np.float32)).tolist()
        [100.0, 200.0, 300.0]
    """

    low: float
    high: float

    @classmethod
    def of(cls, image: np.ndarray, percentiles: tuple[float, float]) -> "PercentileNormalization":
        """The map for one image, raw intensities of any shape."""
        return cls.from_statistics(measure_volume(lambda: (image,), percentiles))

    @classmethod
    def standard(cls, image: np.ndarray) -> "PercentileNormalization":
        """The map that makes of one image its z-scores, ``(x − mean) / standard deviation``."""
        return cls.from_statistics(measure_volume(lambda: (image,)), "mean_std")

    @classmethod
    def from_statistics(
        cls, statistics: VolumeStatistics, kind: NormalisationKind = "percentiles"
    ) -> "PercentileNormalization":
        """The map for a volume whose two percentiles, or at least its moments, were measured.

        Where the two values coincide (almost all voxels are equal) the extremes of the volume take
        their place, and a constant volume is only shifted.
        """
        if kind == "none":
            return cls(0.0, 1.0)
        if kind == "mean_std":
            low, high = statistics.mean, statistics.mean + statistics.sd
        else:
            low, high = statistics.percentiles
        if high <= low:
            low, high = float(statistics.low), float(statistics.high)
        return cls(low, high if high > low else low + 1.0)

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Raw intensities → float32, mostly between 0 and 1."""
        scaled: np.ndarray = np.subtract(image, self.low, dtype=np.float32)
        scaled *= np.float32(1.0 / (self.high - self.low))
        return scaled

    def invert(self, image: np.ndarray) -> np.ndarray:
        """Network output → float64 intensities in the units of the input."""
        return image.astype(np.float64) * (self.high - self.low) + self.low


def as_dtype(image: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, int]:
    """Intensities in the given type, rounded and clipped to its range where it is an integer.

    Args:
        image: Real intensities.
        dtype: Type of the result.

    Returns:
        The converted image and how many voxels had to be clipped.

    Example:
        >>> as_dtype(np.array([-3.0, 7.6, 300.0]), np.dtype(np.uint8))
        (array([  0,   8, 255], dtype=uint8), 2)
    """
    if dtype.kind not in "iu":
        return image.astype(dtype), 0
    limits = np.iinfo(dtype)
    rounded = np.rint(image)
    outside = np.count_nonzero((rounded < limits.min) | (rounded > limits.max))
    return np.clip(rounded, limits.min, limits.max).astype(dtype), int(outside)
