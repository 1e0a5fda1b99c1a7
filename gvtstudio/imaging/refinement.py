"""A homography made exact to a fraction of a pixel by the intensities of the whole image.

The squared difference of the two images, after gain and offset, is made small by Gauss–Newton steps
on the eight numbers of the homography (Lucas & Kanade 1981; Baker & Matthews 2004), from coarse to
fine. That maximises their correlation, as ECC does (Evangelidis & Psarakis 2008).
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from gvtstudio.imaging.metrics import pearson
from gvtstudio.imaging.resampling import resample_volume
from gvtstudio.imaging.spectra import hann_window
from gvtstudio.imaging.warping import common_area, project, scaling_between, warped

LEVELS = (8, 4, 2, 1)
"""How many times coarser both images are made, one after the other."""
MOST_STEPS = 20
STILL_PIXELS = 0.002
"""Smaller steps end it, in pixels of the coarser image."""
MOST_PIXELS = 300_000
LEAST_SHARE = 0.1
"""Of the fixed image that both must show."""
SMALLEST_SIDE = 16
"""Pixels of an image that is worth refining."""
TILES = 3
"""Along the shorter side; they overlap by half."""
FINENESS = 50
"""Of a pixel, to which the shift of a tile is measured."""
BLUR_AREA = 4 * np.pi
"""Pixels that are one measurement after smoothing by a pixel."""
FREEDOM = 8
SURE = 4.0
"""How many times more variance a homography must explain than its free numbers would by chance."""


class Planes(NamedTuple):
    """Two images made comparable.

    Args:
        moving: (Y, X), float32.
        fixed: (Y, X) with pixels not finer than those of ``moving``.
        to_fixed: Homography from the pixels of ``fixed`` as it was to those it has now.
        to_moving: Likewise from those ``moving`` has now to those it had.
        pixel: Pixels that ``fixed`` had for one it has now.
    """

    moving: np.ndarray
    fixed: np.ndarray
    to_fixed: np.ndarray
    to_moving: np.ndarray
    pixel: float


def comparable(moving: np.ndarray, fixed: np.ndarray, magnification: float) -> Planes:
    """Both images with pixels of about the same size, the larger of the two and few enough.

    Args:
        moving: (Y, X).
        fixed: (Y, X).
        magnification: About how many pixels of ``fixed`` are one of ``moving``.
    """
    fewer = max(1.0, (fixed.size / max(1.0, magnification) ** 2 / MOST_PIXELS) ** 0.5)
    coarse = max(1.0, magnification) * fewer
    shape = _sizes(fixed.shape, coarse)
    shrunk = _sizes(moving.shape, max(1.0, coarse / magnification))
    return Planes(
        resample_volume(moving[None], (1, *shrunk))[0],
        resample_volume(fixed[None], (1, *shape))[0],
        scaling_between(shape, fixed.shape),
        scaling_between(moving.shape, shrunk),
        coarse,
    )


def _sizes(shape: tuple[int, ...], coarser: float) -> tuple[int, int]:
    height, width = (max(1, round(n / coarser)) for n in shape)
    return height, width


class Refinement:
    """Judges and improves homographies between two images.

    Args:
        moving: (Y, X).
        fixed: (Y, X).
        magnification: About how many pixels of ``fixed`` are one of ``moving``.
    """

    def __init__(self, moving: np.ndarray, fixed: np.ndarray, magnification: float) -> None:
        self._planes = comparable(moving, fixed, magnification)

    def correlation(self, matrix: np.ndarray) -> float:
        """Of both images, smoothed by a pixel, where both show something; 0 where too little."""
        moving, fixed = self._smoothed()
        inner = self._inner(matrix)
        inside = common_area(inner, moving.shape, fixed.shape)
        if inside.mean() < LEAST_SHARE:
            return 0.0
        there = warped(moving, inner, fixed.shape)
        return pearson(there[inside], fixed[inside])

    def common(self, matrix: np.ndarray) -> float:
        """Part of the fixed image that the moving one shows too."""
        planes = self._planes
        inside = common_area(self._inner(matrix), planes.moving.shape, planes.fixed.shape)
        return float(inside.mean())

    def is_better(self, matrix: np.ndarray, plain: np.ndarray) -> bool:
        """Whether a homography fits better than another one that nothing was fitted for."""
        unexplained, before = (1 - self.correlation(each) ** 2 for each in (matrix, plain))
        measurements = self._planes.fixed.size / BLUR_AREA
        return before - unexplained > SURE * FREEDOM / measurements * unexplained

    def improved(self, matrix: np.ndarray) -> np.ndarray:
        """The homography at which the images agree best, begun at another one."""
        inner = self._inner(matrix)
        for level in LEVELS:
            inner = self._descended_at(level, inner)
        planes = self._planes
        return _normalised(planes.to_moving @ inner @ planes.to_fixed)

    def residual(self, matrix: np.ndarray) -> float:
        """How far apart the images still lie, in pixels of the fixed one.

        The median over tiles of the shift that is left in each. NaN where there are no tiles.
        """
        moving, fixed = self._smoothed()
        inner = self._inner(matrix)
        inside = common_area(inner, moving.shape, fixed.shape)
        there = warped(moving, inner, fixed.shape)
        side = min(fixed.shape) // TILES
        taper = hann_window((side, side))
        shifts = []
        for top in range(0, fixed.shape[0] - side + 1, max(1, side // 2)):
            for left in range(0, fixed.shape[1] - side + 1, max(1, side // 2)):
                tile = slice(top, top + side), slice(left, left + side)
                if inside[tile].all():
                    shifts.append(_shift(there[tile], fixed[tile], taper))
        return float(np.median(shifts)) * self._planes.pixel if shifts else float("nan")

    def _descended_at(self, level: int, inner: np.ndarray) -> np.ndarray:
        """The homography improved on images that are so many times coarser."""
        images = self._planes.moving, self._planes.fixed
        sizes = [_sizes(image.shape, level) for image in images]
        if min(*sizes[0], *sizes[1]) < SMALLEST_SIDE:
            return inner
        both = zip(images, sizes, strict=True)
        moving, fixed = (
            ndimage.gaussian_filter(resample_volume(image[None], (1, *size))[0], 1.0)
            for image, size in both
        )
        # between the pixels of both before and now
        down = scaling_between(images[0].shape, sizes[0])
        up = scaling_between(sizes[1], images[1].shape)
        coarse = _descended(moving, fixed, np.linalg.inv(down) @ inner @ np.linalg.inv(up))
        return _normalised(down @ coarse @ up)

    def _smoothed(self) -> tuple[np.ndarray, np.ndarray]:
        """Both images, smoothed by a pixel."""
        moving, fixed = self._planes.moving, self._planes.fixed
        return ndimage.gaussian_filter(moving, 1.0), ndimage.gaussian_filter(fixed, 1.0)

    def _inner(self, matrix: np.ndarray) -> np.ndarray:
        """The homography between the images as they are compared."""
        planes = self._planes
        before, after = np.linalg.inv(planes.to_fixed), np.linalg.inv(planes.to_moving)
        return _normalised(after @ matrix @ before)


def _shift(image: np.ndarray, truth: np.ndarray, taper: np.ndarray) -> float:
    """How far one tile lies from another, in pixels."""
    one, other = (taper * (tile - tile.mean()) for tile in (truth, image))
    found, _, _ = phase_cross_correlation(  # type: ignore[no-untyped-call]
        one, other, upsample_factor=FINENESS, normalization=None
    )
    return float(np.hypot(*found))


def _descended(moving: np.ndarray, fixed: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Gauss–Newton steps from a homography for as long as they help."""
    slope_y, slope_x = np.gradient(moving)
    matrix = _normalised(matrix)
    best, least = matrix, np.inf
    for _ in range(MOST_STEPS):
        inside = common_area(matrix, moving.shape, fixed.shape)
        if inside.mean() < LEAST_SHARE:
            break
        images = [warped(a, matrix, fixed.shape)[inside] for a in (moving, slope_x, slope_y)]
        error, step = _step(images, fixed[inside], matrix, inside)
        if error >= least:
            break
        best, least = matrix, error
        matrix = _moved(matrix, step)
        if _largest_move(best, matrix, fixed.shape) < STILL_PIXELS:
            return matrix
    return best


