"""Small pairs of transmitted light and stains for the tests of label-free prediction."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import tifffile
from scipy import ndimage

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.pairs import pair_files
from gvtstudio.tasks.label_free.train import train
from tests.training.loops_for_tests import Heard

SHAPE = (8, 48, 56)
LABELS = ("DAPI", "Actin")
QUICK: dict[str, Any] = {
    "steps": 4, "validation_every": 2, "batch_size": 1, "patch_z": 8, "patch_yx": 16,
    "simulated_stacks": 2,
}  # fmt: skip
TINY_GVTNET: dict[str, Any] = {"base_channels": 4}
TINY_GT_UNET: dict[str, Any] = {"growth": 2, "classes": 8, "dropout": 0.0}


def cells(seed: int, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """Smooth blobs, 0 to 1."""
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, (1, 4, 4))
    blobs: np.ndarray = np.clip(smooth / smooth.std() - 0.5, 0, 2) / 2
    return blobs


def light_of(structure: np.ndarray, seed: int = 0) -> np.ndarray:
    """Transmitted light that the structure takes away some of, (Z, Y, X) uint16."""
    noise = np.random.default_rng(seed).normal(0, 5, structure.shape)
    return (2000 - 400 * structure + noise).astype(np.uint16)


def stains_of(structure: np.ndarray) -> np.ndarray:
    """Two labels of it, (Z, C, Y, X) float32 of different scales."""
    edges = np.abs(structure - 0.4) < 0.2
    return np.stack([100 + 900 * structure, 5.0 + 2 * edges], 1).astype(np.float32)


def write(path: Path, array: np.ndarray, axes: str, names: tuple[str, ...] = ()) -> Path:
    metadata: dict[str, Any] = {"axes": axes}
    for axis, size in zip("ZYX", (0.5, 0.2, 0.2), strict=True):
        metadata |= {f"PhysicalSize{axis}": size, f"PhysicalSize{axis}Unit": "µm"}
    if names:
        metadata["Channel"] = {"Name": list(names)}
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, array, ome=True, photometric="minisblack", metadata=metadata)
    return path


def write_pair(folder: Path, number: int, depth: int = 0) -> None:
    """One field; the stains have the planes of the input, or their mean where depth is 1."""
    structure = cells(number)
    stains = stains_of(structure)
    name = f"field {number}.ome.tif"
    write(folder / "light" / name, light_of(structure, number), "ZYX", ("Bright field",))
    if depth == 1:
        write(folder / "stains" / name, stains.mean(0), "CYX", LABELS)
    else:
        write(folder / "stains" / name, stains, "ZCYX", LABELS)


def write_pairs(folder: Path, count: int = 3, depth: int = 0) -> TrainRequest:
    for number in range(count):
        write_pair(folder, number, depth)
    return request_for(folder)


def request_for(folder: Path, **changes: Any) -> TrainRequest:
    pairs = pair_files(folder / "light", folder / "stains")
    request = TrainRequest(
        task="label_free",
        pairs=tuple((str(a), str(b)) for a, b in pairs),
        parameters=QUICK,
        architecture_parameters=TINY_GVTNET,
        out=str(folder / "model.gvtmodel"),
        device="cpu",
        precision="float32",
    )
    return msgspec.structs.replace(request, **changes)


def with_gt_unet(request: TrainRequest, **parameters: Any) -> TrainRequest:
    return msgspec.structs.replace(
        request,
        architecture="gt_unet",
        architecture_parameters=TINY_GT_UNET,
        parameters={**QUICK, **parameters},
    )


def trained(request: TrainRequest, heard: Heard | None = None) -> tuple[Finished, ModelCard]:
    out = Path(request.out)
    finished = train(request, JobFolder(out.with_suffix(".training")), heard or Heard())
    return finished, read_card(out)
