"""Mirror images and quarter turns about the optical axis."""

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
    spatial = range(1, image.ndim)
    flips = [axis for axis in spatial if torch.rand(1, generator=generator) < 0.5]
    image, target = image.flip(flips), target.flip(flips)
    if image.shape[-1] == image.shape[-2] and torch.rand(1, generator=generator) < 0.5:
        image, target = image.transpose(-1, -2), target.transpose(-1, -2)
    return image, target
