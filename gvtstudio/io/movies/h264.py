"""H.264 without a library: the pictures of a sweep as a stream that every player understands.

The encoders that can be had as Python packages are under the GPL. This one is small because
it leaves out what a sweep has no use for: a key picture holds its pixels as they are (I_PCM), every
other one the rounded difference to the one before at the same place, without motion, and what
stays, such as titles and scale bars, costs nothing and stays exact. Constrained baseline profile,
ITU-T H.264 (08/2021).
"""

import re
from math import isqrt
from typing import NamedTuple

import numpy as np

from gvtstudio.io.movies.bits import BitWriter, Fields, packed, unsigned
from gvtstudio.io.movies.h264_blocks import (
    ZIGZAG,
    Quantiser,
    transformed,
    transformed_back,
)
from gvtstudio.io.movies.h264_cavlc import FIELDS_PER_BLOCK, coded_blocks
from gvtstudio.io.movies.h264_words import NUMBER_OF_PATTERN
from gvtstudio.io.movies.macroblocks import Macroblocks, Planes

PROFILE, CONSTRAINTS = 66, 0xC0
SIDE = 16
QUANTISER_STEP = 22
"""A rounding of about two gray values of 255 where there is nothing but noise."""
KEY_INTERVAL = 60
_FRAME_NUMBER_BITS = 8
_PCM_TYPE, _KEY_SLICE, _NEXT_SLICE = 25, 7, 5
_KEY_UNIT, _NEXT_UNIT, _SEQUENCE_UNIT, _PICTURE_UNIT = 0x65, 0x61, 0x67, 0x68
_AT_ONCE = 1024


class Level(NamedTuple):
    """What a player of a level can do at least, Table A-1.

    Args:
        number: Ten times the level.
        per_second: Macroblocks a second.
        per_picture: Macroblocks of a picture.
        buffer: Thousand bits of a picture.
    """

    number: int
    per_second: int
    per_picture: int
    buffer: int


_LEVELS = (
    Level(30, 40_500, 1620, 10_000),
    Level(31, 108_000, 3600, 14_000),
    Level(40, 245_760, 8192, 25_000),
    Level(42, 522_240, 8704, 62_500),
    Level(50, 589_824, 22_080, 135_000),
    Level(51, 983_040, 36_864, 240_000),
    Level(52, 2_073_600, 36_864, 240_000),
)
LARGEST = _LEVELS[-1].per_picture


def level_for(macroblocks: tuple[int, int], fps: float) -> int:
    """The lowest level that takes pictures of so many macroblocks down and across.

    Example:
        >>> level_for((32, 32), 10)
        30
    """
    down, across = macroblocks
    count = down * across
    fitting = (
        level.number
        for level in _LEVELS
        if count <= level.per_picture
        and count * fps <= level.per_second
        and count * 386 * 8 <= level.buffer * 1000
        and max(down, across) <= isqrt(8 * level.per_picture)
    )
    return next(fitting, _LEVELS[-1].number)


