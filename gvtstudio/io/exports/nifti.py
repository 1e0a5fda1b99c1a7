"""Writes NIfTI, which the programs of MRI read: plane by plane, packed unless named ``.nii``.

X rises to the patient's left, Y to the back and Z upwards. A stack that came from NIfTI keeps its
place in the world, so that other programs lay the result over the source.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.io.exports.options import ExportOptions, planes
from gvtstudio.io.nifti_note import note_of, packed_note
from gvtstudio.io.world_space import SPACES, World, resized, with_world, world_of

# Sizes have 16 bits in NIfTI-1.
LARGEST_OF_NIFTI_1 = 2**15 - 1
_SCANNER = 1
_HAS_EXTENSION = b"\1\0\0\0"
# Photon noise packs as well at this level as at any, and soonest.
_LEVEL = 1
_MILLIMETRE_UM = 1e3
_LARGE_PIXEL_UM = 100
"""From here on sizes are written in mm, as programs expect that ask for no unit; below in µm."""


def write(stack: Stack, path: Path, options: ExportOptions) -> None:
    """Write a stack plane by plane.

    Args:
        stack: What to write, of a type of the row in ``EXPORTERS``.
        path: File to make; it may exist and be empty.
        options: Provenance, progress, compression.
    """
    is_plain = path.suffix.lower() == ".nii" or options.compression == "none"
    with _opened(path, is_plain=is_plain) as file:
        file.write(_begin(stack.info, options))
        for plane in planes(stack, options.report, order="CTZ"):
            file.write(np.asarray(plane, plane.dtype.newbyteorder("<")).data.cast("B"))


@contextmanager
def _opened(path: Path, *, is_plain: bool) -> Iterator[BinaryIO | gzip.GzipFile]:
    with path.open("wb") as file:
        if is_plain:
            yield file
        else:
            # without name and time, so that the same stack makes the same file
            with gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed:
                yield packed


def _begin(info: StackInfo, options: ExportOptions) -> bytes:
    """The header with our note: everything before the voxels."""
    header = _header(info)
    world = _world(info)
    sizes = _placeholders(info.calibration) if world is None else _sizes_um(world)
    text = info.metadata_text if world is None else with_world(info.metadata_text, world)
    told = msgspec.structs.replace(info, metadata_text=text)
    note = packed_note(note_of(told, sizes, options.provenance))
    _set_calibration(header, info, world)
    header["vox_offset"] = len(header.binaryblock) + len(_HAS_EXTENSION) + len(note)
    return bytes(header.binaryblock) + _HAS_EXTENSION + note


def _header(info: StackInfo) -> Nifti1Header:
    sizes = _stored_sizes(info.shape)
    header_class: Any = Nifti2Header if max(sizes) > LARGEST_OF_NIFTI_1 else Nifti1Header
    header: Nifti1Header = header_class(endianness="<")
    header.set_data_dtype(np.dtype(info.dtype))
    header.set_data_shape(sizes)
    header.set_slope_inter(1, 0)
    header["descrip"] = b"GVT Studio"
    return header


def _stored_sizes(shape: Shape5) -> tuple[int, ...]:
    """X, Y, Z, then time and channels; channels alone are the fourth, as others write them."""
    t, z, c, y, x = shape
    if t > 1:
        return (x, y, z, t, c) if c > 1 else (x, y, z, t)
    return (x, y, z, c) if c > 1 else (x, y, z)


def _world(info: StackInfo) -> World | None:
    """Where the stack lies; ``None`` where its voxel size is not known at all."""
    calibration = info.calibration
    known = (calibration.x_um, calibration.y_um, calibration.z_um)
    source = world_of(info.metadata_text)
    if source is not None:
        pairs = zip(known, source.sizes_mm, strict=True)
        sizes = [size / _MILLIMETRE_UM if size else float(old) for size, old in pairs]
        return resized(source, np.array(sizes))
    if not any(known):
        return None
    x, y, z = (size / _MILLIMETRE_UM for size in _placeholders(calibration))
    return World(np.diag([-x, -y, z, 1.0]), SPACES[_SCANNER])


def _placeholders(calibration: Calibration) -> tuple[float, float, float]:
    """Voxel size along X, Y and Z; something must stand there where it is not known."""
    known = (calibration.x_um, calibration.y_um, calibration.z_um)
    # nothing known is 1 without a unit, which others, and we, take for mm
    instead = next((size for size in known if size), _MILLIMETRE_UM)
    x, y, z = (size or instead for size in known)
    return x, y, z


def _sizes_um(world: World) -> tuple[float, float, float]:
    x, y, z = (float(size) * _MILLIMETRE_UM for size in world.sizes_mm)
    return x, y, z


def _set_calibration(header: Nifti1Header, info: StackInfo, world: World | None) -> None:
    unit = "unknown"
    if world is not None:
        came_from_nifti = world_of(info.metadata_text) is not None
        is_large = came_from_nifti or world.sizes_mm[0] * _MILLIMETRE_UM >= _LARGE_PIXEL_UM
        unit = "mm" if is_large else "micron"
        affine = world.affine.copy()
        affine[:3] *= 1 if is_large else _MILLIMETRE_UM
        code = SPACES.index(world.space) if world.space in SPACES else _SCANNER
        _set_world(header, affine, code or _SCANNER)
    has_time = info.shape[0] > 1
    header.set_xyzt_units(unit, "sec" if has_time else "unknown")
    if has_time:
        header["pixdim"][4] = info.calibration.time_interval_s or 0


def _set_world(header: Nifti1Header, affine: np.ndarray, code: int) -> None:
    """Both places of the header that have room for it; one of them has no room for shears."""
    header.set_sform(affine, code)
    header.set_qform(affine, code)
    header["pixdim"][1:4] = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.allclose(header.get_qform(), affine, rtol=1e-4, atol=1e-4 * np.abs(affine).max()):
        header["qform_code"] = 0
