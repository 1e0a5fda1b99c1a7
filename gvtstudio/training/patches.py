"""Training patches cut from stacks in memory.

A source draws with a generator it is given and keeps no state of its own: the batch of step n
follows from the seed and n alone, so that a resumed training sees what an uninterrupted one would.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.training.augmentations.flips_and_turns import flip_and_turn

Patch3 = tuple[int, int, int]

CANDIDATES = 3
"""Places looked at for each patch; the one with most structure is more likely taken."""


class PatchSource(Protocol):
    """Anything that batches can be drawn from."""

    def draw(self, patch: Patch3, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """One normalised input and target, both (1, Z, Y, X) of the patch's size."""
        ...


class NormalisedPair(NamedTuple):
    """A volume and its target with the maps that bring them to the network's scale."""

    image: np.ndarray
    target: np.ndarray
    image_scale: PercentileNormalization
    target_scale: PercentileNormalization


class StackPairs:
    """Patches from pairs of volumes.

    Args:
        pairs: Volumes (Z, Y, X) in their own type; they are cut first and normalised then.
    """

    def __init__(self, pairs: Sequence[NormalisedPair]) -> None:
        self._pairs = pairs
        # a big field is seen as often as its size deserves, a small one not never
        sizes = torch.tensor([pair.image.size for pair in pairs], dtype=torch.float64)
        self._odds = torch.sqrt(sizes)

    def draw(self, patch: Patch3, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """One normalised input and target, both (1, Z, Y, X) of the patch's size."""
        index = int(torch.multinomial(self._odds, 1, generator=generator))
        pair = self._pairs[index]
        corner = choose_corner(pair.target, patch, generator)
        image = pair.image_scale.apply(cut_patch(pair.image, corner, patch))
        target = pair.target_scale.apply(cut_patch(pair.target, corner, patch))
        return torch.from_numpy(image)[None], torch.from_numpy(target)[None]


def choose_corner(volume: np.ndarray, patch: Patch3, generator: torch.Generator) -> Patch3:
    """First voxel of a patch: of a few random places mostly the one with most contrast.

    Every place can be chosen, also the last one of each axis; volumes smaller than the patch
    start at 0.
    """
    free = [max(n - p, 0) + 1 for n, p in zip(volume.shape, patch, strict=True)]
    corners = []
    for _ in range(CANDIDATES):
        draws = torch.rand(3, generator=generator).tolist()
        z, y, x = (min(int(d * f), f - 1) for d, f in zip(draws, free, strict=True))
        corners.append((z, y, x))
    contrast = [float(cut_patch(volume, corner, patch)[::2, ::4, ::4].std()) for corner in corners]
    if torch.rand(1, generator=generator) < 0.5:
        return corners[int(np.argmax(contrast))]
    return corners[0]


def cut_patch(volume: np.ndarray, corner: Patch3, patch: Patch3) -> np.ndarray:
    """The patch at a corner; where the volume ends it continues mirrored."""
    stops = [c + p for c, p in zip(corner, patch, strict=True)]
    places = tuple(slice(c, stop) for c, stop in zip(corner, stops, strict=True))
    piece = volume[places]
    missing = [(0, p - n) for p, n in zip(patch, piece.shape, strict=True)]
    return np.pad(piece, missing, mode="symmetric") if any(m for _, m in missing) else piece


def draw_batch(
    source: PatchSource, size: int, patch: Patch3, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """A batch of augmented patches, both (B, 1, Z, Y, X)."""
    drawn = [
        flip_and_turn(*source.draw(patch, generator), generator=generator) for _ in range(size)
    ]
    images, targets = zip(*drawn, strict=True)
    return torch.stack(images), torch.stack(targets)
