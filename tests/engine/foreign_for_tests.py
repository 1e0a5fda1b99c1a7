"""Packages of bioimage.io as others make them."""

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

SIZES = {"min": 16, "step": 8}


def scripted(module: torch.nn.Module) -> bytes:
    """TorchScript of a module."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(module.eval()), buffer)
    return buffer.getvalue()


def array(values: np.ndarray) -> bytes:
    """As ``.npy``."""
    buffer = io.BytesIO()
    np.save(buffer, values.astype(np.float32))
    return buffer.getvalue()


def described(axes: str = "zyx") -> dict[str, Any]:
    """A description of a model from one image to another that is normalised by percentiles."""
    space = [{"type": "space", "id": axis, "size": dict(SIZES)} for axis in axes]
    same = [
        {"type": "space", "id": axis, "size": {"tensor_id": "raw", "axis_id": axis}, "halo": 4}
        for axis in axes
    ]
    first = [{"type": "batch"}, {"type": "channel", "channel_names": ["only"]}]
    step = {"id": "scale_range", "kwargs": {"axes": list(axes), "min_percentile": 1.0,
                                            "max_percentile": 99.0}}  # fmt: skip
    return {
        "type": "model",
        "format_version": "0.5.4",
        "name": "Cleaner of others",
        "description": "Makes it clean.",
        "license": "MIT",
        "cite": [{"text": "Someone et al.", "doi": "10.1000/1"}],
        "inputs": [
            {"id": "raw", "axes": [*first, *space], "preprocessing": [step],
             "test_tensor": {"source": "in.npy"}}
        ],
        "outputs": [
            {"id": "clean", "axes": [*first, *same], "test_tensor": {"source": "out.npy"}}
        ],
        "weights": {"torchscript": {"source": "weights.pt", "pytorch_version": "2.0"}},
    }  # fmt: skip


def write_foreign(path: Path, description: dict[str, Any], files: dict[str, bytes]) -> Path:
    """The package."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rdf.yaml", yaml.safe_dump(description))
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def measured(axes: str = "zyx") -> np.ndarray:
    """A raw image, (B, C, [Z,] Y, X)."""
    size = {"zyx": (16, 24, 32), "yx": (24, 32)}[axes]
    return np.random.default_rng(0).poisson(40, (1, 1, *size)).astype(np.float32) + 100


def normalised(image: np.ndarray, low: float = 1.0, high: float = 99.0) -> np.ndarray:
    """As ``scale_range`` does it."""
    bottom, top = np.percentile(image, (low, high))
    return (image - bottom) / (top - bottom)