class Encoder:
    """Turns pictures into units of a stream.

    Args:
        height: In pixels, even.
        width: In pixels, even.
        fps: Pictures a second.
        matrix: Number of the colour matrix (1: BT.709, 6: BT.601).
    """

    def __init__(self, height: int, width: int, fps: float, matrix: int) -> None:
        self._size = (height, width)
        self._blocks = Macroblocks(-(-height // SIDE), -(-width // SIDE))
        self._quantiser = Quantiser(QUANTISER_STEP)
        self._shown: Planes | None = None
        self._count = 0
        self.level = level_for((self._blocks.down, self._blocks.across), fps)
        self.sequence = _unit(_SEQUENCE_UNIT, self._sequence(fps, matrix).ended())
        self.picture = _unit(_PICTURE_UNIT, _picture_parameters().ended())

    def encode(self, planes: Planes) -> tuple[bytes, bool]:
        """The unit of the next picture, and whether playing can begin with it.

        Args:
            planes: Brightness and two colours, (height, width) and twice half of that, uint8.
        """
        planes = self._blocks.filled(planes)
        number = self._count % KEY_INTERVAL
        key_number = self._count // KEY_INTERVAL
        self._count += 1
        if number == 0 or self._shown is None:
            self._shown = planes
            return _unit(_KEY_UNIT, self._key(planes, key_number % 2)), True
        return _unit(_NEXT_UNIT, self._next(planes, self._shown, number)), False

    def _key(self, planes: Planes, number: int) -> bytes:
        """A picture as it is: a byte or two before the pixels of each macroblock."""
        head = BitWriter().ue(0, _KEY_SLICE, 0).put(_FRAME_NUMBER_BITS, 0).ue(number)
        head.put(1, 0, 0).se(0).ue(1, _PCM_TYPE).align()
        first = packed(head.fields())
        others = packed(BitWriter().ue(_PCM_TYPE).align().fields())
        pixels = self._blocks.raw(planes)
        heads = np.frombuffer(others, dtype=np.uint8)
        body = np.concatenate([np.broadcast_to(heads, (len(pixels), heads.size)), pixels], axis=1)
        return first + body.tobytes()[heads.size :] + b"\x80"

    def _next(self, planes: Planes, before: Planes, number: int) -> bytes:
        """The difference to the picture before; remembers what a player will show."""
        cut = zip(self._blocks.cut(planes), self._blocks.cut(before), strict=True)
        gaps = [new.astype(np.int32) - old for new, old in cut]
        coefficients = [transformed(gap) for gap in gaps]
        levels = [self._quantiser.levels(part) for part in coefficients]
        chroma = [_constants(part) for part in coefficients[1:]]
        constants = [self._quantiser.constant_levels(part) for part in chroma]
        for part in levels[1:]:
            part[..., 0, 0] = 0
        self._shown = self._played(before, levels, constants)
        head = BitWriter().ue(0, _NEXT_SLICE, 0).put(_FRAME_NUMBER_BITS, number)
        head.put(1, 0, 0, 0).se(0).ue(1)
        return _closed([head.fields(), *self._macroblock_fields(levels, constants)])

    def _played(
        self, before: Planes, levels: list[np.ndarray], constants: list[np.ndarray]
    ) -> Planes:
        """What a player makes of the levels."""
        restored = [self._quantiser.restored(part) for part in levels]
        for part, constant in zip(restored[1:], constants, strict=True):
            part[..., 0, 0] = self._quantiser.restored_constants(constant).reshape(-1, 4)
        gaps = self._blocks.joined([transformed_back(part) for part in restored])
        y, cb, cr = (
            np.clip(old + gap, 0, 255).astype(np.uint8)
            for old, gap in zip(before, gaps, strict=True)
        )
        return y, cb, cr

    def _macroblock_fields(
        self, levels: list[np.ndarray], constants: list[np.ndarray]
    ) -> list[Fields]:
        """All macroblocks but those where nothing changes; of those, how many follow."""
        luma, cb, cr = levels
        in_quarters = np.asarray(luma.reshape(-1, 4, 64).any(axis=2))
        has_detail = np.asarray(cb.any(axis=(1, 2, 3)) | cr.any(axis=(1, 2, 3)))
        has_colour = has_detail | np.any([part.any(axis=(1, 2)) for part in constants], axis=0)
        pattern = in_quarters @ np.array([1, 2, 4, 8]) + 16 * has_colour + 16 * has_detail
        coded = np.flatnonzero(pattern)
        contexts = [self._blocks.contexts(np.count_nonzero(p, axis=(2, 3))) for p in levels]
        runs = np.diff(coded, prepend=-1) - 1
        fields = []
        for start in range(0, len(coded), _AT_ONCE):
            chosen = coded[start : start + _AT_ONCE]
            parts = [_heads(runs[start : start + _AT_ONCE], pattern[chosen])]
            wanted = np.repeat(in_quarters[chosen], 4, axis=1)
            parts.append(_residual(luma[chosen], contexts[0][chosen], wanted))
            parts += [_constant_residual(p[chosen], has_colour[chosen]) for p in constants]
            for part, context in ((cb, contexts[1]), (cr, contexts[2])):
                wanted = np.repeat(has_detail[chosen], 4).reshape(-1, 4)
                parts.append(_residual(part[chosen], context[chosen], wanted, first=1))
            codes, lengths = zip(*parts, strict=True)
            fields.append((np.concatenate(codes, axis=1), np.concatenate(lengths, axis=1)))
        last = int(coded[-1]) if coded.size else -1
        unchanged = self._blocks.count - 1 - last
        return [*fields, unsigned(np.array([unchanged]))] if unchanged else fields

    def _sequence(self, fps: float, matrix: int) -> BitWriter:
        """What all pictures have in common."""
        height, width = self._size
        down, across = self._blocks.down, self._blocks.across
        bits = BitWriter().put(8, PROFILE, CONSTRAINTS, self.level)
        # one picture to refer to, shown in the order they come
        bits.ue(0, _FRAME_NUMBER_BITS - 4, 2, 1).put(1, 0).ue(across - 1, down - 1).put(1, 1, 1)
        bits.put(1, 1).ue(0, (across * SIDE - width) // 2, 0, (down * SIDE - height) // 2)
        # square pixels; colours from 16 to 235
        bits.put(1, 1, 1).put(8, 1).put(1, 0, 1).put(3, 5).put(1, 0, 1).put(
            8, matrix, matrix, matrix
        )
        bits.put(1, 0, 1).put(32, 1000, round(2000 * fps)).put(1, 1)
        # nothing is shown late, so that a player need not wait
        return bits.put(1, 0, 0, 0, 1, 1).ue(0, 0, 16, 16, 0, 1)


def _picture_parameters() -> BitWriter:
    bits = BitWriter().ue(0, 0).put(1, 0, 0).ue(0, 0, 0).put(1, 0).put(2, 0)
    return bits.se(QUANTISER_STEP - 26, 0, 0).put(1, 1, 0, 0)


def _heads(runs: np.ndarray, pattern: np.ndarray) -> Fields:
    """How many unchanged ones come before; no motion; which blocks are coded; the same step."""
    run_codes, run_lengths = unsigned(runs)
    codes, lengths = unsigned(NUMBER_OF_PATTERN[pattern])
    ones = np.ones_like(codes)
    return (
        np.stack([run_codes, 7 * ones, codes, ones], axis=1),
        np.stack([run_lengths, *(n * np.ones_like(lengths) for n in (3,)), lengths,
                  np.ones_like(lengths)], axis=1),
    )  # fmt: skip


def _residual(
    levels: np.ndarray, contexts: np.ndarray, wanted: np.ndarray, first: int = 0
) -> Fields:
    """Blocks of macroblocks, (n, blocks, 4, 4), from their first coefficient that is coded here."""
    count, blocks = levels.shape[:2]
    scanned = levels.reshape(-1, 16)[:, ZIGZAG[first:]]
    codes, lengths = coded_blocks(scanned, contexts.reshape(-1))
    lengths *= wanted.reshape(-1, 1).astype(np.uint8)
    shape = (count, blocks * FIELDS_PER_BLOCK)
    return codes.reshape(shape), lengths.reshape(shape)


def _constant_residual(levels: np.ndarray, wanted: np.ndarray) -> Fields:
    codes, lengths = coded_blocks(levels.reshape(-1, 4), None)
    return codes, lengths * wanted[:, None].astype(np.uint8)


def _constants(coefficients: np.ndarray) -> np.ndarray:
    """The constant parts of the four blocks of each macroblock, (n, 2, 2)."""
    return coefficients[..., 0, 0].reshape(-1, 2, 2)


def _closed(fields: list[Fields]) -> bytes:
    """All fields, and the one bit that ends a unit."""
    fields = [*fields, BitWriter().put(1, 1).fields()]
    codes, lengths = ([part.reshape(-1) for part in column] for column in zip(*fields, strict=True))
    return packed((np.concatenate(codes), np.concatenate(lengths)))


def _unit(kind: int, payload: bytes) -> bytes:
    """A unit; bytes that could be taken for the start of another one are kept apart."""
    return bytes([kind]) + re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", payload)
