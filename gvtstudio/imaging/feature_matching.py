"""Which corners of one image are which corners of another, and the homography they agree on.

Source: ORB (Rublee et al. 2011) and RANSAC (Fischler & Bolles 1981), as AEANets register pairs of
electron micrographs at two magnifications (MODELS §4.3). A chain of such points allows for another
place, rotation and scale without knowing any of them beforehand.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from skimage.feature import ORB, match_descriptors
from skimage.measure import ransac
from skimage.transform import ProjectiveTransform

from gvtstudio.imaging.resampling import resample_volume
from gvtstudio.imaging.warping import scaling_between

MOST_FEATURES = 1000
CONTRAST = 0.03
"""Of a corner, as a part of the range of the image."""
SMOOTHING = 1.5
"""Standard deviation in pixels: noise has corners too."""
LARGEST_DISTANCE = 2.0
"""Of an inlier, in pixels of the coarser image."""
MOST_TRIALS = 1000
FEWEST_MATCHES = 8
MOST_PIXELS = 2_000_000
"""Of the fixed image: with more, both are looked at with larger pixels."""
SMALLEST_SIDE = 32
"""Pixels of an image in which features can be looked for: they are 31 wide."""


class Matching(NamedTuple):
    """What the features of two images say.

    Args:
        matches: Pairs of features that are most alike.
        inliers: Those that agree on the homography.
        matrix: (3, 3) homography, x, y of the fixed image → x, y of the moving one; ``None`` where
            none was found.
    """

    matches: int
    inliers: int
    matrix: np.ndarray | None


NOTHING = Matching(0, 0, None)


def match_features(moving: np.ndarray, fixed: np.ndarray, magnification: float) -> Matching:
    """The homography that most of the matched features agree on.

    Args:
        moving: (Y, X).
        fixed: (Y, X), of any size.
        magnification: About how many pixels of ``fixed`` are one of ``moving``; both are looked at
            with the coarser pixels. A factor of two more or less is found as well.
    """
    coarse = max(1.0, magnification)
    fewer = max(1.0, math.sqrt(fixed.size / coarse**2 / MOST_PIXELS))
    small_moving = _shrunk(moving, magnification / coarse / fewer)
    small_fixed = _shrunk(fixed, 1 / coarse / fewer)
    if min(*small_moving.shape, *small_fixed.shape) < SMALLEST_SIDE:
        return NOTHING
    theirs, ours = _features(small_moving), _features(small_fixed)
    if min(len(theirs.places), len(ours.places)) < FEWEST_MATCHES:
        return NOTHING
    pairs = match_descriptors(  # type: ignore[no-untyped-call]
        theirs.descriptors, ours.descriptors, cross_check=True
    )
    if len(pairs) < FEWEST_MATCHES:
        return Matching(len(pairs), 0, None)
    source, goal = ours.places[pairs[:, 1]], theirs.places[pairs[:, 0]]
    model, inliers = ransac(  # type: ignore[no-untyped-call]
        (source, goal), ProjectiveTransform, 4, LARGEST_DISTANCE, max_trials=MOST_TRIALS, rng=0
    )
    if model is None or inliers is None:
        return Matching(len(pairs), 0, None)
    before = scaling_between(small_fixed.shape, fixed.shape)
    after = scaling_between(moving.shape, small_moving.shape)
    matrix = after @ model.params @ before
    return Matching(len(pairs), int(inliers.sum()), matrix / matrix[2, 2])


def _shrunk(image: np.ndarray, factor: float) -> np.ndarray:
    """With so many times larger pixels, but never smaller ones."""
    if factor >= 1:
        return image
    height, width = (max(1, round(n * factor)) for n in image.shape)
    shrunk: np.ndarray = resample_volume(image[None], (1, height, width))[0]
    return shrunk


class _Features(NamedTuple):
    places: np.ndarray  # (N, 2), x and y
    descriptors: np.ndarray  # (N, 256), true or false


def _features(image: np.ndarray) -> _Features:
    smooth = ndimage.gaussian_filter(image.astype(np.float32), SMOOTHING)
    low, high = np.percentile(smooth, (1, 99))
    finder = ORB(  # type: ignore[no-untyped-call]
        n_keypoints=MOST_FEATURES, fast_threshold=CONTRAST
    )
    try:
        finder.detect_and_extract(  # type: ignore[no-untyped-call]
            np.clip((smooth - low) / max(high - low, 1e-12), 0, 1)
        )
    except RuntimeError:  # how scikit-image says that there are no corners
        return _Features(np.empty((0, 2)), np.empty((0, 256), bool))
    return _Features(np.asarray(finder.keypoints)[:, ::-1], np.asarray(finder.descriptors))
