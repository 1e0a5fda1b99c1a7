"""Visits every voxel of a set of volumes, again and again, each time in another order."""

from collections.abc import Sequence

import numpy as np

Patch3 = tuple[int, int, int]


class CoveringWalk:
    """Places of patches that together cover all volumes, once in every round.

    In each round a grid of patches is laid over every volume, shifted by chance; patches that would
    reach over an edge are moved back inside. The order is drawn anew. Everything follows from the
    seed and the number of the place, so that several threads may ask in any order.

    Args:
        shapes: Of the volumes, (Z, Y, X).
        patch: Size of a patch; volumes may be smaller.
        seed: Of orders and shifts.
    """

    def __init__(self, shapes: Sequence[tuple[int, ...]], patch: Patch3, seed: int) -> None:
        self._patch = np.array(patch)
        self._seed = seed
        self._sizes = np.array(shapes)
        # one more than would fit without a shift, so that the shifted grid still covers all
        fitting = -(-self._sizes // self._patch)
        self._counts = np.where(self._sizes <= self._patch, 1, fitting + 1)
        self._ends = np.cumsum(self._counts.prod(axis=1))
        self._round: tuple[int, np.ndarray, np.ndarray] = (-1, np.empty(0), np.empty(0))

    def __len__(self) -> int:
        """Places of a round."""
        return int(self._ends[-1])

    def place(self, number: int) -> tuple[int, Patch3]:
        """Volume and first voxel of the patch with this number, counted from 0."""
        which, rank = divmod(number, len(self))
        order, shifts = self._drawn(which)
        cell = order[rank]
        volume = int(np.searchsorted(self._ends, cell, side="right"))
        counts = self._counts[volume]
        inside = cell - (self._ends[volume] - counts.prod())
        steps = np.array(np.unravel_index(inside, counts))
        last = np.maximum(self._sizes[volume] - self._patch, 0)
        z, y, x = np.clip(steps * self._patch - shifts[volume], 0, last).tolist()
        return volume, (z, y, x)

    def _drawn(self, which: int) -> tuple[np.ndarray, np.ndarray]:
        """Order of the cells and shift of each volume's grid in a round."""
        known, order, shifts = self._round  # as one value, which another thread may replace
        if known != which:
            rng = np.random.default_rng((self._seed, which))
            order = rng.permutation(len(self))
            shifts = rng.integers(0, self._patch, self._sizes.shape)
            self._round = (which, order, shifts)
        return order, shifts
