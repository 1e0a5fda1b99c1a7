"""Blocks of 4 × 4 pixels: transformed, rounded, and back, as ITU-T H.264, 8.5 prescribes."""

import numpy as np

_FORWARD = np.array([[1, 1, 1, 1], [2, 1, -1, -2], [1, -1, -1, 1], [1, -2, 2, -1]], dtype=np.int32)
_PAIR = np.array([[1, 1], [1, -1]], dtype=np.int32)
# by the place in a block: rows and columns even, both odd, and the rest; one number each for the
# six steps of the quantiser between two powers of two
_DIVISORS = ((13107, 11916, 10082, 9362, 8192, 7282), (5243, 4660, 4194, 3647, 3355, 2893),
             (8066, 7490, 6554, 5825, 5243, 4559))  # fmt: skip
_FACTORS = ((10, 11, 13, 14, 16, 18), (16, 18, 20, 23, 25, 29), (13, 14, 16, 18, 20, 23))
# order in which the 16 coefficients of a block are coded
ZIGZAG = np.array([0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15])


class Quantiser:
    """Rounds coefficients to multiples of a step that doubles every 6.

    Args:
        step: From 0 for the finest to 29; chroma has steps of its own above.
    """

    def __init__(self, step: int) -> None:
        place = np.array([[0, 2, 0, 2], [2, 1, 2, 1], [0, 2, 0, 2], [2, 1, 2, 1]])
        self._divisors = np.array([row[step % 6] for row in _DIVISORS], dtype=np.int32)[place]
        self._factors = np.array([row[step % 6] for row in _FACTORS], dtype=np.int32)[place]
        self._shift = step // 6
        self._bits = 15 + self._shift

    def levels(self, coefficients: np.ndarray) -> np.ndarray:
        """Rounded towards zero from five sixths of a step, (…, 4, 4)."""
        rounding = (1 << self._bits) // 6
        levels = (np.abs(coefficients) * self._divisors + rounding) >> self._bits
        return np.asarray(np.where(coefficients < 0, -levels, levels))

    def restored(self, levels: np.ndarray) -> np.ndarray:
        """Coefficients as a player finds them, (…, 4, 4)."""
        return np.asarray((levels * self._factors) << self._shift)

    def constant_levels(self, constants: np.ndarray) -> np.ndarray:
        """Of the constant parts of the four blocks of one colour of chroma, (…, 2, 2)."""
        mixed = _PAIR @ constants @ _PAIR
        rounding = (2 << self._bits) // 6
        levels = (np.abs(mixed) * self._divisors[0, 0] + rounding) >> (self._bits + 1)
        return np.asarray(np.where(mixed < 0, -levels, levels))

    def restored_constants(self, levels: np.ndarray) -> np.ndarray:
        """Constant parts of four blocks of chroma as a player finds them, (…, 2, 2)."""
        mixed = _PAIR @ levels @ _PAIR
        return np.asarray(((mixed * self._factors[0, 0]) << self._shift) >> 1)


def transformed(blocks: np.ndarray) -> np.ndarray:
    """Coefficients of blocks of differences, (…, 4, 4) int32."""
    return np.asarray(_FORWARD @ blocks @ _FORWARD.T)


def transformed_back(coefficients: np.ndarray) -> np.ndarray:
    """Differences from restored coefficients, bit by bit as every player computes them."""
    across = _butterfly(np.moveaxis(coefficients, -1, 0))
    down = _butterfly(np.moveaxis(across, -1, 0))
    return np.asarray(np.moveaxis(down, (0, 1), (-2, -1)) + 32) >> 6


def _butterfly(parts: np.ndarray) -> np.ndarray:
    """One direction of the transform; its four parts are along the first axis."""
    even_sum, even_gap = parts[0] + parts[2], parts[0] - parts[2]
    odd_gap, odd_sum = (parts[1] >> 1) - parts[3], parts[1] + (parts[3] >> 1)
    return np.stack(
        [even_sum + odd_sum, even_gap + odd_gap, even_gap - odd_gap, even_sum - odd_sum]
    )
