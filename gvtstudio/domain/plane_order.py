"""What the planes of a stack are, where the user knows better than its file."""

import math
import re
from typing import NamedTuple

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.errors import GvtError, StackUnsuitable, UsageError

_LETTER = re.compile(r"([TZC])(\d*)")
_REMEDY = (
    "Write T, Z and C from the slowest to the fastest, with sizes where they are not clear: TZ, "
    "ZC2 or T10Z5C2."
)


class PlaneOrder(NamedTuple):
    """In which order the planes of a file follow one another.

    Args:
        letters: Of T, Z and C, the slowest first.
        sizes: Of each of the letters.
    """

    letters: str
    sizes: tuple[int, ...]

    def shape(self, as_read: Shape5) -> Shape5:
        """Sizes along T, Z, C, Y, X."""
        lengths = dict(zip(self.letters, self.sizes, strict=True))
        t, z, c = (lengths.get(letter, 1) for letter in "TZC")
        return (t, z, c, *as_read[3:])

    def number(self, t: int, z: int, c: int) -> int:
        """Of a plane, counted from 0 in the order of the file."""
        index = {"T": t, "Z": z, "C": c}
        number = 0
        for letter, size in zip(self.letters, self.sizes, strict=True):
            number = number * size + index[letter]
        return number


def plane_order(text: str, shape: Shape5, name: str) -> PlaneOrder:
    """What a text such as ``TZ`` or ``ZC2`` makes of a stack.

    Letters without sizes take those of the axes longer than one, as the stack was read; one alone
    takes all planes that are left. Y and X may be written too.

    Args:
        text: T, Z and C from the slowest to the fastest.
        shape: As the stack was read, along T, Z, C, Y, X.
        name: Of the stack, for sentences.

    Raises:
        UsageError: That is no order of axes.
        StackUnsuitable: It does not fit the planes of the stack.

    Example:
        >>> plane_order("T", (1, 30, 1, 8, 8), "a").shape((1, 30, 1, 8, 8))
        (30, 1, 1, 8, 8)
        >>> plane_order("ZC2YX", (1, 30, 1, 8, 8), "a")
        PlaneOrder(letters='ZC', sizes=(15, 2))
    """
    plain = text.upper().replace(",", "").replace(" ", "").removesuffix("YX")
    found = _LETTER.findall(plain)
    letters = "".join(letter for letter, _ in found)
    is_whole = "".join(letter + size for letter, size in found) == plain
    if not found or not is_whole or len(set(letters)) < len(letters):
        raise UsageError(f'"{text}" is no order of axes.', _REMEDY)
    planes = math.prod(shape[:3])
    sizes = [int(size) if size else 0 for _, size in found]
    missing = [i for i, size in enumerate(sizes) if not size]
    as_read = [size for size in shape[:3] if size > 1]
    if len(missing) == 1:
        sizes[missing[0]] = planes // max(1, math.prod(size for size in sizes if size))
    elif len(missing) == len(sizes) == len(as_read):
        sizes = as_read
    if math.prod(sizes) != planes:
        raise StackUnsuitable(
            f"{name} has {planes} planes, which cannot be {describe_order(letters, sizes)}.",
            _REMEDY,
        )
    return PlaneOrder(letters, tuple(sizes))


def fits(text: str, shape: Shape5) -> bool:
    """Whether a stack can be what a text says.

    Example:
        >>> fits("ZC2", (1, 30, 1, 8, 8)), fits("ZC2", (1, 31, 1, 8, 8))
        (True, False)
    """
    try:
        plane_order(text, shape, "")
    except GvtError:
        return False
    return True


def describe_order(letters: str, sizes: list[int]) -> str:
    """Sizes in words.

    Example:
        >>> describe_order("TZ", [3, 0])
        '3 time points × slices'
    """
    words = {"T": "time points", "Z": "slices", "C": "channels"}
    pairs = zip(letters, sizes, strict=True)
    return " × ".join(f"{size} {words[a]}" if size else words[a] for a, size in pairs)
