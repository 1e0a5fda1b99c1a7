"""Planes that stand for several: the maximum or the mean of a slab, seen along one axis."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np

from gvtstudio.domain.region import Span
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName

ProjectionKind = Literal["slice", "max", "mean"]


@dataclass(frozen=True, slots=True)
class Projection:
    """What a pane shows of the planes round a position.

    Args:
        kind: The plane itself, or the maximum or mean of a slab.
        thickness: Planes of the slab, centred on the position and clipped at the border; an even
            number has one more before it than behind. 0 is all planes.
    """

    kind: ProjectionKind = "slice"
    thickness: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether it is the same at every position."""
        return self.kind != "slice" and self.thickness == 0

    def span(self, position: int, count: int) -> Span:
        """The planes it is made of, half-open.

        Args:
            position: Index of the plane in the middle.
            count: Planes there are.

        Example:
            >>> Projection("max", 5).span(1, 10), Projection("mean", 0).span(1, 10)
            ((0, 4), (0, 10))
        """
        if self.kind == "slice":
            return (position, position + 1)
        if self.thickness == 0:
            return (0, count)
        start = position - self.thickness // 2
        return (max(0, start), min(count, start + self.thickness))


SLICE = Projection()


def projected(blocks: Iterable[np.ndarray], plane: PlaneName, kind: ProjectionKind) -> np.ndarray:
    """The maximum or mean of a slab, rows first: (Y, X), (Z, X) or (Y, Z).

    Voxels that are not finite are left out; where none is finite, it is NaN.

    Args:
        blocks: (Z, Y, X), the parts of the slab one after the other along Z; at least one.
        plane: The plane it is seen in.
        kind: A maximum has the type of the voxels, a mean is float32.
    """
    across = PLANES[plane].across
    measure, join, finish = (
        (_largest, np.fmax, np.asarray) if kind == "max" else (_sums_and_counts, np.add, _mean)
    )
    parts = (measure(block, across) for block in blocks)
    if across:  # voxels that lie behind each other are never in two blocks
        result = np.concatenate([finish(part) for part in parts])
    else:
        result = finish(reduce(join, parts))
    return np.ascontiguousarray(result.T if plane == "YZ" else result)


def _largest(block: np.ndarray, axis: int) -> np.ndarray:
    """The largest finite voxel along an axis; NaN where there is none."""
    largest: np.ndarray = block.max(axis)
    # NaN and infinity win over every number, so a finite maximum is that of the finite.
    if block.dtype.kind == "f" and not np.isfinite(largest).all():
        finite = np.where(np.isfinite(block), block, block.dtype.type(np.nan))
        largest = np.fmax.reduce(finite, axis)
    return largest


def _sums_and_counts(block: np.ndarray, axis: int) -> np.ndarray:
    """Sum and number of the finite voxels along an axis, one behind the other, float64."""
    with np.errstate(over="ignore", invalid="ignore"):
        sums: np.ndarray = block.sum(axis, dtype=np.float64)
    counts = np.full(sums.shape, block.shape[axis])
    if not np.isfinite(sums).all():
        finite = np.isfinite(block)
        sums = block.sum(axis, dtype=np.float64, where=finite)
        counts = finite.sum(axis)
    return np.stack([sums, counts])


def _mean(sums_and_counts: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        mean: np.ndarray = sums_and_counts[0] / sums_and_counts[1]
        return mean.astype(np.float32)
