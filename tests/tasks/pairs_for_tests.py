"""Pairs of small stacks in files, and requests to learn denoising from them."""

from pathlib import Path

import numpy as np
import pytest

from gvtstudio.domain.job import TrainRequest
from gvtstudio.io.pairs import pair_files

tifffile = pytest.importorskip("tifffile")

QUICK = {
    "steps": 12, "validation_every": 6, "batch_size": 2, "patch_z": 8, "patch_yx": 16,
    "learning_rate": 2e-3, "simulated_stacks": 2,
}  # fmt: skip
TINY = {"base_channels": 4}


def write_pairs(folder: Path, count: int, shape: tuple[int, ...] = (8, 24, 24)) -> TrainRequest:
    rng = np.random.default_rng(0)
    for i in range(count):
        clean = np.zeros(shape, np.float32)
        clean[..., 4 + i : 16 + i, 6:18] = 40
        noisy = rng.poisson(clean + 2) + 100
        for kind, image in (("low", noisy), ("high", 10 * clean + 500)):
            path = folder / kind / f"field {i}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            tifffile.imwrite(path, image.astype(np.uint16))
    pairs = pair_files(folder / "low", folder / "high")
    return TrainRequest(
        task="denoising",
        pairs=tuple((str(a), str(b)) for a, b in pairs),
        parameters=QUICK,
        architecture_parameters=TINY,
        out=str(folder / "model.gvtmodel"),
        precision="float32",
    )
