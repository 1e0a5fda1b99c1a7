"""Mirror images and quarter turns about the optical axis."""

from collections.abc import Sequence

import torch
from torch import Tensor


def flip_and_turn(
    image: Tensor, target: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Flip Z, Y and X, each by chance, and swap Y with X by chance.

    Together all sixteen symmetries of a voxel grid whose Z differs from Y and X. Patches must be
    square in Y and X for the swap; others are only flipped.

    Args:
        image: (C, Z, Y, X) or (C, Y, X).
        target: The same spatial size.
        generator: Source of randomness.
    """
    return _flip_and_swap(image, target, range(1, image.ndim), generator)


def flip_and_turn_in_plane(
    image: Tensor, target: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Flip Y and X, each by chance, and swap them by chance; Z stays as it is.

    The eight symmetries of a stack whose upper side differs from the lower one: a tissue on glass,
    or light that fades with depth.

    Args:
        image: (C, Z, Y, X) or (C, Y, X).
        target: The same size in Y and X; may lack Z, as a projection does.
        generator: Source of randomness.
    """
    return _flip_and_swap(image, target, (-2, -1), generator)


def _flip_and_swap(
    image: Tensor, target: Tensor, axes: Sequence[int], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    flips = [axis for axis in axes if torch.rand(1, generator=generator) < 0.5]
    image, target = image.flip(flips), target.flip(flips)
    if image.shape[-1] == image.shape[-2] and torch.rand(1, generator=generator) < 0.5:
        image, target = image.transpose(-1, -2), target.transpose(-1, -2)
    return image, target
