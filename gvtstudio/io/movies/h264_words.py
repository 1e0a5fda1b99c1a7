"""The code words of CAVLC, as they stand in ITU-T H.264, 9.2.

A string holds the words of one table in the order of what they mean.
"""

from itertools import chain

import numpy as np

MAX_COEFFICIENTS = 16

# Table 9-5: words for 0 coefficients, then for 1, 2 … with 0, 1 … up to 3 trailing ones; one string
# each for 0 ≤ nC < 2, 2 ≤ nC < 4 and 4 ≤ nC < 8
_COEFFICIENTS = (
    "1 000101 01 00000111 000100 001 000000111 00000110 0000101 00011 0000000111 000000110 "
    "00000101 000011 00000000111 0000000110 000000101 0000100 0000000001111 00000000110 "
    "0000000101 00000100 0000000001011 0000000001110 00000000101 000000100 0000000001000 "
    "0000000001010 0000000001101 0000000100 00000000001111 00000000001110 0000000001001 "
    "00000000100 00000000001011 00000000001010 00000000001101 0000000001100 000000000001111 "
    "000000000001110 00000000001001 00000000001100 000000000001011 000000000001010 "
    "000000000001101 00000000001000 0000000000001111 000000000000001 000000000001001 "
    "000000000001100 0000000000001011 0000000000001110 0000000000001101 000000000001000 "
    "0000000000000111 0000000000001010 0000000000001001 0000000000001100 0000000000000100 "
    "0000000000000110 0000000000000101 0000000000001000",
    "11 001011 10 000111 00111 011 0000111 001010 001001 0101 00000111 000110 000101 0100 "
    "00000100 0000110 0000101 00110 000000111 00000110 00000101 001000 00000001111 000000110 "
    "000000101 000100 00000001011 00000001110 00000001101 0000100 000000001111 00000001010 "
    "00000001001 000000100 000000001011 000000001110 000000001101 00000001100 000000001000 "
    "000000001010 000000001001 00000001000 0000000001111 0000000001110 0000000001101 "
    "000000001100 0000000001011 0000000001010 0000000001001 0000000001100 0000000000111 "
    "00000000001011 0000000000110 0000000001000 00000000001001 00000000001000 00000000001010 "
    "0000000000001 00000000000111 00000000000110 00000000000101 00000000000100",
    "1111 001111 1110 001011 01111 1101 001000 01100 01110 1100 0001111 01010 01011 1011 "
    "0001011 01000 01001 1010 0001001 001110 001101 1001 0001000 001010 001001 1000 00001111 "
    "0001110 0001101 01101 00001011 00001110 0001010 001100 000001111 00001010 00001101 "
    "0001100 000001011 000001110 00001001 00001100 000001000 000001010 000001101 00001000 "
    "0000001101 000000111 000001001 000001100 0000001001 0000001100 0000001011 0000001010 "
    "0000000101 0000001000 0000000111 0000000110 0000000001 0000000100 0000000011 0000000010",
)
# the same for the constant parts of chroma, nC = −1
_CHROMA_COEFFICIENTS = (
    "01 000111 1 000100 000110 001 000011 0000011 0000010 000101 000010 00000011 00000010 0000000",
)
# Tables 9-7 and 9-8: words for 0, 1 … zeros before the last of 1, 2 … 15 coefficients
_TOTAL_ZEROS = (
    "1 011 010 0011 0010 00011 00010 000011 000010 0000011 0000010 00000011 00000010 "
    "000000011 000000010 000000001",
    "111 110 101 100 011 0101 0100 0011 0010 00011 00010 000011 000010 000001 000000",
    "0101 111 110 101 0100 0011 100 011 0010 00011 00010 000001 00001 000000",
    "00011 111 0101 0100 110 101 100 0011 011 0010 00010 00001 00000",
    "0101 0100 0011 111 110 101 100 011 0010 00001 0001 00000",
    "000001 00001 111 110 101 100 011 010 0001 001 000000",
    "000001 00001 101 100 011 11 010 0001 001 000000",
    "000001 0001 00001 011 11 10 010 001 000000",
    "000001 000000 0001 11 10 001 01 00001",
    "00001 00000 001 11 10 01 0001",
    "0000 0001 001 010 1 011",
    "0000 0001 01 1 001",
    "000 001 1 01",
    "00 01 1",
    "0 1",
)
# Table 9-9 (a): the same for the constant parts of chroma
_CHROMA_TOTAL_ZEROS = (
    "1 01 001 000",
    "1 01 00",
    "1 0",
)
# Table 9-10: words for runs of 0, 1 … zeros where 1, 2 … 7 or more of them are left
_RUNS = (
    "1 0",
    "1 01 00",
    "11 10 01 00",
    "11 10 01 001 000",
    "11 10 011 010 001 000",
    "11 000 001 011 010 101 100",
    "111 110 101 100 011 010 001 0001 00001 000001 0000001 00000001 000000001 0000000001 "
    "00000000001",
)
# Table 9-4, inter: patterns of coded blocks in the order of their code numbers
_PATTERNS = (
    0, 16, 1, 2, 4, 8, 32, 3, 5, 10, 12, 15, 47, 7, 11, 13, 14, 6, 9, 31, 35, 37, 42, 44, 33, 34,
    36, 40, 39, 43, 45, 46, 17, 18, 20, 24, 19, 21, 26, 28, 23, 27, 29, 30, 22, 25, 38, 41,
)  # fmt: skip


class Words:
    """Code words that are looked up in a table: their bits as a number, and how many they are.

    Args:
        rows: Words of each row.
    """

    def __init__(self, rows: list[list[str]]) -> None:
        shape = (len(rows), max(map(len, rows)))
        self.codes = np.zeros(shape, dtype=np.uint32)
        self.lengths = np.zeros(shape, dtype=np.uint8)
        for row, words in enumerate(rows):
            for column, word in enumerate(words):
                if word:
                    self.codes[row, column] = int(word, 2)
                    self.lengths[row, column] = len(word)


def _by_count_and_ones(words: list[str]) -> list[str]:
    """Words so that the one for n coefficients with t trailing ones stands at 4 n + t."""
    given = iter(words)
    counts = range(MAX_COEFFICIENTS + 1)
    spread = ([next(given, "") if t <= n else "" for t in range(4)] for n in counts)
    return list(chain.from_iterable(spread))


def _six_bits() -> list[str]:
    """The words for nC ≥ 8, all of the same length."""
    counts = range(1, MAX_COEFFICIENTS + 1)
    pairs = ((n, t) for n in counts for t in range(min(n, 3) + 1))
    return ["000011", *(f"{4 * (n - 1) + t:06b}" for n, t in pairs)]


COEFFICIENTS = Words(
    [
        *(_by_count_and_ones(row.split()) for row in _COEFFICIENTS),
        _by_count_and_ones(_six_bits()),
        _by_count_and_ones(_CHROMA_COEFFICIENTS[0].split()),
    ]
)
"""Rows are the classes of nC, see ``CLASS_OF_NC``; columns 4 × coefficients + trailing ones."""
CHROMA_CLASS = 4
CLASS_OF_NC = np.array([0, 0, 1, 1, 2, 2, 2, 2, *[3] * 9])
TOTAL_ZEROS = Words([row.split() for row in _TOTAL_ZEROS])
CHROMA_TOTAL_ZEROS = Words([row.split() for row in _CHROMA_TOTAL_ZEROS])
RUNS = Words([row.split() for row in _RUNS])
NUMBER_OF_PATTERN = np.argsort(np.array(_PATTERNS))
"""Code number of each pattern of coded blocks."""
