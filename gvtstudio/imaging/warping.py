"""Images seen through a homography: where they lie in one another, and how they look there.

A homography is a (3, 3) matrix that takes x, y, 1 of a pixel of the fixed image to the place in the
moving image that shows the same. Pixels are little boxes whose centres have whole numbers.
"""

import math
from typing import NamedTuple

import numpy as np
from skimage.transform import warp

MOST_CELLS = 500
"""Along each axis, where the common rectangle of large images is looked for."""

Spans2 = tuple[tuple[int, int], tuple[int, int]]
"""Half-open, along Y and X."""


class Geometry(NamedTuple):
    """What a homography does around the middle of the fixed image.

    Args:
        magnification: Pixels of the fixed image for one of the moving one.
        rotation_degrees: By which the moving image is turned against the fixed one, from X to Y.
        stretch: Longer over shorter scale; 1 where all directions are alike.
        is_mirrored: Whether left and right are swapped.
        perspective: Largest over smallest magnification at the corners.
    """

    magnification: float
    rotation_degrees: float
    stretch: float
    is_mirrored: bool
    perspective: float


def scaling_between(moving: tuple[int, ...], fixed: tuple[int, ...]) -> np.ndarray:
    """The homography of two images (Y, X) of one field in pixels of different sizes."""
    y, x = (small / large for small, large in zip(moving, fixed, strict=True))
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1.0]])


def project(matrix: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where pixels of the fixed image lie in the moving one: x and y."""
    across, down, depth = (a * x + b * y + c for a, b, c in matrix)
    return across / depth, down / depth


def geometry_of(matrix: np.ndarray, fixed: tuple[int, ...]) -> Geometry:
    """What a homography does in a fixed image (Y, X) of that size."""
    height, width = fixed
    middle = _slopes(matrix, (width - 1) / 2, (height - 1) / 2)
    longer, shorter = np.linalg.svd(middle, compute_uv=False)
    areas = [
        abs(np.linalg.det(_slopes(matrix, x, y))) for x in (0, width - 1) for y in (0, height - 1)
    ]
    area = float(np.linalg.det(middle))
    # of a matrix close to a turned and scaled one, the angle of the nearest such
    angle = math.atan2(middle[1, 0] - middle[0, 1], middle[0, 0] + middle[1, 1])
    return Geometry(
        magnification=1 / math.sqrt(abs(area)) if area else math.inf,
        rotation_degrees=math.degrees(angle),
        stretch=float(longer / shorter) if shorter > 0 else math.inf,
        is_mirrored=area < 0,
        perspective=math.sqrt(max(areas) / min(areas)) if min(areas) > 0 else math.inf,
    )


def _slopes(matrix: np.ndarray, x: float, y: float) -> np.ndarray:
    """(2, 2) derivatives of x and y in the moving image by those in the fixed one."""
    across, down, depth = matrix @ np.array([x, y, 1.0])
    place = np.array([across / depth, down / depth])
    slopes: np.ndarray = (matrix[:2, :2] - np.outer(place, matrix[2, :2])) / depth
    return slopes


def warped(moving: np.ndarray, matrix: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A moving image (Y, X) as a fixed one of that shape would show it; bicubic, float32.

    The kernel is that of ``resampling``. Beyond the moving image it is mirrored.
    """
    image = moving.astype(np.float32, copy=False)
    result: np.ndarray = warp(  # type: ignore[no-untyped-call]
        image,
        matrix,
        output_shape=shape,
        order=3,
        mode="symmetric",
        clip=False,
        preserve_range=True,
    )
    return result.astype(np.float32, copy=False)


def common_area(matrix: np.ndarray, moving: tuple[int, ...], fixed: tuple[int, ...]) -> np.ndarray:
    """(Y, X) of the fixed image: whether the moving image shows it too."""
    across, down = project(matrix, np.arange(fixed[1])[None, :], np.arange(fixed[0])[:, None])
    inside: np.ndarray = (across > -0.5) & (across < moving[1] - 0.5)
    return inside & (down > -0.5) & (down < moving[0] - 0.5)


def common_rectangle(matrix: np.ndarray, moving: tuple[int, ...], fixed: tuple[int, ...]) -> Spans2:
    """The largest rectangle of the fixed image that the moving image shows all of.

    Of a large image it is the largest one whose sides lie on a grid. Empty where there is none.
    """
    rows, columns = (_grid(n) for n in fixed)
    across, down = project(matrix, columns[None, :], rows[:, None])
    inside = (across > -0.5) & (across < moving[1] - 0.5)
    inside &= (down > -0.5) & (down < moving[0] - 0.5)
    # what both show has straight sides and no dents: it holds a cell that it holds the corners of
    cells = inside[:-1, :-1] & inside[1:, :-1] & inside[:-1, 1:] & inside[1:, 1:]
    (top, bottom), (left, right) = largest_rectangle(cells)
    if top == bottom:
        return (0, 0), (0, 0)
    return (
        (int(rows[top]), int(rows[bottom]) + 1),
        (int(columns[left]), int(columns[right]) + 1),
    )


def _grid(length: int) -> np.ndarray:
    """Every pixel of a short axis, and evenly spaced ones of a long one, with both ends."""
    return np.unique(np.linspace(0, length - 1, min(length, MOST_CELLS + 1)).round().astype(int))


def largest_rectangle(inside: np.ndarray) -> Spans2:
    """Of all rectangles that lie wholly inside, the one with the largest area.

    Args:
        inside: (Y, X), true where a pixel may be part of it.

    Example:
        >>> cross = np.array([[0, 1, 0], [1, 1, 1], [1, 1, 1]], bool)
        >>> largest_rectangle(cross)
        ((1, 3), (0, 3))
    """
    best, area = ((0, 0), (0, 0)), 0
    heights = np.zeros(inside.shape[1], np.int64)
    for row, line in enumerate(inside):
        heights = np.where(line, heights + 1, 0)
        size, (first, stop), height = _widest(heights.tolist())
        if size > area:
            best, area = ((row + 1 - height, row + 1), (first, stop)), size
    return best


def _widest(heights: list[int]) -> tuple[int, tuple[int, int], int]:
    """Area, columns and height of the largest rectangle below a skyline."""
    best = (0, (0, 0), 0)
    rising: list[tuple[int, int]] = []  # first column and height of all that may still grow
    for column, height in enumerate([*heights, 0]):
        first = column
        while rising and rising[-1][1] >= height:
            first, top = rising.pop()
            best = max(best, (top * (column - first), (first, column), top))
        rising.append((first, height))
    return best
