"""Folders with a plane in every file, as cameras and microscope programs leave them."""

import json
from pathlib import Path

import numpy as np
import tifffile

from tests.io.stacks_for_tests import numbered


def write_sequence(folder: Path, pattern: str, array: np.ndarray) -> Path:
    """Write (T, Z, C, Y, X) plane by plane; the pattern names t, z and c, from 1."""
    folder.mkdir(parents=True, exist_ok=True)
    for t, z, c in np.ndindex(array.shape[:3]):
        name = pattern.format(t=t + 1, z=z + 1, c=c + 1)
        tifffile.imwrite(folder / name, array[t, z, c], photometric="minisblack")
    return folder


def summary(**fields: object) -> dict[str, object]:
    """What Micro-Manager says of an acquisition of two channels."""
    return {
        "MicroManagerVersion": "1.4.22",
        "ChNames": ["GFP", "DAPI"],
        "ChColors": [-16711936, -16776961],
        "PixelSize_um": 0.108,
        "z-step_um": -0.5,
        "Interval_ms": 2000,
        "BitDepth": 12,
        **fields,
    }


def write_old_micromanager(folder: Path, array: np.ndarray, **fields: object) -> Path:
    """Files as version 1.4 writes them: channels by their names."""
    told = summary(**fields)
    text = {"Summary": told}
    folder.mkdir(parents=True, exist_ok=True)
    for t, z, c in np.ndindex(array.shape[:3]):
        name = f"img_{t:09d}_{told['ChNames'][c]}_{z:03d}.tif"
        tifffile.imwrite(folder / name, array[t, z, c], photometric="minisblack")
        text[f"FrameKey-{t}-{c}-{z}"] = {"FileName": name, "PixelSizeUm": 0.2}
    (folder / "metadata.txt").write_text(json.dumps(text), encoding="utf-8")
    return folder


def write_new_micromanager(root: Path, positions: dict[str, np.ndarray], **fields: object) -> Path:
    """Files as version 2 writes them: a folder for every stage position."""
    for number, (label, array) in enumerate(positions.items()):
        folder = root / label
        folder.mkdir(parents=True)
        text = {"Summary": summary(**fields)}
        for t, z, c in np.ndindex(array.shape[:3]):
            name = f"img_channel{c:03d}_position{number:03d}_time{t:09d}_z{z:03d}.tif"
            tifffile.imwrite(folder / name, array[t, z, c], photometric="minisblack")
            text[f"Coords-{label}/{name}"] = {"Frame": t, "SliceIndex": z}
            text[f"Metadata-{label}/{name}"] = {"PixelSizeUm": 0.2, "BitDepth": 12}
        (folder / "metadata.txt").write_text(json.dumps(text), encoding="utf-8")
    return root


def planes(dtype: str = "uint16") -> np.ndarray:
    """T2 Z3 C2."""
    return numbered((2, 3, 2, 9, 11), dtype)
