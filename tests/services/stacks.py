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


def write_scenes(path: Path) -> Path:
    """An OME-TIFF with two scenes of different size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    with tifffile.TiffWriter(path, ome=True) as file:
        for name, shape in (("Field A", (3, 20, 30)), ("Field B", (5, 24, 32))):
            voxels = rng.poisson(40, shape).astype(np.uint16)
            file.write(voxels, metadata={"axes": "ZYX", "Name": name, "PhysicalSizeX": 0.1})
    return path


def write_plain(path: Path, planes: int = 12) -> Path:
    """Pages that say nothing of themselves."""
    image = np.random.default_rng(0).integers(0, 900, (planes, 24, 28)).astype(np.uint16)
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, image, photometric="minisblack", metadata=None)
    return path
