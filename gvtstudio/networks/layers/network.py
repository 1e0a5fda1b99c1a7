"""What all networks share: they take images of any size and refuse others in words."""

from typing import Any

import torch
from torch import Tensor, nn

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.domain.errors import StackUnsuitable

_SHAPES = {2: "images (Y, X)", 3: "volumes (Z, Y, X)"}


class Network(nn.Module):
    """Mirrors its input up to a size the layers can take, evaluates, and crops the output.

    Away from the edges the result does not depend on the mirrored voxels: convolutions see them
    only within the receptive field of an edge. Operators that sum over the whole volume count them
    (at most ``size_divisor - 1`` planes on each axis), so that there the result is that of the
    mirrored volume.

    Args:
        needs: Of this configuration, from the ``spec.py`` beside it.
        in_channels: Channels of the input.

    Attributes:
        is_shown_surroundings: Whether ``forward`` is given windows with their true surroundings, of
            which it answers the centre; only for networks that work in windows, while they learn.
    """

    def __init__(self, needs: PredictionNeeds, in_channels: int = 1) -> None:
        super().__init__()
        self.needs = needs
        self.in_channels = in_channels
        self.is_shown_surroundings = False

    def forward(self, x: Tensor) -> Any:
        """``(B, in_channels, *size)`` of any size → this network's output for that size.

        Raises:
            StackUnsuitable: Other dimensions or channels than the network was made for.
        """
        if self.is_shown_surroundings:
            return self.evaluate_centre(x)
        refuse_unfit(x, self.needs, self.in_channels)
        size = tuple(x.shape[2:])
        padding = padding_to_fit(size, self.needs)
        if not any(before or after for before, after in padding):
            return self.evaluate(x)
        return cropped(self.evaluate(mirrored(x, padding)), padding, size)

    def evaluate(self, x: Tensor) -> Any:
        """The network itself, for sizes that are multiples of ``needs.size_divisor``."""
        raise NotImplementedError

    def evaluate_centre(self, surroundings: Tensor) -> Any:
        """The answer for the centre half of a window, of a network that works in windows."""
        raise NotImplementedError


def refuse_unfit(x: Tensor, needs: PredictionNeeds, in_channels: int) -> None:
    """Say in words why an input cannot be used.

    Raises:
        StackUnsuitable: Dimensions, channels or size do not fit.
    """
    size = tuple(x.shape[2:])
    if len(size) != needs.dims:
        raise StackUnsuitable(
            f"This network takes {_SHAPES[needs.dims]}, but was given "
            f"{_SHAPES.get(len(size), f'data with {len(size)} spatial axes')}.",
            f"Choose a network for {_SHAPES[len(size)]}." if len(size) in _SHAPES else "",
        )
    if x.shape[1] != in_channels:
        raise StackUnsuitable(
            f"This network was made for {_counted(in_channels)}, but the stack has {x.shape[1]}.",
            f"Give a stack with {_counted(in_channels)}, or train a network for {x.shape[1]}.",
        )
    smallest = needs.smallest_patch or (1,) * needs.dims
    if any(n < least for n, least in zip(size, smallest, strict=True)):
        raise StackUnsuitable(
            f"This network needs at least {_sized(smallest)} voxels, but was given {_sized(size)}.",
            "Use larger patches or a larger stack.",
        )


def padding_to_fit(size: tuple[int, ...], needs: PredictionNeeds) -> list[tuple[int, int]]:
    """Voxels to mirror before and after each axis so that the network can take the size."""
    smallest = needs.smallest_size or needs.size_divisor
    padding = []
    for n, divisor, least in zip(size, needs.size_divisor, smallest, strict=True):
        missing = max(-n % divisor, least - n)
        padding.append((missing // 2, missing - missing // 2))
    return padding


def mirrored(x: Tensor, padding: list[tuple[int, int]]) -> Tensor:
    """Mirror ``(B, C, *size)`` at its edges without repeating them, however wide the padding.

    Example:
        Two voxels before and after ``a b c`` give ``c b a b c b a``.
    """
    for axis, (before, after) in enumerate(padding, start=2):
        n = x.shape[axis]
        if not before and not after:
            continue
        positions = torch.arange(-before, n + after, device=x.device)
        # a triangular wave runs to and fro between the first voxel and the last
        period = max(2 * (n - 1), 1)
        there = positions.remainder(period)
        x = x.index_select(axis, torch.minimum(there, period - there) if n > 1 else there)
    return x


def cropped(output: Any, padding: list[tuple[int, int]], size: tuple[int, ...]) -> Any:
    """The output without what was mirrored; a projection has only the last axes left."""
    kept = zip(padding, size, strict=True)
    window = [slice(before, before + n) for (before, _), n in kept]

    def crop(t: Tensor) -> Tensor:
        places = window[-min(len(window), t.ndim - 2) :]
        return t[(..., *places)]  # type: ignore[index]

    return type(output)(*(t if t is None else crop(t) for t in output))


def _counted(channels: int) -> str:
    return f"{channels} channel{'' if channels == 1 else 's'}"


def _sized(size: tuple[int, ...]) -> str:
    return " × ".join(map(str, size))
