"""The brightest voxel along every line of sight through a volume that is turned any way.

Computed by the processor alone: acquisition computers, remote desktops and virtual machines often
have no OpenGL that works, and a crash there is worse than a slower picture. Shear-warp (Lacroute
and Levoy, SIGGRAPH 1994) needs one maximum for each voxel and one look-up for each pixel: the
slices most across the line of sight are laid over one another, each shifted by whole voxels, and
what results is seen from the side. So a pixel always shows a measured voxel, nothing is
interpolated, and along Z, Y or X the picture is the maximum projection itself.

Lengths are in any one unit, such as µm; positions and directions are (z, y, x) in the volume and
(depth, down, right) on screen.
"""

from dataclasses import dataclass
from functools import cached_property
from math import floor

import numpy as np

from gvtstudio.imaging.panel.geometry import Triple, Voxel

# Of what lies farthest away, with a depth cue.
FAINTEST = 0.35


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """How a volume is held: the rows of ``matrix`` are depth, down and right on screen.

    Args:
        matrix: (3, 3) rotation from (z, y, x) to (depth, down, right); the identity looks along Z.
    """

    matrix: np.ndarray

    def turned(self, right: float, down: float, clockwise: float = 0.0) -> "Turn":
        """Turned further, as seen on screen.

        Args:
            right: Degrees by which what is in front moves to the right.
            down: Degrees by which it moves down.
            clockwise: Degrees in the plane of the screen.
        """
        steps = _about(0, 2, right) @ _about(0, 1, down) @ _about(2, 1, -clockwise)
        # The nearest rotation, so that a thousand small turns do not shear the volume.
        left, _, rest = np.linalg.svd(steps @ self.matrix)
        return Turn(left @ rest)


def from_angles(azimuth: float, elevation: float) -> Turn:
    """The view of a volume that was turned about its Y axis and then tilted, in degrees.

    Example:
        >>> from_angles(90, 0).matrix.round(6).tolist()[0]
        [0.0, 0.0, 1.0]
    """
    return ALONG_Z.turned(azimuth, 0).turned(0, elevation)


def _about(depth: int, other: int, degrees: float) -> np.ndarray:
    """A rotation that moves what is in front along another axis of the screen."""
    angle = np.deg2rad(degrees)
    matrix = np.eye(3)
    matrix[depth, depth] = matrix[other, other] = np.cos(angle)
    matrix[depth, other], matrix[other, depth] = np.sin(angle), -np.sin(angle)
    return matrix


ALONG_Z = Turn(np.eye(3))


@dataclass(frozen=True, eq=False)
class Solid:
    """A volume that is looked at.

    Args:
        values: (Z, Y, X) float32 without NaN; -inf where there is nothing.
        voxel: Size of a voxel, (z, y, x).
        size: Of the whole; less than all voxels together where the last ones stand out of it.
    """

    values: np.ndarray
    voxel: Triple
    size: Triple

    @cached_property
    def by_column(self) -> np.ndarray:
        """The voxels as (X, Z, Y): slices along X are otherwise scattered in memory."""
        return np.ascontiguousarray(self.values.transpose(2, 0, 1))

    @property
    def centre(self) -> Triple:
        """The middle of the whole, as an index of voxels."""
        z, y, x = (
            length / (2 * step) - 0.5 for length, step in zip(self.size, self.voxel, strict=True)
        )
        return (z, y, x)


def solid_of(volume: np.ndarray, voxel: Triple) -> Solid:
    """A whole volume (Z, Y, X) of any type."""
    depth, height, width = (n * step for n, step in zip(volume.shape, voxel, strict=True))
    return Solid(numbers_of(volume), voxel, (depth, height, width))


def numbers_of(voxels: np.ndarray) -> np.ndarray:
    """Voxels as float32; those that hold no number (NaN) are the darkest of all."""
    values = voxels.astype(np.float32)
    if voxels.dtype.kind == "f":
        values[np.isnan(values)] = -np.inf
    return values


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """A depth cue: how much of each voxel's brightness above ``ground`` is shown."""

    of_slice: np.ndarray
    in_slice: np.ndarray
    ground: float

    def fall_on(self, plane: np.ndarray, k: int) -> np.ndarray:
        """A slice as bright as it is shown."""
        shown: np.ndarray = (plane - self.ground) * (self.in_slice + self.of_slice[k]) + self.ground
        return shown


def look(
    solid: Solid, turn: Turn, pixels: tuple[int, int], zoom: float, cue_from: float | None = None
) -> np.ndarray:
    """The picture of a volume, its middle in the middle.

    Args:
        solid: The volume.
        turn: How it is held.
        pixels: Height and width of the picture.
        zoom: Pixels for one unit of length.
        cue_from: Show what is far away nearer to this intensity; ``None``: as bright as it is.

    Returns:
        (height, width) float32; NaN where no voxel holds a number.
    """
    step = turn.matrix[0] / solid.voxel
    across = int(np.argmax(np.abs(step)))
    plane = [axis for axis in range(3) if axis != across]
    slopes = [float(step[axis] / step[across]) for axis in plane]
    light = None if cue_from is None else _light(solid, turn, across, cue_from)
    laid, corner = _laid_over(solid, across, slopes, light)
    index: list[tuple[np.ndarray, np.ndarray]] = []
    for axis, slope in zip(plane, slopes, strict=True):
        # Where the line of sight of a pixel meets the middle slice, by row and by column.
        down, right = (
            turn.matrix[row, axis] / solid.voxel[axis]
            - slope * turn.matrix[row, across] / solid.voxel[across]
            for row in (1, 2)
        )
        start = solid.centre[axis] - corner[len(index)] + 0.5
        places = _offsets(pixels[0], zoom) * down + start
        index.append((places[:, None], (_offsets(pixels[1], zoom) * right)[None, :]))
    return _picked(laid, index)


