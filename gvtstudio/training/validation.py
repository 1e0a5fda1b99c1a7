"""Fixed crops of stacks that are never trained on."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from gvtstudio.training.patches import NormalisedPair, Patch3

LARGEST_CROP = (32, 128, 128)


def validation_tensors(
    pairs: Iterable[NormalisedPair], divisor: int
) -> list[tuple[Tensor, Tensor]]:
    """The middle of every volume, normalised, (1, 1, Z, Y, X) with sizes that divide.

    Args:
        pairs: Volumes kept apart and their targets.
        divisor: Of the network; sizes are mirrored up to a multiple of it.
    """
    tensors = []
    for pair in pairs:
        middle = _middle(pair.image.shape, LARGEST_CROP)
        image = pair.image_scale.apply(np.ascontiguousarray(pair.image[middle]))
        target = pair.target_scale.apply(np.ascontiguousarray(pair.target[middle]))
        tensors.append((_mirrored(image, divisor), _mirrored(target, divisor)))
    return tensors


def _middle(shape: tuple[int, ...], limits: Patch3) -> tuple[slice, ...]:
    sizes = [min(n, limit) for n, limit in zip(shape, limits, strict=True)]
    starts = [(n - size) // 2 for n, size in zip(shape, sizes, strict=True)]
    return tuple(slice(a, a + size) for a, size in zip(starts, sizes, strict=True))


def _mirrored(volume: np.ndarray, divisor: int) -> Tensor:
    padded = np.pad(volume, [(0, -n % divisor) for n in volume.shape], mode="symmetric")
    return torch.from_numpy(padded)[None, None]
