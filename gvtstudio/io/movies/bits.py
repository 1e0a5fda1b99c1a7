"""Fields of bits, many at once, as bytes."""

import numpy as np

Fields = tuple[np.ndarray, np.ndarray]
"""Numbers (uint32) and how many bits each takes (at most 32, 0 for none), arrays of one shape."""


def packed(fields: Fields) -> bytes:
    """The fields one behind the other, filled up to whole bytes with zeros.

    Example:
        >>> packed((np.array([1, 5]), np.array([1, 4]))).hex()
        'a8'
    """
    codes, lengths = (field.reshape(-1) for field in fields)
    taken = lengths > 0
    codes = codes[taken].astype(np.uint64)
    lengths = lengths[taken].astype(np.int64)
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if ends.size else 0
    starts = ends - lengths
    # Every field lies in two words of 32 bits at most, and no two fields share a bit: sums of them
    # are exact in float64.
    shifted = codes << (64 - (starts & 31) - lengths).astype(np.uint64)
    words, count = starts >> 5, (total >> 5) + 2
    first = np.bincount(words, (shifted >> np.uint64(32)).astype(np.float64), count)
    second = np.bincount(words + 1, (shifted & np.uint64(0xFFFFFFFF)).astype(np.float64), count)
    return (first + second).astype(">u4").tobytes()[: (total + 7) // 8]


def unsigned(numbers: np.ndarray) -> Fields:
    """Numbers from 0 as Exp-Golomb codes, ue(v) of H.264.

    Example:
        >>> [field.tolist() for field in unsigned(np.array([0, 1, 4]))]
        [[1, 2, 5], [1, 3, 5]]
    """
    codes = numbers.astype(np.uint32) + np.uint32(1)
    digits = np.frexp(codes.astype(np.float64))[1]
    return codes, (2 * digits - 1).astype(np.uint8)


class BitWriter:
    """A few fields after one another, for headers."""

    def __init__(self) -> None:
        self._codes: list[int] = []
        self._lengths: list[int] = []

    def put(self, length: int, *numbers: int) -> "BitWriter":
        """Numbers of so many bits each."""
        self._codes += numbers
        self._lengths += [length] * len(numbers)
        return self

    def ue(self, *numbers: int) -> "BitWriter":
        """Numbers from 0 as Exp-Golomb codes."""
        for number in numbers:
            self.put(2 * (number + 1).bit_length() - 1, number + 1)
        return self

    def se(self, *numbers: int) -> "BitWriter":
        """Numbers of either sign as Exp-Golomb codes."""
        return self.ue(*(2 * n - 1 if n > 0 else -2 * n for n in numbers))

    def align(self) -> "BitWriter":
        """Zeros up to a whole byte."""
        return self.put(-sum(self._lengths) % 8, 0)

    def fields(self) -> Fields:
        """What was written."""
        return np.array(self._codes, dtype=np.uint32), np.array(self._lengths, dtype=np.uint8)

    def ended(self) -> bytes:
        """As bytes, with the one bit that ends a unit of H.264."""
        return packed(self.put(1, 1).fields())
