"""Training patches cut from stacks.

A source draws with a generator and a number it is given and keeps no state of its own: the batch of
step n follows from the seed and n alone, so that a resumed training sees what an uninterrupted one
would.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.training.covering_walk import CoveringWalk, Patch3

CANDIDATES = 3
"""Places looked at where a patch with much to be seen is wanted."""


class NormalisedPair(NamedTuple):
    """A volume and its target with the maps that bring them to the network's scale."""

    image: np.ndarray
    target: np.ndarray
    image_scale: PercentileNormalization
    target_scale: PercentileNormalization


class StackPairs:
    """Patches from pairs of volumes.

    Patches with an even number walk over all voxels of all volumes; those with an odd one are
    taken where there is most to be seen.

    Args:
        pairs: Volumes (Z, Y, X) in their own type; they are cut first and normalised then.
        patch: Size to cut, (Z, Y, X).
        seed: Of the order in which places are visited.
    """

    def __init__(self, pairs: Sequence[NormalisedPair], patch: Patch3, seed: int) -> None:
        self._pairs = pairs
        self._patch = patch
        self._walk = CoveringWalk([pair.image.shape for pair in pairs], patch, seed)
        # a big field is seen as often as its size deserves, a small one not never
        sizes = torch.tensor([pair.image.size for pair in pairs], dtype=torch.float64)
        self._odds = torch.sqrt(sizes)

    def draw(self, number: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The normalised input and target of one patch, both (1, Z, Y, X).

        Args:
            number: Of the patch, counted over the whole training.
            generator: Source of randomness.
        """
        if number % 2:
            index = int(torch.multinomial(self._odds, 1, generator=generator))
            target = self._pairs[index].target
            corners = _random_corners(target.shape, self._patch, generator)
            corner = _most_contrast(target, corners, self._patch)
        else:
            index, corner = self._walk.place(number // 2)
        pair = self._pairs[index]
        image = pair.image_scale.apply(cut_patch(pair.image, corner, self._patch))
        target = pair.target_scale.apply(cut_patch(pair.target, corner, self._patch))
        return torch.from_numpy(image)[None], torch.from_numpy(target)[None]


def choose_corner(volume: np.ndarray, patch: Patch3, generator: torch.Generator) -> Patch3:
    """First voxel of a patch: of a few random places mostly the one with most contrast.

    Every place can be chosen, also the last one of each axis; volumes smaller than the patch
    start at 0.
    """
    corners = _random_corners(volume.shape, patch, generator)
    best = _most_contrast(volume, corners, patch)
    return best if torch.rand(1, generator=generator) < 0.5 else corners[0]


def _random_corners(
    shape: tuple[int, ...], patch: Patch3, generator: torch.Generator
) -> list[Patch3]:
    free = [max(n - p, 0) + 1 for n, p in zip(shape, patch, strict=True)]
    corners = []
    for _ in range(CANDIDATES):
        draws = torch.rand(3, generator=generator).tolist()
        z, y, x = (min(int(d * f), f - 1) for d, f in zip(draws, free, strict=True))
        corners.append((z, y, x))
    return corners


def _most_contrast(volume: np.ndarray, corners: Sequence[Patch3], patch: Patch3) -> Patch3:
    contrast = [float(cut_patch(volume, corner, patch)[::2, ::4, ::4].std()) for corner in corners]
    return corners[int(np.argmax(contrast))]


def cut_patch(volume: np.ndarray, corner: Patch3, patch: Patch3) -> np.ndarray:
    """The patch at a corner; where the volume ends it continues mirrored."""
    stops = [c + p for c, p in zip(corner, patch, strict=True)]
    places = tuple(slice(c, stop) for c, stop in zip(corner, stops, strict=True))
    piece = volume[places]
    missing = [(0, p - n) for p, n in zip(patch, piece.shape, strict=True)]
    return np.pad(piece, missing, mode="symmetric") if any(m for _, m in missing) else piece
