"""Contexts to compare: how much of a volume the global operators of a network may see.

Source: Wang, Xie & Ji 2021, fig. 3d, where the prediction patch is that limit.
"""

from collections.abc import Iterator
from itertools import count
from math import ceil

from gvtstudio.domain.architecture import PredictionNeeds

LEAST = (16, 64, 64)
"""Contexts are not halved below this."""


def halved_contexts(needs: PredictionNeeds, size: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Half of the volume along every axis, a quarter and so on, the smallest first.

    An axis stays as it is where its parts would be shorter than in ``LEAST``. Parts are about
    equal, because a thin rest at the end would be a context of its own.

    Args:
        needs: Of the network.
        size: Of the padded volume.
    """
    return list(_halvings(needs, size))[::-1]


def _halvings(needs: PredictionNeeds, size: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    before = size
    for halvings in count(1):
        axes = zip(size, needs.size_divisor, LEAST[-needs.dims :], strict=True)
        context = tuple(_part(n, 2**halvings, divisor, least) for n, divisor, least in axes)
        if context == before:
            return
        yield context
        before = context


def _part(length: int, parts: int, divisor: int, least: int) -> int:
    for number in range(min(parts, length // least), 1, -1):
        part = ceil(length / number / divisor) * divisor
        if 2 * (length % part or part) >= part:
            return part
    return length
