"""Files of other programs, written without our exporters, and what must be found in them.

Those whose library can write them are written by it; the others byte by byte as their programs lay
them out, and each is read again by the library that people use for that format.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import liffile
import nd2
import numpy as np
import oiffile
import tifffile
import zarr
from pylibCZIrw.czi import (
    ChannelDisplaySettingsDataClass,
    Rgb8Color,
    TintingMode,
    create_czi,
    open_czi,
)

from tests.io.lif_for_tests import Image, write_lif
from tests.io.nd2_for_tests import write_nd2
from tests.io.oif_for_tests import lut, main_settings, pack, plane_files, write_folder
from tests.io.zarr_for_tests import write_image

NAMES = ("Aktin <α>", "DNA")
COLOURS = ("#00ff00", "#ff00ff")
_RGB = ((0, 255, 0), (255, 0, 255))
_TIMES_S = 2.5
_LSM = 34412
_LSM_LAYOUT = np.dtype(tifffile.TIFF.CZ_LSMINFO)
_LSM_FOR_NOW = 65000
"""Stands where the tag of LSM will, while the file is not as the library expects such files."""


class Source(NamedTuple):
    """A file, and what it holds.

    Args:
        path: The file or folder.
        sizes_um: Along Z, Y and X.
        interval_s: ``None`` where the file does not tell.
        names: Of the channels; empty where the file has none.
        colours: The same.
        by_library: The voxels, (T, Z, C, Y, X), as another program reads them.
    """

    path: Path
    sizes_um: tuple[float | None, float, float]
    interval_s: float | None
    names: tuple[str, ...]
    colours: tuple[str, ...]
    by_library: np.ndarray


Write = Callable[[Path, np.ndarray], Source]


def _interval(voxels: np.ndarray) -> float | None:
    return _TIMES_S if len(voxels) > 1 else None


def imagej(folder: Path, voxels: np.ndarray, byteorder: str = "<") -> Source:
    """A hyperstack as tifffile writes it."""
    path, channels = folder / "a.tif", voxels.shape[2]
    ramps = [np.outer(rgb, np.arange(256) / 255).astype(np.uint8) for rgb in _RGB[:channels]]
    metadata = {
        "axes": "TZCYX", "unit": "um", "spacing": 0.3, "mode": "composite", "LUTs": ramps,
        "Labels": list(NAMES[:channels]) * (voxels.shape[0] * voxels.shape[1]),
    }  # fmt: skip
    if len(voxels) > 1:
        metadata["finterval"] = _TIMES_S
    tifffile.imwrite(
        path, voxels, imagej=True, byteorder=byteorder, resolution=(1 / 0.105, 1 / 0.104),
        metadata=metadata,
    )  # fmt: skip
    read = tifffile.imread(path).reshape(voxels.shape)
    return _told(path, voxels, read)


def imagej_big_endian(folder: Path, voxels: np.ndarray) -> Source:
    """As ImageJ itself writes."""
    return imagej(folder, voxels, ">")


def ome(folder: Path, voxels: np.ndarray, byteorder: str = "<") -> Source:
    """An OME-TIFF with its planes in another order, sizes in nm and times in ms."""
    path, channels = folder / "a.ome.tif", voxels.shape[2]
    metadata = {
        "axes": "TCZYX", "PhysicalSizeX": 105, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 104,
        "PhysicalSizeYUnit": "nm", "PhysicalSizeZ": 0.0003, "PhysicalSizeZUnit": "mm",
        "Channel": {"Name": list(NAMES[:channels]), "Color": [0x00FF00FF, -0xFF0001][:channels]},
    }  # fmt: skip
    if len(voxels) > 1:
        metadata |= {"TimeIncrement": _TIMES_S * 1e3, "TimeIncrementUnit": "ms"}
    stored = np.ascontiguousarray(voxels.transpose(0, 2, 1, 3, 4))
    tifffile.imwrite(
        path, stored, ome=True, byteorder=byteorder, photometric="minisblack", metadata=metadata
    )
    read = tifffile.imread(path).reshape(stored.shape).transpose(0, 2, 1, 3, 4)
    return _told(path, voxels, read)


def ome_big_endian(folder: Path, voxels: np.ndarray) -> Source:
    """As Bio-Formats writes."""
    return ome(folder, voxels, ">")


def lsm(folder: Path, voxels: np.ndarray) -> Source:
    """Planes with their channels one after the other, each followed by a small picture of it."""
    path = folder / "a.lsm"
    times, slices, channels, height, width = voxels.shape
    described = np.zeros((), _LSM_LAYOUT)
    values = {
        "MagicNumber": 67127628, "StructureSize": described.dtype.itemsize, "DimensionX": width,
        "DimensionY": height, "DimensionZ": slices, "DimensionChannels": channels,
        "DimensionTime": times, "VoxelSizeX": 105e-9, "VoxelSizeY": 104e-9, "VoxelSizeZ": 300e-9,
        "ScanType": 6 if times > 1 else 0, "TimeIntervall": _TIMES_S if times > 1 else 0,
    }  # fmt: skip
    for name, value in values.items():
        described[name] = value
    with tifffile.TiffWriter(path) as writer:
        for i, plane in enumerate(voxels.reshape(-1, channels, height, width)):
            tags = [(_LSM_FOR_NOW, 1, described.nbytes, described.tobytes(), True)]
            tags = tags if i == 0 else []
            planar = {"planarconfig": "separate"} if channels > 1 else {}
            pixels = plane if channels > 1 else plane[0]
            writer.write(pixels, photometric="minisblack", metadata=None, extratags=tags, **planar)
            small = np.zeros((4, 5, 3), np.uint8)
            writer.write(small, photometric="rgb", subfiletype=1, metadata=None)
    _append_lsm_channels(path, channels)
    read = tifffile.imread(path, series=0).reshape(voxels.shape)
    return _told(path, voxels, read)


def _append_lsm_channels(path: Path, channels: int) -> None:
    """Names and colours, and where they stand."""
    colours = b"".join(struct.pack("4B", *rgb, 0) for rgb in _RGB[:channels])
    encoded = [name.encode() + b"\0" for name in NAMES[:channels]]
    names = b"".join(struct.pack("<I", len(name)) + name for name in encoded)
    size = 24 + len(colours) + len(names)
    head = struct.pack("<6I", size, channels, channels, 24, 24 + len(colours), 0)
    with tifffile.TiffFile(path) as tif:
        tag = tif.pages.first.tags[_LSM_FOR_NOW]
        bits = [page.tags[258] for page in tif.pages][::2]
    with path.open("r+b") as file:
        end = file.seek(0, 2)
        file.write(head + colours + names)
        file.seek(tag.valueoffset + _LSM_LAYOUT.fields["OffsetChannelColors"][1])
        file.write(struct.pack("<I", end))
        file.seek(tag.offset)
        file.write(struct.pack("<H", _LSM))
        if channels == 2:  # ZEN writes where the bits of two channels stand, though they had room
            place = file.seek(0, 2)
            file.write(struct.pack("<2H", *bits[0].value))
            for each in bits:
                file.seek(each.offset + 8)
                file.write(struct.pack("<I", place))


def czi(folder: Path, voxels: np.ndarray) -> Source:
    """As Zeiss's own library writes it, with Zstandard."""
    path, channels = folder / "a.czi", voxels.shape[2]
    shown = {
        c: ChannelDisplaySettingsDataClass(
            is_enabled=True,
            tinting_mode=TintingMode.Color,
            tinting_color=Rgb8Color(*rgb),
            black_point=0.0,
            white_point=1.0,
        )
        for c, rgb in enumerate(_RGB[:channels])
    }
    with create_czi(str(path)) as file:
        for t, z, c in np.ndindex(voxels.shape[:3]):
            file.write(voxels[t, z, c], plane={"T": t, "Z": z, "C": c})
        names = dict(enumerate(NAMES[:channels]))
        file.write_metadata(
            "a", names, scale_x=105e-9, scale_y=104e-9, scale_z=300e-9, display_settings=shown
        )
    read = np.empty_like(voxels)
    with open_czi(str(path)) as file:
        for t, z, c in np.ndindex(voxels.shape[:3]):
            read[t, z, c] = file.read(plane={"T": t, "Z": z, "C": c})[..., 0]
    return _told(path, voxels, read)._replace(interval_s=None)


