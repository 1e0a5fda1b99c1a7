"""All symmetries of a cube, for voxels that are as deep as wide."""

import torch
from torch import Tensor


def turn_in_space(
    image: Tensor, target: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Flip Z, Y and X, each by chance, and bring them into an order drawn by chance.

    The 48 symmetries of a cube. Of patches with unequal sides only those orders are taken that
    leave the size as it is.

    Args:
        image: (C, Z, Y, X).
        target: The same spatial size.
        generator: Source of randomness.
    """
    flips = [axis for axis in (1, 2, 3) if torch.rand(1, generator=generator) < 0.5]
    image, target = image.flip(flips), target.flip(flips)
    turned = torch.randperm(3, generator=generator) + 1
    order = (0, *turned.tolist())
    if image.permute(order).shape != image.shape:
        in_plane = image.shape[-1] == image.shape[-2]
        swap = in_plane and bool(torch.rand(1, generator=generator) < 0.5)
        order = (0, 1, 3, 2) if swap else (0, 1, 2, 3)
    return image.permute(order), target.permute(order)
