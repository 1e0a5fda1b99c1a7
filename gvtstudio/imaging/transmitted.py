"""What simple filters make of transmitted light: the classical rival of a predicted stain.

Cells in transmitted light betray themselves by texture, by their edges and by how they focus light
from plane to plane. The filter, its width and its sign are chosen on the very image it is compared
on, with the truth in hand, which no user can do: what beats it beats anything of its kind.
"""

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from gvtstudio.imaging.baseline import Filtered
from gvtstudio.imaging.metrics import pearson

SIGMAS = (1.0, 2.0, 4.0, 8.0)


def best_readout(image: np.ndarray, truth: np.ndarray) -> tuple[Filtered, float]:
    """The filter whose result goes best with a stain, up or down, and that correlation.

    Args:
        image: (Z, Y, X) in transmitted light.
        truth: (Z, Y, X), or (1, Y, X) where all planes became one.

    Returns:
        The filtered image with its name, turned so that it rises with the stain; Pearson's r.
    """
    is_flat = len(truth) < len(image)
    best, correlation = Filtered("", image), -1.0
    for found in readouts(image):
        values = found.image.mean(0, keepdims=True) if is_flat else found.image
        r = pearson(values, truth)
        if abs(r) > correlation:
            name = found.name if r >= 0 else f"inverted {found.name}"
            best, correlation = Filtered(name, values if r >= 0 else -values), abs(r)
    return best, correlation


def readouts(image: np.ndarray) -> Iterator[Filtered]:
    """The image through every filter that is tried, float32.

    Args:
        image: (Z, Y, X) in transmitted light.
    """
    volume = image.astype(np.float32)
    volume -= volume.mean()
    finer = volume
    for sigma in SIGMAS:
        smooth = _smooth(volume, sigma)
        yield Filtered(f"Gaussian σ {sigma:g}", smooth)
        yield Filtered(f"detail finer than σ {sigma:g}", finer - smooth)
        finer = smooth
        spread = np.maximum(_smooth(volume**2, sigma) - smooth**2, 0)
        yield Filtered(f"local standard deviation σ {sigma:g}", np.sqrt(spread))
        if len(volume) > 2:
            change = np.gradient(smooth, axis=0)
            yield Filtered(f"change along Z σ {sigma:g}", change.astype(np.float32))


def _smooth(volume: np.ndarray, sigma: float) -> np.ndarray:
    smooth: np.ndarray = ndimage.gaussian_filter(volume, (0, sigma, sigma))
    return smooth
