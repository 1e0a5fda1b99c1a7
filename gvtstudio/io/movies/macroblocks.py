"""Planes of a picture cut into macroblocks of 16 × 16 pixels, and their blocks of 4 × 4."""

from collections.abc import Sequence

import numpy as np

Planes = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Brightness, and at half the width and height blue and red, uint8."""


class Macroblocks:
    """How a picture is cut; macroblocks are counted row by row.

    Args:
        down: Macroblocks from top to bottom.
        across: Macroblocks from left to right.
    """

    def __init__(self, down: int, across: int) -> None:
        self.down, self.across = down, across

    @property
    def count(self) -> int:
        """Macroblocks of a picture."""
        return self.down * self.across

    def filled(self, planes: Planes) -> Planes:
        """With the last row and column repeated up to whole macroblocks."""
        y, cb, cr = (
            np.pad(plane, ((0, side * self.down - plane.shape[0]),
                           (0, side * self.across - plane.shape[1])), mode="edge")
            for plane, side in zip(planes, (16, 8, 8), strict=True)
        )  # fmt: skip
        return y, cb, cr

    def cut(self, planes: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Blocks in the order they are coded: (macroblocks, 16 or 4, 4, 4) for each plane."""
        return [self._cut(plane, 4) for plane in planes]

    def _cut(self, plane: np.ndarray, side: int) -> np.ndarray:
        """Blocks of so many pixels; the sixteen of brightness go quarter by quarter."""
        if plane.shape[0] == 4 * side * self.down:
            shape = (self.down, 2, 2, side, self.across, 2, 2, side)
            order, count = (0, 4, 1, 5, 2, 6, 3, 7), 16
        else:
            shape = (self.down, 2, side, self.across, 2, side)  # type: ignore[assignment]
            order, count = (0, 3, 1, 4, 2, 5), 4  # type: ignore[assignment]
        return plane.reshape(shape).transpose(order).reshape(-1, count, side, side)

    def joined(self, blocks: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The planes of ``cut`` again."""
        return [self._joined(part) for part in blocks]

    def _joined(self, blocks: np.ndarray) -> np.ndarray:
        side = blocks.shape[-1]
        if blocks.shape[1] == 16:
            split = blocks.reshape(self.down, self.across, 2, 2, 2, 2, side, side)
            return split.transpose(0, 2, 4, 6, 1, 3, 5, 7).reshape(4 * side * self.down, -1)
        split = blocks.reshape(self.down, self.across, 2, 2, side, side)
        return split.transpose(0, 2, 4, 1, 3, 5).reshape(2 * side * self.down, -1)

    def raw(self, planes: Planes) -> np.ndarray:
        """The 256 + 64 + 64 pixels of each macroblock, line by line, (macroblocks, 384)."""
        sides = (16, 8, 8)
        cut = (
            plane.reshape(self.down, side, self.across, side)
            .transpose(0, 2, 1, 3)
            .reshape(-1, side * side)
            for plane, side in zip(planes, sides, strict=True)
        )
        return np.concatenate(list(cut), axis=1)

    def contexts(self, totals: np.ndarray) -> np.ndarray:
        """How many coefficients the blocks to the left and above have: nC of 9.2.1.

        Args:
            totals: How many each block has, (macroblocks, 16 or 4).
        """
        grid = self._joined(totals[..., None, None])
        left = np.pad(grid, ((0, 0), (1, 0)))[:, :-1]
        above = np.pad(grid, ((1, 0), (0, 0)))[:-1]
        around = left + above
        # the mean, rounded up, where there are both
        around[1:, 1:] = (around[1:, 1:] + 1) >> 1
        return self._cut(around, 1).reshape(totals.shape)