def nd2_file(folder: Path, voxels: np.ndarray) -> Source:
    """The channels of a place side by side in one frame."""
    times, slices, channels, *size = voxels.shape
    frames = voxels.transpose(0, 1, 3, 4, 2).reshape(times * slices, *size, channels)
    loops = (("T", times), ("Z", slices)) if times > 1 else (("Z", slices),)
    path = write_nd2(folder / "a.nd2", list(np.ascontiguousarray(frames)), loops)
    read = nd2.imread(path).reshape(voxels.shape)
    return Source(
        path, (0.25, 0.13, 0.13), 2.0 if times > 1 else None, ("Ch0", "Ch1")[:channels],
        ("#ff0000", "#00ff00")[:channels], read,
    )  # fmt: skip


def lif(folder: Path, voxels: np.ndarray) -> Source:
    """One image of a project, channels outermost."""
    times, channels = len(voxels), voxels.shape[2]
    axes = "TZYX" if times > 1 else "ZYX"
    stored = voxels.transpose(2, 0, 1, 3, 4)
    array = np.ascontiguousarray(stored if times > 1 else stored[:, 0])
    steps = {"T": (_TIMES_S, "s"), "Z": (300e-9, "m"), "Y": (0.104, "µm"), "X": (105e-9, "m")}
    image = Image(
        "one", axes, array, luts=("Green", "Magenta")[:channels], dyes=("GFP", "DNA")[:channels],
        steps=steps,
    )  # fmt: skip
    path = write_lif(folder / "a.lif", image)
    with liffile.LifFile(path) as file:
        found = file.images[0]
        order = [found.dims.index(axis) for axis in "TZCYX" if axis in found.dims]
        read = found.asarray().transpose(order).reshape(voxels.shape)
    return _told(path, voxels, read)._replace(names=("GFP", "DNA")[:channels])


