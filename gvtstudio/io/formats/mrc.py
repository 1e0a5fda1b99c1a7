"""Opens MRC, the format of electron microscopy: one volume, or several of one size."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from mrcfile.dtypes import HEADER_DTYPE
from mrcfile.utils import (
    byte_order_from_machine_stamp,
    dtype_from_mode,
    spacegroup_is_volume_stack,
)

from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.described import from_file
from gvtstudio.io.formats.file_stack import FileStack, opening, refuse_scene
from gvtstudio.io.formats.mrc_recognition import HEADER_BYTES
from gvtstudio.io.formats.raw_voxels import RawLayout, RawVoxels, plain_file, refuse_too_short
from gvtstudio.io.formats.units import length_um
from gvtstudio.io.provenance_text import clean_text

_READABLE_MODES = (0, 1, 2, 6, 12)
_OTHER_MODES = {3: "complex", 4: "complex", 16: "colour (RGB)", 101: "4-bit"}
# IMOD's own: a stamp, and behind it flags, the first of which says that bytes have a sign
_IMOD = slice(40, 48)
_IMOD_STAMP = 1146047817


def open_mrc(path: Path, scene: int = 0) -> FileStack:
    """Open an MRC file.

    Raises:
        FileUnreadable: The file is damaged, truncated, or holds nothing a stack can hold.
        UsageError: It has one dataset only.
    """
    refuse_scene(path, scene, 1)
    with opening(path):
        with path.open("rb") as file:
            head = file.read(HEADER_BYTES)
        header = np.frombuffer(head, HEADER_DTYPE.newbyteorder(_byte_order(head)))[0]
        layout = _layout(header, path.name)
        refuse_too_short(path, layout.end)
        info = _info(header, layout, path)
    voxels = RawVoxels(layout, partial(plain_file, path))
    return FileStack(info, voxels.fill, voxels.close)


def _byte_order(head: bytes) -> str:
    """``<`` or ``>``: that in which the axis of the columns is one of three, else the stamp's.

    The stamp comes second, as programs that swap bytes forget it, and old ones write none.
    """
    for sign in "<>":
        header = np.frombuffer(head, HEADER_DTYPE.newbyteorder(sign))[0]
        if header["mapc"] in (1, 2, 3):
            return sign
    return str(byte_order_from_machine_stamp(header["machst"]))


def _layout(header: Any, name: str) -> RawLayout:
    nx, ny, nz = (int(header[field]) for field in ("nx", "ny", "nz"))
    begin = HEADER_BYTES + int(header["nsymbt"])
    if min(nx, ny, nz) < 1 or begin < HEADER_BYTES:
        raise damaged(name, f"its header speaks of {nx} × {ny} × {nz} voxels from {begin} on")
    depth = _depth(header)
    axes = "".join(_axis_letter(int(header[field])) for field in ("mapc", "mapr", "maps"))
    if sorted(axes) != ["X", "Y", "Z"]:
        axes = "XYZ"
    # The first row is the lowest: IMOD and Fiji (Bio-Formats) show it at the bottom, and so do we.
    flipped = tuple(axis == "Y" for axis in axes + "TC")
    sizes = (nx, ny, depth, nz // depth, 1)
    return RawLayout(sizes, axes + "TC", flipped, _voxel_type(header, name), begin, None)


def _depth(header: Any) -> int:
    """Slices of one volume: all there are, unless the file says that it is several volumes."""
    nz, mz = int(header["nz"]), int(header["mz"])
    several = spacegroup_is_volume_stack(int(header["ispg"]))
    return mz if several and mz > 0 and nz % mz == 0 else nz


def _axis_letter(number: int) -> str:
    return {1: "X", 2: "Y", 3: "Z"}.get(number, "")


def _voxel_type(header: Any, name: str) -> np.dtype:
    mode = int(header["mode"])
    if mode in _OTHER_MODES:
        raise FileUnreadable(
            f"{name} holds {_OTHER_MODES[mode]} values; only whole and real numbers can be read.",
            "Save its magnitude or its brightness as real numbers (mode 2), for example with IMOD.",
        )
    if mode not in _READABLE_MODES:
        raise damaged(name, f"its header speaks of a voxel type {mode}, which does not exist")
    number = header.dtype["mode"]
    if mode == 0:
        stamp, flags = np.frombuffer(header["extra2"].tobytes()[_IMOD], number)
        return np.dtype("u1" if stamp == _IMOD_STAMP and not flags & 1 else "i1")
    dtype: np.dtype = dtype_from_mode(mode).newbyteorder(number.byteorder)
    return dtype


def _info(header: Any, layout: RawLayout, path: Path) -> StackInfo:
    sizes_um = {axis: _voxel_um(header, axis) for axis in "zyx"}
    volume_axes = "".join(reversed(layout.targets[:3]))
    return StackInfo(
        path=str(path),
        shape=layout.shape,
        dtype=layout.dtype.name,
        channels=default_channels(1),
        calibration=from_file(sizes_um["z"], sizes_um["y"], sizes_um["x"], None),
        reader="mrc",
        file_axes="T" + volume_axes if layout.sizes[3] > 1 else volume_axes,
        scene_names=(path.name,),
        metadata_text=_text(header),
        warnings=_assumptions(header, layout),
    )


def _voxel_um(header: Any, axis: str) -> float | None:
    intervals = int(header[f"m{axis}"])
    if intervals < 1:
        return None
    # as many digits as the 32-bit number has, not the noise behind them
    return length_um(f"{float(header['cella'][axis]) / intervals:.7g}", "Å")


def _assumptions(header: Any, layout: RawLayout) -> tuple[str, ...]:
    if int(header["ispg"]) or layout.sizes[2] == 1:
        return ()
    return (
        f"The file does not say whether its {layout.sizes[2]} planes are slices; they are read as "
        "such.",
    )


def _text(header: Any) -> str:
    """What programs wrote about the file, a line each."""
    count = min(max(int(header["nlabl"]), 0), len(header["label"]))
    labels = (bytes(label).decode("latin-1").strip() for label in header["label"][:count])
    return clean_text("\n".join(label for label in labels if label))
