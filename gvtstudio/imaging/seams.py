"""Whether a result that was put together from tiles has steps where they meet."""

from collections.abc import Iterable, Sequence

import numpy as np

from gvtstudio.domain.messages import LogLevel

AWAY = (2, 3, 4)
"""Voxels from a border at which neighbours are compared for the sake of comparison."""
FAINT = 1e-4
"""Added to both differences: on the normalised scale nobody sees less, and rounding makes less."""
VISIBLE = 1.2
"""Ratio above which steps are worth a warning."""


class SeamCheck:
    """Compares neighbours across borders of tiles with neighbours near by.

    Of each axis that has borders, it takes the mean absolute difference of the two voxels on either
    side of a border, divided by that of neighbours 2 to 4 voxels away. Without steps the two are
    alike. Of what it was given it keeps one plane.

    Args:
        shape: (Z, Y, X) of the volume.
        borders: Along each axis, voxels at which a tile begins or the one before it ended.
    """

    def __init__(self, shape: Sequence[int], borders: Sequence[Iterable[int]]) -> None:
        self._axes = [_Axis(n, places) for n, places in zip(shape, borders, strict=True)]
        self._before: np.ndarray | None = None

    def add(self, first: int, planes: np.ndarray) -> None:
        """Look at finished planes, normalised; each call goes on where the last one ended.

        Args:
            first: Number of the first of them.
            planes: (Z, Y, X).
        """
        depth, *across = self._axes
        before = self._before
        for number, plane in enumerate(planes, start=first):
            if before is not None:
                depth.compare_planes(number, before, plane)
            for axis, differences in enumerate(across):
                differences.compare_inside(plane, axis)
            before = plane
        self._before = None if before is None else before.copy()

    @property
    def ratio(self) -> float | None:
        """The largest of all axes, 1 where there is no step; ``None`` without borders."""
        ratios = [ratio for axis in self._axes if (ratio := axis.ratio) is not None]
        return max(ratios, default=None)


class _Axis:
    """Sums of differences along one axis: at borders, and away from them."""

    def __init__(self, length: int, borders: Iterable[int]) -> None:
        at = set(borders)
        away = {p + side * k for p in at for k in AWAY for side in (-1, 1)} - at
        self._places = [
            np.array(sorted(p for p in places if 0 < p < length), int) for places in (at, away)
        ]
        self._sums = [0.0, 0.0]
        self._counts = [0, 0]

    def compare_planes(self, number: int, before: np.ndarray, plane: np.ndarray) -> None:
        for kind, places in enumerate(self._places):
            if number in places:
                self._count(kind, before, plane)

    def compare_inside(self, plane: np.ndarray, axis: int) -> None:
        for kind, places in enumerate(self._places):
            self._count(kind, plane.take(places - 1, axis), plane.take(places, axis))

    def _count(self, kind: int, one: np.ndarray, other: np.ndarray) -> None:
        self._sums[kind] += float(np.abs(other - one).sum(dtype=np.float64))
        self._counts[kind] += one.size

    @property
    def ratio(self) -> float | None:
        if not all(self._counts):
            return None
        at, away = (total / n for total, n in zip(self._sums, self._counts, strict=True))
        return (at + FAINT) / (away + FAINT)


def seam_sentence(ratio: float) -> tuple[str, LogLevel]:
    """What a ratio means, for the log."""
    if ratio <= VISIBLE:
        return "The tiles leave no visible step in the result.", "info"
    return (
        f"The result has steps where tiles meet: neighbours differ {ratio:.2g} times as much there "
        "as elsewhere. Choose larger tiles (--tile), or a network that restores in tiles without "
        "seams.",
        "warning",
    )
