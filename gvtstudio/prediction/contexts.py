"""Contexts to compare: how much of a volume the global operators of a network may see.

Source: Wang, Xie & Ji 2021, fig. 3d, where the prediction patch is that limit.
"""

from collections.abc import Iterator
from itertools import count
from math import ceil

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.networks.layers.network import padding_to_fit
from gvtstudio.prediction.volume import SMALLEST_DEPTH

LEAST = (16, 64, 64)
"""Contexts are not halved below this."""


def padded_size(needs: PredictionNeeds, shape: tuple[int, int, int]) -> tuple[int, ...]:
    """The volume with what is mirrored, (Z, Y, X), or (Y, X) for networks for images."""
    size = (max(shape[0], SMALLEST_DEPTH), *shape[1:])[-needs.dims :]
    padding = padding_to_fit(size, needs)
    return tuple(n + before + after for n, (before, after) in zip(size, padding, strict=True))


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


def fitted_context(
    needs: PredictionNeeds, context: tuple[int, ...], size: tuple[int, ...]
) -> tuple[int, ...]:
    """What a prediction makes of a context: multiples of the divisor inside the padded volume."""
    axes = zip(context[-needs.dims :], size, needs.size_divisor, needs.receptive_field, strict=True)
    return tuple(
        whole if field is None else min(max(n // divisor, 1) * divisor, whole)
        for n, whole, divisor, field in axes
    )
