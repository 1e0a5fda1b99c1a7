"""Small stacks and TIFF files the tests of ``io`` share."""

from pathlib import Path

import numpy as np
import tifffile

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel, default_channels
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.stack import ArrayStack, StackInfo

PROVENANCE = Provenance(
    program="GVT Studio 0.1.0",
    task="denoising",
    model="Modell für Zellen 细胞",
    model_sha256="ab" * 32,
    input_path='/data/Ünï 中文/cell <1> & "2".tif',
    input_sha256="cd" * 32,
    parameters={"device": "cpu", "tile": "auto", "steps": 3, "weight": 0.5, "overwrite": False},
    normalisation={"t0 c0 low": 101.0, "t0 c0 high": 812.5},
    numbers={"seconds": 1.25},
    created="2026-11-20T10:00:00+01:00",
)


def numbered(shape: tuple[int, ...], dtype: str = "uint16") -> np.ndarray:
    """An array whose every voxel differs from its neighbours along all axes."""
    values = np.random.default_rng(7).integers(0, 100, shape)
    return values.astype(dtype)


def array_stack(array: np.ndarray, path: str = "memory.tif", **fields: object) -> ArrayStack:
    """A stack in memory, (T, Z, C, Y, X)."""
    known = {
        "channels": default_channels(array.shape[2]),
        "calibration": Calibration(),
        "dtype": array.dtype.name,
        **fields,
    }
    return ArrayStack(array, StackInfo(path=path, shape=array.shape, **known))


def two_channel_stack(dtype: str = "uint16", path: str = "memory.tif") -> ArrayStack:
    """T2 Z3 C2 with everything a file can say about it."""
    return array_stack(
        numbered((2, 3, 2, 11, 13), dtype),
        path,
        channels=(
            Channel('Aktin <α> & "β"', "#00ff00", 525.0, 488.0),
            Channel("细胞核", "#ff00ff", 450.5, 405.0),
        ),
        calibration=Calibration(0.3, 0.104, 0.105, 2.5, "file"),
        significant_bits=12,
        metadata_text="Objective = 63x/1.4 Öl\nOperator = 张伟 <&>",
    )


def write_plain(path: Path, array: np.ndarray, **options: object) -> Path:
    """A TIFF with one page per plane and no metadata at all, as cameras write it."""
    with tifffile.TiffWriter(path) as writer:
        for plane in array.reshape(-1, *array.shape[-2:]):
            writer.write(plane, metadata=None, contiguous=False, **options)
    return path
