"""Clean stacks that backbones learn from: simulated ones, and real ones of permissive licence."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import open_stack
from gvtstudio.simulation import RECIPES
from gvtstudio.simulation.fluorescence_cells import expected_photons

SIMULATED_SHAPE = (32, 160, 160)
CONTENTS = ("mixed", "mixed", "mixed", "nuclei", "membranes", "filaments", "puncta")


class RealStack(NamedTuple):
    """A real stack that may be trained on; ``time_points`` and ``channels`` are those used."""

    name: str
    file: str
    licence: str
    time_points: int = 1
    channels: int = 1


TRAINING_STACKS = (
    RealStack("LimeSeg brain membranes", "limeseg_brain/PieceOfBrain.ome.tif", "CC0-1.0", 2),
    RealStack("CellSeg3D light-sheet nuclei", "cellseg3d_c5/c5image.tif", "MIT"),
    RealStack(
        "NEUBIAS nuclear envelopes", "nuclear_envelope/xyz_nuclear_envelope_drosophila.tif",
        "CC BY 4.0",
    ),
    RealStack(
        "NEUBIAS nuclei", "nuclei_autothresh/xyz_8bit__nuclei_autothresh.tif", "CC BY 4.0"
    ),
    RealStack("PlantSeg nuclei and membranes", "plantseg_2ch/rgb_3D_c_raw.tif", "MIT", channels=2),
    RealStack("brainreg two-photon brain", "brainreg_brain/brainreg_brain_crop.tif", "BSD-3"),
    RealStack(
        "NEUBIAS mitotic plate", "mitotic_plate/xyz_8bit__mitotic_plate_calibrated.tif", "CC BY 4.0"
    ),
)  # fmt: skip

EARLIER_STACKS = (
    RealStack("StarDist nuclei", "stardist_img3d/img3d.tif", "BSD-3-Clause"),
    RealStack("NEUBIAS chromosomes", "chromosomes/xyz_8bit__chromosomes.tif", "CC BY 4.0"),
)
"""Seen by the bundled weights in an early stage, then left out: they are noisy themselves."""


def simulated_truths(count: int, first_seed: int) -> list[np.ndarray]:
    """Noise-free simulated stacks of many stains, microscopes and voxel sizes, 0 to about 1.

    Every other one is binned laterally, as from a camera with large pixels.
    """
    truths = [_simulated_truth(first_seed + i) for i in range(count)]
    return [binned_laterally(each) if i % 2 else each for i, each in enumerate(truths)]


def _simulated_truth(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pixel_um = float(np.exp(rng.uniform(np.log(0.06), np.log(0.5))))
    aperture = float(rng.uniform(0.6, 1.4))
    values = validated_values(
        RECIPES["fluorescence-cells"].parameters,
        {
            "size_z": SIMULATED_SHAPE[0],
            "size_y": SIMULATED_SHAPE[1],
            "size_x": SIMULATED_SHAPE[2],
            "voxel_yx_um": pixel_um,
            "voxel_z_um": pixel_um * float(rng.uniform(1.0, 4.0)),
            "content": str(rng.choice(CONTENTS)),
            "numerical_aperture": aperture,
            "refractive_index": 1.52 if aperture > 1.2 else 1.33,
            "emission_nm": float(rng.uniform(450, 680)),
            "microscope": str(rng.choice(["confocal", "confocal", "widefield"])),
            "photons": 1.0,
            "background_photons": 0.0,
        },
    )
    return expected_photons(values, torch.Generator().manual_seed(seed)).numpy()


def real_truths(data: Path) -> list[np.ndarray]:
    """The real training stacks, from 0 to about 1, each also at half the lateral sampling."""
    truths = [scaled_truth(volume) for stack in TRAINING_STACKS for volume in _volumes(data, stack)]
    return [each for truth in truths for each in (truth, binned_laterally(truth))]


def _volumes(data: Path, real: RealStack) -> Iterator[np.ndarray]:
    stack = open_stack(data / real.file)
    try:
        whole = stack.read(Region.whole(stack.info.shape))
    finally:
        stack.close()
    # files that do not name their axes are read with all planes along Z: cut them here
    planes = np.moveaxis(whole, 2, 1).reshape(-1, *whole.shape[-2:])
    yield from planes.reshape(real.time_points * real.channels, -1, *planes.shape[-2:])


def scaled_truth(volume: np.ndarray) -> np.ndarray:
    """A measured stack as a truth: background 0, the brightest 0.1 % at 1 and above."""
    low, high = np.percentile(volume, (0.5, 99.9))
    truth: np.ndarray = (volume.astype(np.float32) - np.float32(low)) / np.float32(
        max(high - low, 1e-6)
    )
    return truth.clip(0, 2)


def binned_laterally(volume: np.ndarray) -> np.ndarray:
    """Means over 2 × 2 pixels, (Z, Y/2, X/2)."""
    z, y, x = volume.shape
    even = volume[:, : y - y % 2, : x - x % 2]
    binned: np.ndarray = even.reshape(z, y // 2, 2, x // 2, 2).mean(axis=(2, 4))
    return binned
