"""Opens DeltaVision (.dv), a relative of MRC with time and channels.

No library that is kept up reads it, but its header is a table: the fields and their meaning are
those of IVE, the program it comes from.
"""

import struct
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.described import from_file
from gvtstudio.io.formats.file_stack import FileStack, opening, refuse_scene
from gvtstudio.io.formats.mrc_recognition import HEADER_BYTES
from gvtstudio.io.formats.raw_voxels import RawLayout, RawVoxels, plain_file, refuse_too_short
from gvtstudio.io.formats.units import length_um
from gvtstudio.io.provenance_text import clean_text

_DTYPES = {0: "u1", 1: "i2", 2: "f4", 6: "u2", 7: "i4"}
_COMPLEX = (3, 4)
# Which axis runs fastest, in terms of the stack; the file says W, for wavelength, for C.
_SEQUENCES = {0: "ZTC", 1: "CZT", 2: "ZCT"}
_NEW_TYPE = 100
_WAVELENGTHS = 5
_TITLES, _TITLE_BYTES = 224, 80
# Behind the whole numbers of a plane, real ones; the second is the time at which it was taken.
_SECONDS_PLACE = 1


class _Header(NamedTuple):
    order: str
    width: int
    height: int
    planes: int
    mode: int
    sizes_um: tuple[float, float, float]
    extended_bytes: int
    times: int
    sequence: int
    wavelengths_nm: tuple[int, ...]
    panels: int
    numbers: tuple[int, int]
    text: str


def open_dv(path: Path, scene: int = 0) -> FileStack:
    """Open a DeltaVision file.

    Raises:
        FileUnreadable: The file is damaged, truncated, or holds nothing a stack can hold.
        UsageError: It has one dataset only.
    """
    refuse_scene(path, scene, 1)
    with opening(path):
        with path.open("rb") as file:
            header = _parse(file.read(HEADER_BYTES))
        layout = _layout(header, path.name)
        refuse_too_short(path, layout.end)
        info = _info(header, layout, path)
    voxels = RawVoxels(layout, partial(plain_file, path))
    return FileStack(info, voxels.fill, voxels.close)


def _parse(head: bytes) -> _Header:
    order = "<" if head[96:98] == b"\xa0\xc0" else ">"

    def at(offset: int, fields: str) -> tuple[int, ...]:
        return struct.unpack_from(order + fields, head, offset)

    is_new = at(160, "h")[0] == _NEW_TYPE
    times = at(180, "H")[0]
    if is_new and times in (0, 0xFFFF):
        times = at(852, "i")[0]
    width, height, planes, mode = at(0, "4i")
    return _Header(
        order=order,
        width=width,
        height=height,
        planes=planes,
        mode=mode,
        sizes_um=struct.unpack_from(order + "3f", head, 40),
        extended_bytes=at(92, "i")[0],
        times=max(times, 1),
        sequence=at(182, "h")[0],
        wavelengths_nm=_wavelengths(at(196, "h")[0], at(198, f"{_WAVELENGTHS}h")),
        panels=at(880, "i")[0] if is_new else 0,
        numbers=(at(128, "h")[0], at(130, "h")[0]),
        text=_text(head, 4 if is_new else 10),
    )


def _wavelengths(count: int, known: tuple[int, ...]) -> tuple[int, ...]:
    """One per channel, 0 where it is not known: there is room for five."""
    count = max(count, 1)
    return (known + (0,) * count)[:count]


def _text(head: bytes, most: int) -> str:
    """The titles, a line each, without those that repeat one before."""
    places = range(_TITLES, _TITLES + most * _TITLE_BYTES, _TITLE_BYTES)
    titles = (head[i : i + _TITLE_BYTES].split(b"\0")[0].decode("latin-1") for i in places)
    return clean_text("\n".join(dict.fromkeys(title.strip() for title in titles if title.strip())))


def _layout(header: _Header, name: str) -> RawLayout:
    _refuse(header, name)
    begin = HEADER_BYTES + header.extended_bytes
    channels = len(header.wavelengths_nm)
    depth, rest = divmod(header.planes, header.times * channels)
    if min(header.width, header.height, depth) < 1 or rest or begin < HEADER_BYTES:
        raise damaged(
            name,
            f"its header speaks of {header.planes} planes for {header.times} time points and "
            f"{channels} channels",
        )
    lengths = {"Z": depth, "T": header.times, "C": channels}
    order = _SEQUENCES[header.sequence]
    sizes = (header.width, header.height, *(lengths[axis] for axis in order))
    dtype = np.dtype(header.order + _DTYPES[header.mode])
    # The first row is the lowest: softWoRx and Fiji (Bio-Formats) show it at the bottom.
    return RawLayout(sizes, "XY" + order, (False, True, False, False, False), dtype, begin, None)


def _refuse(header: _Header, name: str) -> None:
    if header.mode in _COMPLEX:
        raise FileUnreadable(
            f"{name} holds complex values; only whole and real numbers can be read.",
            "Save its magnitude as real numbers.",
        )
    if header.panels > 1:
        raise FileUnreadable(
            f"{name} holds {header.panels} panels, which this version cannot read.",
            "Open it in Fiji (Bio-Formats) and save each as OME-TIFF.",
        )
    if header.mode not in _DTYPES or header.sequence not in _SEQUENCES:
        raise damaged(
            name, f"its header speaks of voxel type {header.mode} and sequence {header.sequence}"
        )


def _info(header: _Header, layout: RawLayout, path: Path) -> StackInfo:
    x_um, y_um, z_um = (length_um(_plain(size), "um") for size in header.sizes_um)
    return StackInfo(
        path=str(path),
        shape=layout.shape,
        dtype=layout.dtype.name,
        channels=tuple(_channel(i, nm) for i, nm in enumerate(header.wavelengths_nm)),
        calibration=from_file(z_um, y_um, x_um, _interval_s(header, layout, path)),
        reader="dv",
        file_axes="".join(reversed(layout.targets)),
        scene_names=(path.name,),
        metadata_text=header.text,
    )


def _plain(number: float) -> float:
    """The shortest number that a 32-bit real number can stand for."""
    return float(str(np.float32(number)))


def _channel(index: int, wavelength_nm: int) -> Channel:
    """Transmitted light has a number below 0 for its wavelength."""
    if wavelength_nm <= 0:
        return Channel(f"Channel {index + 1}")
    return Channel(f"{wavelength_nm} nm", emission_wavelength_nm=float(wavelength_nm))


def _interval_s(header: _Header, layout: RawLayout, path: Path) -> float | None:
    """Mean time between time points, where the planes say when they were taken."""
    whole, real = header.numbers
    plane_bytes = 4 * (whole + real)
    step = 1
    for axis, size in zip(layout.targets[2:], layout.sizes[2:], strict=True):
        if axis == "T":
            break
        step *= size
    last = step * (header.times - 1)
    is_there = whole >= 0 and real > _SECONDS_PLACE and header.times > 1
    if not is_there or (last + 1) * plane_bytes > header.extended_bytes:
        return None
    seconds = []
    with path.open("rb") as file:
        for plane in (0, last):
            file.seek(HEADER_BYTES + plane * plane_bytes + 4 * (whole + _SECONDS_PLACE))
            seconds.append(struct.unpack(header.order + "f", file.read(4))[0])
    interval = (seconds[1] - seconds[0]) / (header.times - 1)
    return _plain(interval) if 0 < interval < float("inf") else None
