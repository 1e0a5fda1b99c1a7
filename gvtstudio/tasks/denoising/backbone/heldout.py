"""Stacks that the backbone is measured on and was never trained on."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from scipy import ndimage

from gvtstudio.domain.stack import read_volume
from gvtstudio.io.stacks import open_stack
from gvtstudio.simulation.camera import Camera
from gvtstudio.tasks.denoising.backbone.clean_stacks import (
    binned_laterally,
    scaled_truth,
    simulated_truths,
)

PHOTON_LEVELS = (5.0, 20.0, 100.0)
CAMERA = Camera(offset=100.0, gain=2.0, read_noise=1.6)
"""Of a current sCMOS camera."""
BACKGROUND = 0.02
EXPOSURE_SEED = 30_000
SIMULATED_SEED, SIMULATED_COUNT = 40_000, 4


LARGEST_OWN_NOISE = 0.021
"""Noise of a dark voxel at 100 photons over the signal: √(0.02 · 100 + 1.6²) / 100.

A real stack that is noisier than that itself cannot judge the exposures made of it: it is binned
2 × 2 once, and left out where that is not enough (the green channel of the vesicles).
"""


class HeldOutStack(NamedTuple):
    """One volume of a real file."""

    name: str
    file: str
    channel: int = 0


REAL_STACKS = (
    HeldOutStack("Drosophila brain nc82, confocal", "flybrain/flybrain.tif"),
    HeldOutStack("Golgi, spinning disk", "golgi_bfa/xyz_calibrated_16bit__golgi_bfa.tif"),
    HeldOutStack("pollen, confocal", "pollen/pollen.tif"),
    HeldOutStack("vesicles red, confocal", "coloc1b_colocsample1b_red/colocsample1b-red.tif"),
    HeldOutStack("vesicles green, confocal", "coloc1b_colocsample1b_green/colocsample1b-green.tif"),
    HeldOutStack("mitosis channel 1, 5 slices", "xyzct_mitosis/xyzct-mitosis.tif", 0),
    HeldOutStack("mitosis channel 2, 5 slices", "xyzct_mitosis/xyzct-mitosis.tif", 1),
)


class Exposure(NamedTuple):
    """A degraded stack and what it was made from, both (Z, Y, X) in grey values."""

    name: str
    photons: float
    is_real: bool
    noisy: np.ndarray
    truth: np.ndarray


def exposures(data: Path) -> Iterator[Exposure]:
    """Every held-out stack at every light level."""
    truths = [(*found, True) for found in (real_truth(data, s) for s in REAL_STACKS) if found]
    for i, truth in enumerate(simulated_truths(SIMULATED_COUNT, SIMULATED_SEED)):
        truths.append((f"simulated stack {SIMULATED_SEED + i}", truth, False))
    for i, (name, truth, is_real) in enumerate(truths):
        for j, photons in enumerate(PHOTON_LEVELS):
            generator = torch.Generator().manual_seed(EXPOSURE_SEED + 10 * i + j)
            light = photons * (torch.from_numpy(truth) + BACKGROUND)
            noisy = CAMERA.expose(light, generator).numpy().astype(np.uint16)
            yield Exposure(name, photons, is_real, noisy, CAMERA.expected(light).numpy())


def real_truth(data: Path, held_out: HeldOutStack) -> tuple[str, np.ndarray] | None:
    """Name and voxels from 0 to about 1, binned where needed; ``None`` where that does not help."""
    truth = scaled_truth(_volume(data, held_out))
    if own_noise(truth) <= LARGEST_OWN_NOISE:
        return held_out.name, truth
    binned = binned_laterally(truth)
    return (f"{held_out.name}, binned", binned) if own_noise(binned) <= LARGEST_OWN_NOISE else None


def own_noise(volume: np.ndarray) -> float:
    """Standard deviation of the noise, from differences that smooth structure does not have.

    Source: Immerkær 1996, "Fast noise variance estimation", applied plane by plane.
    """
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    differences = ndimage.convolve(volume, mask[None])[:, 1:-1, 1:-1]
    return float(np.sqrt(np.pi / 2) / 6 * np.abs(differences).mean())


def _volume(data: Path, held_out: HeldOutStack) -> np.ndarray:
    stack = open_stack(data / held_out.file)
    try:
        return read_volume(stack, 0, held_out.channel)
    finally:
        stack.close()
