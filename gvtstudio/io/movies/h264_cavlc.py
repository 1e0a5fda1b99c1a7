"""Coefficients of many blocks as bits: CAVLC of ITU-T H.264, 9.2, for all blocks at once."""

import numpy as np

from gvtstudio.io.movies.bits import Fields
from gvtstudio.io.movies.h264_words import (
    CHROMA_CLASS,
    CHROMA_TOTAL_ZEROS,
    CLASS_OF_NC,
    COEFFICIENTS,
    RUNS,
    TOTAL_ZEROS,
)

FIELDS_PER_BLOCK = 34
_FIRST_LEVEL, _ZEROS, _FIRST_RUN = 2, 18, 19
_ESCAPE = 15
_LONGEST_SUFFIX = 6


def coded_blocks(scanned: np.ndarray, neighbours: np.ndarray | None) -> Fields:
    """The bits of blocks.

    Args:
        scanned: (blocks, n) coefficients from the lowest frequency to the highest; 4 of them for
            the constant parts of chroma, else 15 or 16.
        neighbours: nC: how many coefficients the blocks to the left and above have; ``None`` for
            the constant parts of chroma.

    Returns:
        (blocks, ``FIELDS_PER_BLOCK``): count, signs of trailing ones, levels, zeros, runs.
    """
    count = scanned.shape[1]
    backwards = scanned[:, ::-1]
    order = np.argsort(backwards == 0, axis=1, kind="stable")
    levels = np.take_along_axis(backwards, order, 1)
    places = count - 1 - order
    totals = np.count_nonzero(scanned, axis=1)
    ones = _trailing_ones(levels)
    fields = (
        np.zeros((len(scanned), FIELDS_PER_BLOCK), dtype=np.uint32),
        np.zeros((len(scanned), FIELDS_PER_BLOCK), dtype=np.uint8),
    )
    row = CHROMA_CLASS if neighbours is None else CLASS_OF_NC[neighbours]
    fields[0][:, 0] = COEFFICIENTS.codes[row, 4 * totals + ones]
    fields[1][:, 0] = COEFFICIENTS.lengths[row, 4 * totals + ones]
    _put_signs(fields, levels, ones)
    _put_levels(fields, levels, totals, ones)
    _put_zeros(fields, places, totals, count)
    return fields


def _trailing_ones(levels: np.ndarray) -> np.ndarray:
    """How many of the first three levels are 1 or −1, before any other."""
    return np.asarray(np.cumprod(np.abs(levels[:, :3]) == 1, axis=1).sum(axis=1))


def _put_signs(fields: Fields, levels: np.ndarray, ones: np.ndarray) -> None:
    signs = np.zeros(len(levels), dtype=np.uint32)
    for index in range(3):
        has = ones > index
        signs[has] = 2 * signs[has] + (levels[has, index] < 0)
    fields[0][:, 1], fields[1][:, 1] = signs, ones


def _put_levels(fields: Fields, levels: np.ndarray, totals: np.ndarray, ones: np.ndarray) -> None:
    """Levels that are no trailing ones; long ones make the code of the next ones longer."""
    suffixes = ((totals > 10) & (ones < 3)).astype(np.int64)
    for index in range(levels.shape[1]):
        rows = np.flatnonzero((index >= ones) & (index < totals))
        if not rows.size:
            continue
        level = levels[rows, index].astype(np.int64)
        # 1 and −1 cannot stand behind fewer than three trailing ones: two codes are saved
        spared = 2 * ((index == ones[rows]) & (ones[rows] < 3))
        code = 2 * np.abs(level) - 2 + (level < 0) - spared
        field = _level_field(code, suffixes[rows])
        fields[0][rows, _FIRST_LEVEL + index], fields[1][rows, _FIRST_LEVEL + index] = field
        longer = np.maximum(suffixes[rows], 1)
        grows = (np.abs(level) > 3 << (longer - 1)) & (longer < _LONGEST_SUFFIX)
        suffixes[rows] = longer + grows


def _level_field(code: np.ndarray, suffix: np.ndarray) -> Fields:
    """A prefix of zeros that ends with a one, and a suffix of bits."""
    whole = code >> suffix
    prefix = np.where(suffix > 0, whole, np.minimum(code, 14))
    length = np.where((suffix == 0) & (code >= 14), 4, suffix)
    rest = np.where(suffix > 0, code - (whole << suffix), code - prefix)
    longest = np.where(suffix > 0, _ESCAPE << suffix, 30)
    is_escape = code >= longest
    prefix = np.where(is_escape, _ESCAPE, prefix)
    length = np.where(is_escape, 12, length)
    rest = np.where(is_escape, code - longest, rest)
    return (1 << length) + rest, prefix + 1 + length


def _put_zeros(fields: Fields, places: np.ndarray, totals: np.ndarray, count: int) -> None:
    """How many zeros there are before the last coefficient, and how they are spread."""
    words = CHROMA_TOTAL_ZEROS if count == 4 else TOTAL_ZEROS
    left = np.where(totals > 0, places[:, 0] + 1 - totals, 0)
    rows = np.flatnonzero((totals > 0) & (totals < count))
    fields[0][rows, _ZEROS] = words.codes[totals[rows] - 1, left[rows]]
    fields[1][rows, _ZEROS] = words.lengths[totals[rows] - 1, left[rows]]
    for index in range(count - 1):
        rows = np.flatnonzero((index < totals - 1) & (left > 0))
        run = places[rows, index] - places[rows, index + 1] - 1
        table = np.minimum(left[rows], 7) - 1
        fields[0][rows, _FIRST_RUN + index] = RUNS.codes[table, run]
        fields[1][rows, _FIRST_RUN + index] = RUNS.lengths[table, run]
        left[rows] -= run
