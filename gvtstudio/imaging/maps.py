"""Where two images differ: maps of difference, ratio, error and structural similarity.

A map is made of planes of two volumes, an image and a reference: image - reference, image over
reference. It has the voxels of the image; the reference is read at their middles. Unless raw
intensities are asked for, the image is first brought to the reference by the gain and offset of
least squares, as in ``metrics``. Voxels that one of the two does not have are NaN.

To add a map, add a row to ``MAPS``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.panel.geometry import VolumeGeometry
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName

Sampling = Literal["linear", "nearest"]
MapKind = Literal["difference", "ratio", "ssim", "absolute", "squared"]
Pair = tuple[np.ndarray, np.ndarray]

# Of the values of a map, what lies within its limits.
LIMITS_PERCENT = 99.5
# Of the brightest reference: quotients of a darker background tell of noise alone.
FLOOR_PART = 0.02
BRIGHTEST_PERCENT = 99.9
RANGE_PERCENTS = (0.1, 99.9)
# Of a voxel; positions closer than this to a voxel's middle are taken for it.
DECIMALS = 9


@dataclass(frozen=True, slots=True, eq=False)
class PlacedPlane:
    """A plane and the rectangle of the space that it fills.

    Args:
        values: Rows first.
        start: Its corner, (down, right).
        extent: Its lengths, (down, right).
    """

    values: np.ndarray
    start: tuple[float, float]
    extent: tuple[float, float]

    @classmethod
    def in_volume(
        cls, values: np.ndarray, geometry: VolumeGeometry, plane: PlaneName
    ) -> "PlacedPlane":
        """A plane of a volume, or a coarser copy of it, where its calibration puts it."""
        down, right = PLANES[plane].down, PLANES[plane].right
        start, extent = geometry.start, geometry.extent
        return cls(values, (start[down], start[right]), (extent[down], extent[right]))

    def has_grid_of(self, other: "PlacedPlane") -> bool:
        """Whether every voxel lies where the other has one."""
        is_same_place = np.allclose(self.start, other.start) and np.allclose(
            self.extent, other.extent
        )
        return self.values.shape == other.values.shape and is_same_place


def sample_onto(plane: PlacedPlane, grid: PlacedPlane, how: Sampling = "linear") -> np.ndarray:
    """Values of a plane at the middles of the voxels of another one.

    Args:
        plane: What is read; up to half a voxel beyond its outermost middles it goes on unchanged.
        grid: Where; its values do not matter.
        how: Between the four nearest middles, or the nearest one.

    Returns:
        Float64 of the grid's shape, NaN beside the plane. Voxels of equal grids stay as they are.
    """
    values = plane.values.astype(np.float64)
    if plane.has_grid_of(grid):
        return values
    inside = []
    for axis in (0, 1):
        at, is_inside = _positions(plane, grid, axis)
        inside.append(is_inside)
        lower = np.floor(at + 0.5 if how == "nearest" else at).astype(np.intp)
        lower = np.clip(lower, 0, values.shape[axis] - 1)
        weight = np.zeros_like(at) if how == "nearest" else at - lower
        # A voxel that has no weight must not count even when it is NaN.
        upper = lower + (weight > 0)
        weight = weight[:, None] if axis == 0 else weight
        first, second = np.take(values, lower, axis), np.take(values, upper, axis)
        values = first + weight * (second - first)
    values[~np.logical_and.outer(*inside)] = np.nan
    return values


def _positions(plane: PlacedPlane, grid: PlacedPlane, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the plane at the grid's middles along an axis, and which lie within it."""
    count = plane.values.shape[axis]
    step = grid.extent[axis] / grid.values.shape[axis]
    middles = grid.start[axis] + (np.arange(grid.values.shape[axis]) + 0.5) * step
    voxel = plane.extent[axis] / count
    at = np.round((middles - plane.start[axis]) / voxel - 0.5, DECIMALS)
    return np.clip(at, 0, count - 1), (at >= -0.5) & (at < count - 0.5)


class Match(NamedTuple):
    """What brings an image to its reference: gain · image + offset."""

    gain: float = 1.0
    offset: float = 0.0

    def applied(self, image: np.ndarray) -> np.ndarray:
        """The image on the reference's scale."""
        return self.gain * image + self.offset


RAW = Match()


def match_intensities(pairs: Sequence[Pair]) -> Match:
    """Gain and offset of least squares over all voxels that are finite in image and reference.

    A constant image has gain 0; without any common voxel nothing is changed.
    """
    both = [np.isfinite(image) & np.isfinite(reference) for image, reference in pairs]
    image = np.concatenate([a[k] for (a, _), k in zip(pairs, both, strict=True)] or [np.empty(0)])
    if image.size == 0:
        return RAW
    reference = np.concatenate([b[k] for (_, b), k in zip(pairs, both, strict=True)])
    level, aim = float(image.mean()), float(reference.mean())
    power = float(np.mean((image - level) ** 2))
    shared = float(np.mean((image - level) * (reference - aim)))
    gain = shared / power if power > 0 else 0.0
    return Match(gain, aim - gain * level)


@dataclass(frozen=True, slots=True)
class Scale:
    """What the maps of all planes on screen have in common.

    Args:
        low: Reference that counts as 0 for structural similarity.
        span: Range of the reference, for structural similarity.
        floor: Reference below which there is no ratio.
    """

    low: float
    span: float
    floor: float


def _scale(references: Sequence[np.ndarray], *, is_matched: bool) -> Scale:
    """As ``metrics`` has it: matched images are centred and scaled by percentiles."""
    known = np.concatenate([b[np.isfinite(b)] for b in references] or [np.empty(0)])
    if known.size == 0:
        return Scale(0.0, 1.0, 0.0)
    low, high = float(known.min()), float(known.max())
    floor = FLOOR_PART * max(0.0, float(np.percentile(known, BRIGHTEST_PERCENT)))
    if not is_matched:
        return Scale(low, high - low or 1.0, floor)
    bounds = np.percentile(known, RANGE_PERCENTS)
    span = float(bounds[1] - bounds[0]) or high - low or 1.0
    return Scale(float(known.mean()), span, floor)