def oib(folder: Path, voxels: np.ndarray) -> Source:
    """A compound document with a TIFF for every plane."""
    times, slices, channels = voxels.shape[:3]
    z = {"AxisCode": "Z", "MaxSize": slices, "PixUnit": "nm", "StartPosition": 0.0,
         "EndPosition": 300.0 * (slices - 1), "Interval": 300}  # fmt: skip
    t = {"AxisCode": "T", "MaxSize": times, "PixUnit": "ms", "StartPosition": 0.0,
         "EndPosition": 1000 * _TIMES_S * (times - 1), "Interval": 0}  # fmt: skip
    c = {"AxisCode": "C", "MaxSize": channels}
    sections = main_settings(
        Axis_2_Parameters_Common=c, Axis_3_Parameters_Common=z, Axis_4_Parameters_Common=t
    )
    tables = {"s_LUT1_lut": lut(0, 255, 0), "s_LUT2_lut": lut(255, 0, 255)}
    oif = write_folder(folder / "a.oif", plane_files(voxels), sections, **tables)
    path = pack(oif, folder / "a.oib")
    with oiffile.OifFile(path) as file:
        series = file.series[0]
        letters = [axis for axis in series.axes if axis in "TZC"]
        order = [letters.index(axis) for axis in "TZC" if axis in letters]
        read = series.asarray().transpose(*order, -2, -1).reshape(voxels.shape)
    return Source(
        path, (0.3, 0.21, 0.2), _interval(voxels), ("DAPI", "TD1")[:channels],
        COLOURS[:channels], read,
    )  # fmt: skip


def ome_zarr(folder: Path, voxels: np.ndarray, version: int = 3) -> Source:
    """An image of two levels, as the specification has it."""
    sizes = dict(zip("tzcyx", voxels.shape, strict=True))
    names = "".join(axis for axis in "tczyx" if axis in "zyx" or sizes[axis] > 1)
    stored = voxels.transpose(0, 2, 1, 3, 4).reshape([sizes[axis] for axis in names])
    described = [
        {"label": name, "color": colour.removeprefix("#")}
        for name, colour in zip(NAMES, COLOURS, strict=True)
    ]
    path = write_image(
        folder / "a.ome.zarr", stored, names, version,
        omero={"channels": described[: sizes["c"]]},
    )  # fmt: skip
    by_library = np.asarray(zarr.open_array(path / "0", mode="r"))
    read = by_library.reshape([sizes[axis] for axis in "tczyx"]).transpose(0, 2, 1, 3, 4)
    return _told(path, voxels, read)


def ome_zarr_2(folder: Path, voxels: np.ndarray) -> Source:
    """As OME-Zarr was until 0.4."""
    return ome_zarr(folder, voxels, 2)


def _told(path: Path, voxels: np.ndarray, read: np.ndarray) -> Source:
    channels = voxels.shape[2]
    return Source(
        path, (0.3, 0.104, 0.105), _interval(voxels), NAMES[:channels], COLOURS[:channels], read
    )


SOURCES: dict[str, Write] = {
    "imagej": imagej,
    "imagej-big-endian": imagej_big_endian,
    "ome-tiff": ome,
    "ome-tiff-big-endian": ome_big_endian,
    "lsm": lsm,
    "czi": czi,
    "nd2": nd2_file,
    "lif": lif,
    "oib": oib,
    "ome-zarr-0.5": ome_zarr,
    "ome-zarr-0.4": ome_zarr_2,
}
"""Every kind of file of the matrix."""

WITHOUT_FLOAT = {"oib"}
"""Kinds whose programs write whole numbers only."""
