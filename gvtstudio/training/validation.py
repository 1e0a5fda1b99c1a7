"""Fixed crops of stacks that are never trained on."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from gvtstudio.training.patches import NormalisedPair, Patch3

LARGEST_CROP = (32, 128, 128)


def validation_tensors(pairs: Iterable[NormalisedPair]) -> list[tuple[Tensor, Tensor]]:
    """The middle of every volume kept apart and of its target, normalised, (1, 1, Z, Y, X)."""
    tensors = []
    for pair in pairs:
        middle = _middle(pair.image.shape, LARGEST_CROP)
        image = pair.image_scale.apply(np.ascontiguousarray(pair.image[middle]))
        target = pair.target_scale.apply(np.ascontiguousarray(pair.target[middle]))
        tensors.append((torch.from_numpy(image)[None, None], torch.from_numpy(target)[None, None]))
    return tensors


def _middle(shape: tuple[int, ...], limits: Patch3) -> tuple[slice, ...]:
    sizes = [min(n, limit) for n, limit in zip(shape, limits, strict=True)]
    starts = [(n - size) // 2 for n, size in zip(shape, sizes, strict=True)]
    return tuple(slice(a, a + size) for a, size in zip(starts, sizes, strict=True))