def _offsets(count: int, zoom: float) -> np.ndarray:
    """Distances of the middles of pixels from the middle of the picture."""
    return (np.arange(count) - (count - 1) / 2) / zoom


def _picked(laid: np.ndarray, index: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The voxel of the laid slices under every pixel; NaN beside them."""
    # A hair's breadth keeps pixels on the border of two voxels from falling by rounding errors.
    row, column = (
        np.floor(by_row + by_column + 1e-9).astype(np.intp) for by_row, by_column in index
    )
    height, width = laid.shape
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    picture: np.ndarray = laid.ravel().take(np.where(inside, row * width + column, 0))
    picture[~inside | np.isneginf(picture)] = np.nan
    return picture


def _laid_over(
    solid: Solid, across: int, slopes: list[float], light: Light | None
) -> tuple[np.ndarray, tuple[int, int]]:
    """The maximum of all slices, each shifted along the line of sight into the middle one.

    Returns:
        The picture of (rows, columns) of voxels, and the index of its first one.
    """
    slices = _slices(solid, across)
    middle = solid.centre[across]
    shifts = [[floor(slope * (k - middle) + 0.5) for k in range(len(slices))] for slope in slopes]
    corner = (-max(shifts[0]), -max(shifts[1]))
    height, width = slices.shape[1:]
    rows, columns = (max(shift) - min(shift) for shift in shifts)
    laid = np.full((height + rows, width + columns), -np.inf, np.float32)
    for k, plane in enumerate(slices):
        top, left = -shifts[0][k] - corner[0], -shifts[1][k] - corner[1]
        part = laid[top : top + height, left : left + width]
        np.maximum(part, plane if light is None else light.fall_on(plane, k), out=part)
    return laid, corner


def _slices(solid: Solid, across: int) -> np.ndarray:
    """The voxels with the slices across an axis first."""
    if across == 2:
        return solid.by_column
    return solid.values if across == 0 else solid.values.transpose(1, 0, 2)


def _light(solid: Solid, turn: Turn, across: int, ground: float) -> Light:
    """How bright each voxel is shown, as a part for its slice and one for its place in that."""
    reach = float(np.abs(turn.matrix[0]) @ solid.size) / 2
    parts = [
        (np.arange(count) - middle) * step * depth * (FAINTEST - 1) / (2 * reach)
        for count, middle, step, depth in zip(
            solid.values.shape, solid.centre, solid.voxel, turn.matrix[0], strict=True
        )
    ]
    down, right = (parts[axis] for axis in range(3) if axis != across)
    in_slice = (down[:, None] + right[None, :]).astype(np.float32)
    of_slice = (parts[across] + (1 + FAINTEST) / 2).astype(np.float32)
    return Light(of_slice, in_slice, ground)


def corners(solid_size: Triple, turn: Turn) -> np.ndarray:
    """The corners of the box round a volume, (2, 2, 2, 3): of z, y, x → (depth, down, right)."""
    signs = np.stack(np.meshgrid(*[(-0.5, 0.5)] * 3, indexing="ij"), axis=-1)
    placed: np.ndarray = (signs * solid_size) @ turn.matrix.T
    return placed


def reduction(sizes: Voxel, voxel: Triple, most: int) -> Voxel:
    """By how many voxels along Z, Y and X a volume is made coarser to have at most so many.

    Those that are finest are joined first.

    Example:
        >>> reduction((10, 100, 100), (5.0, 1.0, 1.0), 25_000)
        (1, 2, 2)
    """
    factors = [1, 1, 1]
    while np.prod([-(-n // f) for n, f in zip(sizes, factors, strict=True)], dtype=float) > most:
        lengths = [
            step * f if f < n else np.inf for n, step, f in zip(sizes, voxel, factors, strict=True)
        ]
        factors[int(np.argmin(lengths))] += 1
    return (factors[0], factors[1], factors[2])


def joined(values: np.ndarray, factors: Voxel) -> np.ndarray:
    """The brightest of so many voxels along Z, Y and X; the last ones may be fewer.

    The brightest, because that is what the picture of the whole volume would show.

    Args:
        values: (Z, Y, X) without NaN.
        factors: As ``reduction`` gives them.
    """
    for axis, factor in enumerate(factors):
        if factor > 1:
            starts = np.arange(0, values.shape[axis], factor)
            values = np.maximum.reduceat(values, starts, axis=axis)
    return values


def coarser(solid: Solid, most: int) -> Solid:
    """The same with at most so many voxels; itself where it has no more."""
    depth, height, width = solid.values.shape
    factors = reduction((depth, height, width), solid.voxel, most)
    if factors == (1, 1, 1):
        return solid
    z, y, x = (step * factor for step, factor in zip(solid.voxel, factors, strict=True))
    return Solid(joined(solid.values, factors), (z, y, x), solid.size)
