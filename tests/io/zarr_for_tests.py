"""Zarr folders the tests of ``io`` share; JSON is written by hand, voxels by the library."""

import json
from pathlib import Path

import numpy as np
import zarr

UNITS = {"t": "second", "z": "micrometer", "y": "micrometer", "x": "micrometer"}
TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}


def axes_of(names: str, units: dict[str, str] | None = None) -> list[dict[str, str]]:
    """Axes as OME-Zarr from 0.4 on writes them."""
    known = UNITS if units is None else units
    return [
        {"name": name, "type": TYPES[name]} | ({"unit": known[name]} if name in known else {})
        for name in names
    ]


def multiscale(names: str, scales: list[list[float]], **fields: object) -> dict:
    """One image of several levels named 0, 1 …"""
    datasets = [
        {"path": str(i), "coordinateTransformations": [{"type": "scale", "scale": scale}]}
        for i, scale in enumerate(scales)
    ]
    return {"axes": axes_of(names), "datasets": datasets, **fields}


def write_group(folder: Path, attributes: dict, version: int = 3) -> Path:
    """The description of a group; from version 3 on OME metadata have a name of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    if version == 2:
        (folder / ".zgroup").write_text('{"zarr_format": 2}')
        (folder / ".zattrs").write_text(json.dumps(attributes))
    else:
        ome = {"ome": {"version": "0.5", **attributes}} if attributes else {}
        described = {"zarr_format": 3, "node_type": "group", "attributes": ome}
        (folder / "zarr.json").write_text(json.dumps(described))
    return folder


def write_array(folder: Path, voxels: np.ndarray, version: int = 3, **options: object) -> Path:
    """An array with chunks of at most 4 along every axis, unless told otherwise."""
    chunks = tuple(min(4, size) for size in voxels.shape)
    known = {"chunks": chunks, "fill_value": 0, **options}
    if version == 2:
        known = {"chunk_key_encoding": {"name": "v2", "separator": "/"}, **known}
    array = zarr.create_array(
        folder, shape=voxels.shape, dtype=voxels.dtype, zarr_format=version, **known
    )
    array[...] = voxels
    return folder


def write_image(
    folder: Path, voxels: np.ndarray, names: str, version: int = 3, **attributes: object
) -> Path:
    """An image of two levels, the second of every other voxel along Y and X."""
    scale = [{"t": 2.5, "c": 1.0, "z": 0.3, "y": 0.104, "x": 0.105}[name] for name in names]
    coarse = [s * 2 if name in "yx" else s for s, name in zip(scale, names, strict=True)]
    described = {"multiscales": [multiscale(names, [scale, coarse])], **attributes}
    write_group(folder, described, version)
    write_array(folder / "0", voxels, version)
    write_array(folder / "1", np.ascontiguousarray(voxels[..., ::2, ::2]), version)
    return folder
