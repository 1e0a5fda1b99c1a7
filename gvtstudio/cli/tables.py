"""Tables on the terminal."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """One line per row: the first column flush left, the others flush right.

    Args:
        rows: All of the same length; the first is the heading.

    Example:
        >>> aligned([("name", "n"), ("a", "12")])
        ['name   n', 'a     12']
    """
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = []
    for name, *cells in rows:
        right = (f"{cell:>{width}}" for cell, width in zip(cells, others, strict=True))
        lines.append("  ".join([f"{name:<{first}}", *right]).rstrip())
    return lines