def _step(
    images: list[np.ndarray], fixed: np.ndarray, matrix: np.ndarray, inside: np.ndarray
) -> tuple[float, np.ndarray]:
    """Share of the variance that is left, and by how much to change eight of the nine numbers."""
    image, along_x, along_y = images
    y, x = (axis.astype(np.float64) for axis in np.nonzero(inside))
    depth = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    across, down = project(matrix, x, y)
    # gain and offset first, so that the steps are in the intensities of the moving image
    design = np.column_stack([image, np.ones_like(image)]).astype(np.float64)
    gain = np.linalg.lstsq(design, fixed.astype(np.float64), rcond=None)[0]
    left = fixed - design @ gain
    slope_x, slope_y = gain[0] * along_x / depth, gain[0] * along_y / depth
    perspective = -(slope_x * across + slope_y * down)
    size = float(max(inside.shape))
    columns = np.column_stack(
        [
            slope_x * x, slope_x * y, slope_x * size,
            slope_y * x, slope_y * y, slope_y * size,
            perspective * x / size, perspective * y / size,
            image, np.ones_like(image),
        ]
    )  # fmt: skip
    weights = np.abs(columns).max(axis=0) + 1e-12
    scaled = columns / weights
    found = np.linalg.lstsq(scaled.T @ scaled, scaled.T @ left, rcond=None)[0] / weights
    unscaled = np.array([1, 1, size, 1, 1, size, 1 / size, 1 / size])
    spread = float(np.var(fixed)) or 1.0
    return float(np.mean(left**2)) / spread, found[:8] * unscaled


def _moved(matrix: np.ndarray, step: np.ndarray) -> np.ndarray:
    result = matrix.copy()
    result.flat[:8] += step
    return result


def _normalised(matrix: np.ndarray) -> np.ndarray:
    """The same homography with 1 as its last number."""
    result: np.ndarray = matrix / matrix[2, 2]
    return result


def _largest_move(before: np.ndarray, after: np.ndarray, shape: tuple[int, ...]) -> float:
    """Of the corners of an image (Y, X), in pixels."""
    x = np.array([0.0, shape[1], 0.0, shape[1]])
    y = np.array([0.0, 0.0, shape[0], shape[0]])
    (x1, y1), (x2, y2) = project(before, x, y), project(after, x, y)
    return float(np.hypot(x2 - x1, y2 - y1).max())
