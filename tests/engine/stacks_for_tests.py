"""Small stacks, tiny models and requests the tests of the engine and the command line share."""

from pathlib import Path

import numpy as np
import tifffile
import torch

from gvtstudio import __version__
from gvtstudio.domain.job import Request
from gvtstudio.domain.messages import Failed, Finished, Message, Stopped
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.dispatch import run_request
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network, save_model

SPEC = ARCHITECTURES["gvtnet_denoising_3d"]
TINY = {"base_channels": 4}


def blobs(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """A smooth pattern without noise, 0 to 8."""
    grid = np.indices(shape).astype(float)
    waves = [1 + np.sin(axis / 3 + seed + i) for i, axis in enumerate(grid)]
    image: np.ndarray = np.prod(waves, axis=0)
    return image


def noisy(shape: tuple[int, ...] = (8, 24, 28), dtype: str = "uint16", seed: int = 0) -> np.ndarray:
    """Blobs under photon noise; dim enough for 8 bit."""
    photons = np.random.default_rng(seed).poisson(5 * blobs(shape, seed))
    return (20 + photons).astype(dtype)


def write_stack(path: Path, array: np.ndarray, axes: str = "ZYX") -> Path:
    """An OME-TIFF with voxel size and, where it has C, named channels."""
    metadata = {
        "axes": axes,
        "PhysicalSizeX": 0.11, "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 0.12, "PhysicalSizeYUnit": "µm",
        "PhysicalSizeZ": 0.35, "PhysicalSizeZUnit": "µm",
    }  # fmt: skip
    if "C" in axes:
        names = [f"Stain {i}" for i in range(array.shape[axes.index("C")])]
        metadata["Channel"] = {"Name": names}
    if "T" in axes:
        metadata |= {"TimeIncrement": 2.5, "TimeIncrementUnit": "s"}
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, array, ome=True, photometric="minisblack", metadata=metadata)
    return path


def write_tiny_model(path: Path, task: str = "denoising", program_version: str = "") -> Path:
    """A network with four channels and new weights, packed like any other."""
    torch.manual_seed(0)
    network = build_network(SPEC, TINY)
    card = ModelCard(
        name=path.stem,
        title="Tiny",
        summary="For tests.",
        task=task,
        architecture=SPEC.name,
        architecture_parameters=TINY,
        parameter_count=sum(p.numel() for p in network.parameters()),
        axes="ZYX",
        normalisation_percentiles=(2.0, 99.8),
        program_version=program_version or __version__,
    )
    image = np.random.default_rng(0).random((8, 16, 16), np.float32)
    save_model(path, network, card, image, overwrite=False)
    return path


def do(request: Request, folder: Path) -> tuple[Finished | Failed | Stopped, list[Message]]:
    """Do a request in this process; returns its answer and what it said before."""
    folder.mkdir(exist_ok=True)
    said: list[Message] = []
    result = run_request(request, JobFolder(folder), Reporter(said.append, CancelFlag()))
    return result, said


def files_below(folder: Path) -> list[str]:
    """Every file under a folder, relative and sorted; hidden ones too."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())
