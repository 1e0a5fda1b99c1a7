"""Amounts as people write them."""

import re
from math import isfinite

from gvtstudio.domain.errors import UsageError

LARGEST_UM = 1e5

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


def bytes_from(text: str) -> int:
    """An amount of memory in bytes; ``auto`` is 0.

    Raises:
        UsageError: It is none.

    Example:
        >>> bytes_from("4GB"), bytes_from("1.5 GiB"), bytes_from("auto")
        (4000000000, 1610612736, 0)
    """
    if text.strip() in ("", "auto"):
        return 0
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if not found or found[2].upper() not in _UNITS or not float(found[1]):
        raise UsageError(
            f'"{text}" is no amount of memory.', "Write a number and a unit, such as 4GB or 800MB."
        )
    return int(float(found[1]) * _UNITS[found[2].upper()])


def size_words(byte_count: int) -> str:
    """An amount of bytes as a person says it.

    Example:
        >>> size_words(512), size_words(1_250_000), size_words(3_210_000_000)
        ('1 KB', '1.2 MB', '3.2 GB')
    """
    if byte_count < 10**6:
        return f"{-(-byte_count // 1000)} KB"
    if byte_count < 10**9:
        return f"{byte_count / 10**6:,.1f} MB"
    return f"{byte_count / 10**9:,.1f} GB"


def voxel_size_from(text: str) -> tuple[float, float, float] | None:
    """A voxel size as ``Z,Y,X`` in micrometres; ``None`` where the text is empty.

    Raises:
        UsageError: It is none.

    Example:
        >>> voxel_size_from("0.3, 0.1,0.1")
        (0.3, 0.1, 0.1)
    """
    if not text.strip():
        return None
    try:
        z, y, x = (float(part) for part in text.split(","))
    except ValueError:
        z = y = x = 0.0
    if not all(0 < size < LARGEST_UM for size in (z, y, x)):
        raise UsageError(
            f'"{text}" is no voxel size.',
            "Write three lengths in µm: the distance of planes, the height and the width of a "
            "pixel, such as 0.3,0.1,0.1.",
        )
    return z, y, x


def limits_from(text: str) -> tuple[float, float] | None:
    """Two intensities as ``LOW,HIGH``; ``None`` where the text is empty.

    Raises:
        UsageError: They are none, or the second is not the larger.

    Example:
        >>> limits_from("100, 4000.5")
        (100.0, 4000.5)
    """
    if not text.strip():
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low = high = 0.0
    if not (low < high and isfinite(high - low)):
        raise UsageError(
            f'"{text}" is no range of intensities.',
            "Write two numbers, the smaller first, such as 100,4000.",
        )
    return low, high
