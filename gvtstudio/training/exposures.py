"""Endless noisy exposures of clean stacks, with a new light level and camera for every patch.

Used to train backbones: the network must meet every noise level a user may bring. The whole
(virtual) noisy stack decides the normalisation, as it does at prediction, estimated from an
exposure of a random sample of its voxels.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.tiling import mirrored_to_depth
from gvtstudio.simulation.camera import Camera
from gvtstudio.training.covering_walk import Patch3
from gvtstudio.training.patches import choose_corner, cut_patch

SAMPLE_SIZE = 20_000
THIN_SHARE = 0.35
"""Part of the patches that show a thin stack, mirrored to full depth as at prediction."""
BLUR_SHARE = 0.5
"""Part of the patches whose truth is blurred, as by a microscope that samples finely: bright and
smooth structures must not keep the shot noise as if it were their texture."""
LARGEST_BLUR = 2.5
SPARSE_SHARE = 0.4
"""Part of the patches cut with every second or third plane, as from a stack with a large Z step."""
GRAIN_SHARE = 0.15
"""Part of the patches whose truth is given detail from voxel to voxel, so that it is not smoothed
away where the light suffices to see it."""
LARGEST_GRAIN = 0.15
LARGEST_FLOOR_GRAIN = 0.02


class ExposureRange(NamedTuple):
    """Between which limits light and camera are drawn (evenly on a logarithmic scale).

    Args:
        photons: Signal of the brightest structures.
        background: Light everywhere, as a part of the signal.
        read_noise: Electrons.
        percentiles: Of the normalisation.
    """

    photons: tuple[float, float]
    background: tuple[float, float]
    read_noise: tuple[float, float]
    percentiles: tuple[float, float]


class ExposedStacks:
    """Patches from exposures of clean stacks.

    Args:
        truths: Volumes (Z, Y, X), float32 from 0 (no signal) to about 1 (brightest structures).
        ranges: Of light and camera.
    """

    def __init__(self, truths: Sequence[np.ndarray], ranges: ExposureRange) -> None:
        self._truths = truths
        self._ranges = ranges

    def draw(self, patch: Patch3, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """One normalised exposure and its truth on the same scale, both (1, Z, Y, X)."""
        index = int(torch.randint(len(self._truths), (1,), generator=generator))
        truth = self._truths[index]
        photons = self._log_uniform(self._ranges.photons, generator)
        background = photons * self._log_uniform(self._ranges.background, generator)
        camera = Camera(100.0, 1.0, self._log_uniform(self._ranges.read_noise, generator))
        clean = self._cut(truth, patch, generator)
        light = photons * clean + background
        places = torch.randint(truth.size, (SAMPLE_SIZE,), generator=generator).numpy()
        sample = torch.from_numpy(truth.reshape(-1)[places]) * photons + background
        scale = PercentileNormalization.of(
            camera.expose(sample, generator).numpy(), self._ranges.percentiles
        )
        noisy = scale.apply(camera.expose(light, generator).numpy())
        target = scale.apply(camera.expected(light).numpy())
        image, clear = (mirrored_to_depth(a, patch[0])[None] for a in (noisy, target))
        return torch.from_numpy(image), torch.from_numpy(clear)

    def _cut(self, truth: np.ndarray, patch: Patch3, generator: torch.Generator) -> Tensor:
        """A piece of the truth, sometimes thin, blurred or grainy."""
        chances = torch.rand(8, generator=generator).tolist()
        is_thin = chances[0] < THIN_SHARE
        depth = 1 + int(chances[1] * (patch[0] - 1)) if is_thin else patch[0]
        step = 2 + int(2 * chances[7]) if chances[6] < SPARSE_SHARE else 1
        sparse = truth[::step]
        cut = (min(depth, sparse.shape[0]), *patch[1:])
        corner = choose_corner(sparse, cut, generator)
        piece = cut_patch(sparse, corner, cut)
        if chances[4] < BLUR_SHARE:
            sigma = chances[5] * LARGEST_BLUR
            piece = ndimage.gaussian_filter(piece, (sigma / 2, sigma, sigma), mode="mirror")
        clean = torch.from_numpy(np.ascontiguousarray(piece))
        if chances[2] >= GRAIN_SHARE:
            return clean
        grain = torch.randn((2, *clean.shape), generator=generator)
        share, floor = chances[3] * LARGEST_GRAIN, chances[3] * LARGEST_FLOOR_GRAIN
        grainy: Tensor = clean * (1 + share * grain[0]) + floor * grain[1]
        return grainy.clamp_min(0)

    def _log_uniform(self, limits: tuple[float, float], generator: torch.Generator) -> float:
        low, high = (math.log(limit) for limit in limits)
        return math.exp(low + (high - low) * float(torch.rand(1, generator=generator)))