def difference(image: np.ndarray, reference: np.ndarray, _scale: Scale) -> np.ndarray:
    """Image - reference."""
    found: np.ndarray = image - reference
    return found


def log_ratio(image: np.ndarray, reference: np.ndarray, scale: Scale) -> np.ndarray:
    """log2(image / reference), NaN where either is not above its floor (0 for the image)."""
    known = (reference > scale.floor) & (image > 0)
    ratio = np.full(image.shape, np.nan)
    ratio[known] = np.log2(image[known] / reference[known])
    return ratio


def absolute_error(image: np.ndarray, reference: np.ndarray, _scale: Scale) -> np.ndarray:
    """|image - reference|."""
    error: np.ndarray = np.abs(image - reference)
    return error


def squared_error(image: np.ndarray, reference: np.ndarray, _scale: Scale) -> np.ndarray:
    """(image - reference)²."""
    squared: np.ndarray = (image - reference) ** 2
    return squared


def local_ssim(image: np.ndarray, reference: np.ndarray, scale: Scale) -> np.ndarray:
    """Structural similarity in the window of ``metrics`` round every voxel.

    Images go on as in a mirror beyond their borders. NaN where a voxel of the window is missing,
    and everywhere in planes narrower than the window.
    """
    # the window knows this module from its start on, and these are slow to import
    from scipy import ndimage
    from skimage.metrics import structural_similarity

    from gvtstudio.imaging.metrics import SSIM_WINDOW

    missing = ~(np.isfinite(image) & np.isfinite(reference))
    if min(image.shape) < SSIM_WINDOW:
        return np.full(image.shape, np.nan)
    first, second = (
        np.where(missing, 0.0, (values - scale.low) / scale.span) for values in (reference, image)
    )
    _, similar = structural_similarity(  # type: ignore[no-untyped-call]
        first, second, win_size=SSIM_WINDOW, data_range=1.0, full=True
    )
    similar = np.asarray(similar)
    similar[ndimage.maximum_filter(missing, SSIM_WINDOW)] = np.nan
    return similar


class MapRow(NamedTuple):
    """A row of ``MAPS``.

    Args:
        title: Shown to the user.
        make: Makes the map of an image and its reference.
        words: What a number of it is, of the titles ``{image}`` and ``{reference}``.
        is_signed: Whether 0 is the middle of its colours.
        fixed: Limits that do not follow the values.
    """

    title: str
    make: Callable[[np.ndarray, np.ndarray, Scale], np.ndarray]
    words: str
    is_signed: bool = False
    fixed: Limits | None = None


MAPS: dict[MapKind, MapRow] = {
    "difference": MapRow("Difference", difference, "{image} − {reference}", is_signed=True),
    "ratio": MapRow("Ratio", log_ratio, "log₂({image} / {reference})", is_signed=True),
    "ssim": MapRow("Local SSIM", local_ssim, "{image}, {reference}", fixed=Limits(0.0, 1.0)),
    "absolute": MapRow("Absolute error", absolute_error, "|{image} − {reference}|"),
    "squared": MapRow("Squared error", squared_error, "({image} − {reference})²"),
}


@dataclass(frozen=True, slots=True, eq=False)
class MapRequest:
    """Planes to make maps of.

    Args:
        kind: Row of ``MAPS``.
        pairs: Image and reference of every plane on screen.
        is_matched: Whether gain and offset are taken out, the same for all planes.
        how: How the reference is read where voxels differ.
    """

    kind: MapKind
    pairs: dict[PlaneName, tuple[PlacedPlane, PlacedPlane]]
    is_matched: bool = True
    how: Sampling = "linear"


@dataclass(frozen=True, slots=True, eq=False)
class MapResult:
    """Maps of all planes on screen, with one scale.

    Args:
        request: What was asked for.
        planes: Float64, each with the voxels of its image.
        limits: From -n to n for a signed map.
        match: What the image was multiplied by and what was added to it.
    """

    request: MapRequest
    planes: dict[PlaneName, np.ndarray]
    limits: Limits
    match: Match = field(default=RAW)


def make_maps(request: MapRequest) -> MapResult:
    """Make the maps of all planes on screen.

    Gain and offset, range and limits are found over all these planes together, so that a voxel
    has the same number in each of them.
    """
    pairs: dict[PlaneName, Pair] = {
        plane: (image.values.astype(np.float64), sample_onto(reference, image, request.how))
        for plane, (image, reference) in request.pairs.items()
    }
    match = match_intensities(list(pairs.values())) if request.is_matched else RAW
    scale = _scale([b for _, b in pairs.values()], is_matched=request.is_matched)
    row = MAPS[request.kind]
    made = {plane: row.make(match.applied(a), b, scale) for plane, (a, b) in pairs.items()}
    return MapResult(request, made, row.fixed or _limits(list(made.values()), row), match)


def _limits(made: Sequence[np.ndarray], row: MapRow) -> Limits:
    """Limits that hold nearly all values, with 0 in the middle or at the lower end."""
    sizes = np.concatenate([np.abs(one[np.isfinite(one)]) for one in made] or [np.empty(0)])
    high = float(np.percentile(sizes, LIMITS_PERCENT)) if sizes.size else 0.0
    # Where hardly anything differs the few voxels that do are shown.
    high = high or (float(sizes.max()) if sizes.size else 0.0) or 1.0
    return Limits(-high if row.is_signed else 0.0, high)
