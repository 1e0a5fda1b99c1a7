"""How noisy an image looks by itself, quickly."""

import numpy as np

CLEARLY_NOISIER = 1.5
"""Times: a good stack is several times less noisy than a poor one; less than this tells nothing."""
_PERCENTILES = (2.0, 99.8)
# Of a second mixed difference of four independent voxels of unit variance.
_SD_OF_DIFFERENCE = 2.0
# A normal distribution's standard deviation over its mean absolute value.
_SD_PER_MEAN_ABS = float(np.sqrt(np.pi / 2))


def noise_share(plane: np.ndarray) -> float:
    """Standard deviation of pixel noise over the range of the image; 0 where it has no range.

    Taken from the second mixed differences of neighbours (Immerkær 1996), in which smooth structure
    cancels; edges remain, so of a clean image with fine detail it is an upper bound.

    Args:
        plane: (Y, X), at least 2 × 2.

    Example:
        >>> noise_share(np.zeros((8, 8)))
        0.0
    """
    values = np.asarray(plane, np.float32)
    low, high = np.percentile(values, _PERCENTILES)
    if high <= low:
        return 0.0
    difference = values[1:, 1:] - values[1:, :-1] - values[:-1, 1:] + values[:-1, :-1]
    sd = float(np.abs(difference).mean()) * _SD_PER_MEAN_ABS / _SD_OF_DIFFERENCE
    return sd / float(high - low)
