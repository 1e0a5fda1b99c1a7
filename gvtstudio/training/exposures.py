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
from torch import Tensor

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.simulation.camera import Camera
from gvtstudio.training.patches import Patch3, choose_corner, cut_patch

SAMPLE_SIZE = 20_000
FLAT_SHARE = 0.12
"""Part of the patches that show one plane repeated, which is how a single image is predicted."""


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
        is_flat = float(torch.rand(1, generator=generator)) < FLAT_SHARE
        depth = 1 if is_flat else patch[0]
        cut = (depth, *patch[1:])
        corner = choose_corner(truth, cut, generator)
        clean = torch.from_numpy(np.ascontiguousarray(cut_patch(truth, corner, cut)))
        light = photons * clean + background
        places = torch.randint(truth.size, (SAMPLE_SIZE,), generator=generator).numpy()
        sample = torch.from_numpy(truth.reshape(-1)[places]) * photons + background
        scale = PercentileNormalization.of(
            camera.expose(sample, generator).numpy(), self._ranges.percentiles
        )
        noisy = scale.apply(camera.expose(light, generator).numpy())
        target = scale.apply(camera.expected(light).numpy())
        image, clear = (
            torch.from_numpy(a).repeat(patch[0] // depth, 1, 1)[None] for a in (noisy, target)
        )
        return image, clear

    def _log_uniform(self, limits: tuple[float, float], generator: torch.Generator) -> float:
        low, high = (math.log(limit) for limit in limits)
        return math.exp(low + (high - low) * float(torch.rand(1, generator=generator)))
