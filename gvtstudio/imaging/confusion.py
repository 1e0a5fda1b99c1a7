"""Where a prediction is right by brightness: how often each brightness is taken for which other.

A single correlation hides that a network may find bright things and invent dim ones. The table has
a row for every tenth of the truth's range and tells how what is in it was predicted, as in the
evaluation of the Global Transformer U-Net.
"""

import numpy as np

from gvtstudio.imaging.metrics import Comparison

BINS = 10


def binned_confusion(compared: Comparison, bins: int = BINS) -> np.ndarray:
    """Voxels by brightness of the truth (rows) and of the image (columns), (bins, bins).

    Both are on one scale, from 0 to 1 over the range of the truth; what lies outside counts in the
    first or the last bin. Tables of several volumes may be added.

    Args:
        compared: An image beside its truth.
        bins: Of equal width.

    Example:
        >>> truth = np.array([[0.0, 0.0, 1.0, 1.0]])
        >>> image = np.array([[0.0, 0.9, 1.0, 0.8]])
        >>> binned_confusion(Comparison(image, truth, "none"), bins=2).tolist()
        [[1, 1], [0, 2]]
    """
    truth, image = (
        _bin_numbers(compared.inside(values) + compared.level, bins)
        for values in (compared.scaled_truth, compared.scaled_image)
    )
    counts = np.bincount(bins * truth + image, minlength=bins * bins)
    return counts.reshape(bins, bins)


def row_shares(counts: np.ndarray) -> np.ndarray:
    """Each row divided by its sum; NaN where the truth has nothing of that brightness."""
    sums = counts.sum(1, keepdims=True)
    shares = np.full(counts.shape, np.nan)
    np.divide(counts, sums, out=shares, where=sums > 0)
    return shares


def _bin_numbers(values: np.ndarray, bins: int) -> np.ndarray:
    # rounding may leave what lies on an edge a hair below it
    numbers: np.ndarray = np.floor(values * bins + 1e-9).astype(np.int64).clip(0, bins - 1)
    return numbers
