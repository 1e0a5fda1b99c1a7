"""A line and a region that are drawn over a plane; knows nothing of the screen."""

from dataclasses import dataclass, replace
from math import hypot

from gvtstudio.domain.analysis import Box3, Line, Point
from gvtstudio.imaging.panel.geometry import Triple, VolumeGeometry
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName

Spot = tuple[float, float]
"""Right and down in a plane, in the space."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Two points of a plane: the ends of a line, or corners of a region that lie opposite.

    Args:
        plane: In which it was drawn; it goes through the slices with the crosshair.
        start: Where the mouse was pressed.
        end: Where it was let go.
    """

    plane: PlaneName
    start: Spot
    end: Spot

    def moved(self, right: float, down: float) -> "Shape":
        """The same shape elsewhere."""
        start, end = ((r + right, d + down) for r, d in (self.start, self.end))
        return replace(self, start=start, end=end)

    def within(self, extent: Triple) -> "Shape":
        """The same, with both points inside the first volume."""
        axes = PLANES[self.plane]
        start, end = (
            (min(max(r, 0.0), extent[axes.right]), min(max(d, 0.0), extent[axes.down]))
            for r, d in (self.start, self.end)
        )
        return replace(self, start=start, end=end)

    @property
    def length(self) -> float:
        """Distance of the two points in the space."""
        return hypot(self.end[0] - self.start[0], self.end[1] - self.start[1])

    def distance(self, spot: Spot) -> float:
        """Of a point from the line between the two."""
        right, down = self.end[0] - self.start[0], self.end[1] - self.start[1]
        along = (spot[0] - self.start[0]) * right + (spot[1] - self.start[1]) * down
        share = min(max(along / max(self.length**2, 1e-12), 0.0), 1.0)
        nearest = (self.start[0] + share * right, self.start[1] + share * down)
        return hypot(spot[0] - nearest[0], spot[1] - nearest[1])

    def holds(self, spot: Spot) -> bool:
        """Whether a point lies in the region."""
        pairs = zip(self.start, self.end, spot, strict=True)
        return all(min(a, b) <= s <= max(a, b) for a, b, s in pairs)

    def corners(self) -> dict[tuple[int, int], Spot]:
        """Of the region: which point gives right and which gives down, 0 the first → where."""
        points = (self.start, self.end)
        return {(i, j): (points[i][0], points[j][1]) for i in (0, 1) for j in (0, 1)}


def line_of(shape: Shape, point: Triple, first: VolumeGeometry) -> Line:
    """The line in voxels of the first volume, at the crosshair's place across its plane.

    Args:
        shape: The line, inside the volume.
        point: The crosshair.
        first: The first volume.
    """
    start, end = (_voxel(spot, shape.plane, point, first) for spot in (shape.start, shape.end))
    return start, end


def box_of(shape: Shape, point: Triple, first: VolumeGeometry, *, is_through: bool) -> Box3 | None:
    """The region in whole voxels of the first volume; ``None`` where it holds none.

    Args:
        shape: The region, inside the volume.
        point: The crosshair.
        first: The first volume.
        is_through: Whether it goes through all planes and not only that of the crosshair.
    """
    axes, spans = PLANES[shape.plane], [(0, 0)] * 3
    for axis, ends in (
        (axes.right, (shape.start[0], shape.end[0])),
        (axes.down, (shape.start[1], shape.end[1])),
    ):
        size, count = first.voxel[axis], first.sizes[axis]
        low, high = round(min(ends) / size), round(max(ends) / size)
        spans[axis] = (max(0, low), min(count, high))
    here = first.nearest_voxel(point)[axes.across]
    spans[axes.across] = (0, first.sizes[axes.across]) if is_through else (here, here + 1)
    z, y, x = spans
    return (z, y, x) if all(b > a for a, b in spans) else None


def _voxel(spot: Spot, plane: PlaneName, point: Triple, first: VolumeGeometry) -> Point:
    axes, place = PLANES[plane], list(point)
    place[axes.right], place[axes.down] = spot
    z, y, x = (
        min(max(p / size - 0.5, -0.5), n - 0.5)
        for p, size, n in zip(place, first.voxel, first.sizes, strict=True)
    )
    return (z, y, x)
