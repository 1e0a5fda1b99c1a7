"""Small real files for the tests of services and window."""

from pathlib import Path

import numpy as np
import tifffile


def write_stack(path: Path, shape: tuple[int, int, int] = (5, 24, 32), seed: int = 0) -> Path:
    """An ImageJ stack with a voxel size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = np.random.default_rng(seed).poisson(40, shape).astype(np.uint16)
    tifffile.imwrite(
        path,
        data,
        imagej=True,
        resolution=(10.0, 10.0),
        metadata={"axes": "ZYX", "spacing": 0.3, "unit": "um"},
    )
    return path
