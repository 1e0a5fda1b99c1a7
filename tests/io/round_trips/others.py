"""What other programs find in the files that are exported: voxels, sizes, names, colours."""

import json
import math
from pathlib import Path
from typing import NamedTuple

import nibabel
import numpy as np
import ome_types
import tifffile
import zarr


class Found(NamedTuple):
    """What another program reads.

    Args:
        voxels: (T, Z, C, Y, X).
        sizes_um: Along Z, Y and X.
        interval_s: ``None`` where the file does not tell.
        names: Of the channels.
        colours: The same; empty where the file has none.
        shown: Lowest and highest value shown of each channel; empty where the format has none.
    """

    voxels: np.ndarray
    sizes_um: tuple[float | None, ...]
    interval_s: float | None
    names: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    shown: tuple[tuple[float, float], ...] = ()


def read_by_others(path: Path, exporter: str) -> Found:
    """An exported file.

    Args:
        path: The file or folder.
        exporter: Row of ``EXPORTERS`` that wrote it.
    """
    readers = {
        "ome-tiff": _ome_tiff, "ome-tiff-plain": _ome_tiff, "imagej-tiff": _imagej,
        "nifti": _nifti, "ome-zarr": _ome_zarr,
    }  # fmt: skip
    return readers[exporter](path)


def _in_our_order(voxels: np.ndarray, axes: str) -> np.ndarray:
    """(T, Z, C, Y, X) of an array with any of these axes."""
    missing = [axis for axis in "TZCYX" if axis not in axes]
    letters = "".join(missing) + axes
    full = voxels.reshape((1,) * len(missing) + voxels.shape)
    return full.transpose([letters.index(axis) for axis in "TZCYX"])


def _ome_tiff(path: Path) -> Found:
    with tifffile.TiffFile(path) as tif:
        assert tif.is_ome
        series = tif.series[0]
        voxels = _in_our_order(series.asarray(), series.axes)
    (image,) = ome_types.from_tiff(path).images
    pixels = image.pixels
    sizes = (pixels.size_t, pixels.size_z, pixels.size_c, pixels.size_y, pixels.size_x)
    assert sizes == voxels.shape
    units = {"X": pixels.physical_size_x_unit, "Y": pixels.physical_size_y_unit,
             "Z": pixels.physical_size_z_unit}  # fmt: skip
    assert {unit.value for unit in units.values()} == {"µm"}
    assert pixels.time_increment_unit.value == "s"
    return Found(
        voxels,
        (pixels.physical_size_z, pixels.physical_size_y, pixels.physical_size_x),
        pixels.time_increment,
        tuple(channel.name for channel in pixels.channels),
        tuple(channel.color.as_hex(format="long")[:7] for channel in pixels.channels),
    )


def _imagej(path: Path) -> Found:
    with tifffile.TiffFile(path) as tif:
        assert tif.is_imagej
        series, told = tif.series[0], tif.imagej_metadata
        voxels = _in_our_order(series.asarray(), series.axes)
        tags = tif.pages.first.tags
        x, y = (tags[f"{axis}Resolution"].value for axis in "XY")
    counts = tuple(told.get(name, 1) for name in ("frames", "slices", "channels"))
    assert counts == voxels.shape[:3]
    is_known = told.get("unit") == "um"
    # of one channel the library gives the table and the name themselves
    luts = np.reshape(told.get("LUTs", []), (-1, 3, 256))
    labels = np.ravel(told.get("Labels", [])).tolist()
    ranges = told["Ranges"]
    return Found(
        voxels,
        (told.get("spacing"), *((y[1] / y[0], x[1] / x[0]) if is_known else (None, None))),
        told.get("finterval"),
        tuple(labels[: voxels.shape[2]]),
        tuple("#" + bytes(lut[:, 255]).hex() for lut in luts),
        tuple(zip(ranges[::2], ranges[1::2], strict=True)),
    )


def _nifti(path: Path) -> Found:
    image = nibabel.load(path)
    stored = np.asarray(image.dataobj, image.get_data_dtype())
    # X, Y, Z, time and channels; several channels alone are the fourth
    header = image.header
    unit, time_unit = header.get_xyzt_units()
    has_time = time_unit == "sec"
    axes = {3: "XYZ", 4: "XYZT" if has_time else "XYZC", 5: "XYZTC"}[stored.ndim]
    factor = {"mm": 1000, "micron": 1, "unknown": None}[unit]
    edges = np.linalg.norm(image.affine[:3, :3], axis=0)
    x, y, z = (None if factor is None else float(size) * factor for size in edges)
    interval = float(header["pixdim"][4]) if has_time else 0
    return Found(_in_our_order(stored, axes), (z, y, x), interval or None)


def _ome_zarr(path: Path) -> Found:
    ome = json.loads((path / "zarr.json").read_text(encoding="utf-8"))["attributes"]["ome"]
    (image,) = ome["multiscales"]
    axes = "".join(axis["name"] for axis in image["axes"]).upper()
    array = zarr.open_array(path / image["datasets"][0]["path"], mode="r")
    assert "".join(array.metadata.dimension_names).upper() == axes
    (scaling,) = image["datasets"][0]["coordinateTransformations"]
    sizes = dict(zip(axes, scaling["scale"], strict=True))
    units = {axis["name"].upper(): axis.get("unit") for axis in image["axes"]}
    assert {units["Z"], units["Y"], units["X"]} <= {"micrometer", None}
    channels = ome["omero"]["channels"]
    return Found(
        _in_our_order(np.asarray(array), axes),
        tuple(sizes[axis] if units[axis] else None for axis in "ZYX"),
        sizes["T"] if units.get("T") == "second" else None,
        tuple(channel["label"] for channel in channels),
        tuple("#" + channel["color"].lower() for channel in channels),
        tuple((each["window"]["start"], each["window"]["end"]) for each in channels),
    )


def are_close(found: tuple[float | None, ...], wanted: tuple[float | None, ...]) -> bool:
    """Whether numbers agree to a millionth, and the same ones are not known."""
    return len(found) == len(wanted) and all(
        a is b if a is None or b is None else math.isclose(a, b, rel_tol=1e-6)
        for a, b in zip(found, wanted, strict=True)
    )
