"""What the header of a NIfTI file says, in our terms, and what of it cannot be used."""

import math
from typing import Any, NamedTuple

import numpy as np
from nibabel.nifti1 import Nifti1Header, data_type_codes
from nibabel.nifti2 import Nifti2Header
from nibabel.spatialimages import HeaderDataError

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.nifti_recognition import HEADER_BYTES, Kind
from gvtstudio.io.world_space import SPACES, World, is_usable

_LENGTH_UNITS_UM = {1: 1e6, 2: 1e3, 3: 1.0}
_TIME_UNITS_S = {8: 1.0, 16: 1e-3, 24: 1e-6}
_MILLIMETRE_UM = 1e3
_STACK_DIMENSIONS = 5
_READABLE = {
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64",
}  # fmt: skip
_NAMES = {"RGB": "colour (RGB)", "RGBA": "colour (RGBA)", "binary": "one-bit"}
_SAME_SIZE = 0.01
"""Two voxel sizes in one header that differ by no more are not worth a word."""


class NiftiHeader(NamedTuple):
    """A header that makes sense.

    Args:
        sizes: Of the five dimensions, the fastest first; 1 where there are fewer.
        dtype: Of the stored numbers, with their byte order.
        begin: Where in the file the voxels begin.
        scale: Factor and summand that make intensities of them; ``None`` where they are that.
        world: Where voxels lie as they are stored; ``None`` where the header does not say.
        sizes_um: Along the first three dimensions; ``None`` where the header does not say.
        interval_s: Of the fourth; ``None`` where the header does not say that it is time.
        description: What the program that wrote it had to say.
        byte_order: ``<`` or ``>``.
        warnings: What the user should know, one sentence each.
    """

    sizes: tuple[int, ...]
    dtype: np.dtype
    begin: int
    scale: tuple[float, float] | None
    world: World | None
    sizes_um: tuple[float | None, ...]
    interval_s: float | None
    description: str
    byte_order: str
    warnings: tuple[str, ...]

    @property
    def end(self) -> int:
        """How long the file must be, unpacked."""
        return self.begin + math.prod(self.sizes) * self.dtype.itemsize


def parse_header(head: bytes, kind: Kind, name: str) -> NiftiHeader:
    """Understand the first bytes of a file.

    Args:
        head: As many bytes as the kind has.
        kind: ``one`` or ``two``.
        name: Of the file, for sentences.

    Raises:
        FileUnreadable: They contradict themselves, or hold what no stack can hold.
    """
    header_class: Any = Nifti1Header if kind == "one" else Nifti2Header
    header = header_class(head, check=False)
    warnings: list[str] = []
    unit = _LENGTH_UNITS_UM.get(int(header["xyzt_units"]) & 7)
    world = _world(header, (unit or _MILLIMETRE_UM) / _MILLIMETRE_UM, warnings)
    sizes_um = _sizes_um(header, world, unit or _MILLIMETRE_UM, warnings)
    if unit is None and any(sizes_um):
        warnings.append("The file does not say the unit of its voxel size; it is taken for mm.")
    return NiftiHeader(
        sizes=_dimensions(header, name),
        dtype=_voxel_type(header, name),
        # some programs write 0 there
        begin=max(int(header["vox_offset"]), HEADER_BYTES[kind] + 4),
        scale=_scale(header),
        world=world,
        sizes_um=sizes_um,
        interval_s=_interval_s(header),
        description=bytes(header["descrip"].tobytes()).split(b"\0")[0].decode("latin-1").strip(),
        byte_order=header.endianness,
        warnings=tuple(warnings),
    )


def _dimensions(header: Nifti1Header, name: str) -> tuple[int, ...]:
    count, *sizes = (int(number) for number in header["dim"])
    sizes = sizes[: max(count, 0)]
    if not 1 <= count <= 7 or min(sizes) < 1:
        raise damaged(name, f"its header speaks of {count} dimensions of the sizes {sizes}")
    if math.prod(sizes[_STACK_DIMENSIONS:]) > 1:
        raise FileUnreadable(
            f"{name} has {count} dimensions {tuple(sizes)}; a stack has at most width, height, "
            "depth, time and channels.",
            "Save the parts of it as separate files.",
        )
    return (*sizes, 1, 1, 1, 1)[:_STACK_DIMENSIONS]


def _voxel_type(header: Nifti1Header, name: str) -> np.dtype:
    code = int(header["datatype"])
    if code not in data_type_codes.dtype:
        raise damaged(name, f"its header speaks of a voxel type {code}, which does not exist")
    dtype: np.dtype = np.dtype(data_type_codes.dtype[code])  # type: ignore[call-overload]
    if dtype.name not in _READABLE:
        label = str(data_type_codes.label[code])
        raise FileUnreadable(
            f"{name} holds {_NAMES.get(label, label)} values; only whole and real numbers of up to "
            "64 bits can be read.",
            "Save its magnitude, or one of its colours, as 32-bit real numbers.",
        )
    return dtype.newbyteorder(header.endianness)


def _scale(header: Nifti1Header) -> tuple[float, float] | None:
    slope, summand = float(header["scl_slope"]), float(header["scl_inter"])
    is_meant = math.isfinite(slope) and math.isfinite(summand) and slope != 0
    return (slope, summand) if is_meant and (slope, summand) != (1, 0) else None


def _interval_s(header: Nifti1Header) -> float | None:
    unit = _TIME_UNITS_S.get(int(header["xyzt_units"]) & 0x38)
    interval = float(header["pixdim"][4])
    if unit is None or not math.isfinite(interval) or interval <= 0:
        return None
    return _plain(interval * unit)


def _world(header: Nifti1Header, unit_mm: float, warnings: list[str]) -> World | None:
    """The first of the two places a header has room for that can be used."""
    codes = [int(header["sform_code"]), int(header["qform_code"])]
    places: list[Any] = [header.get_sform, header.get_qform]
    for code, affine_of in zip(codes, places, strict=True):
        if code <= 0:
            continue
        try:
            with np.errstate(all="ignore"):
                affine = np.array(affine_of(), np.float64)
        except (HeaderDataError, ValueError, ArithmeticError):
            continue
        if is_usable(affine[:3, :3]) and np.isfinite(affine).all():
            affine[:3] *= unit_mm
            return World(affine, SPACES[code] if code < len(SPACES) else SPACES[0])
    if any(code > 0 for code in codes):
        warnings.append("The orientation in the file makes no sense; the voxels are as stored.")
    return None


def _sizes_um(
    header: Nifti1Header, world: World | None, unit_um: float, warnings: list[str]
) -> tuple[float | None, ...]:
    stated = [abs(float(size)) * unit_um for size in header["pixdim"][1:4]]
    sizes = [size if math.isfinite(size) and size > 0 else None for size in stated]
    if world is not None:
        used = [float(size) * _MILLIMETRE_UM for size in world.sizes_mm]
        pairs = zip(sizes, used, strict=True)
        if any(size and abs(size / other - 1) > _SAME_SIZE for size, other in pairs):
            warnings.append("The file has two voxel sizes; that of its orientation is taken.")
        sizes = list(used)
    return tuple(size if size is None else _plain(size) for size in sizes)


def _plain(number: float) -> float:
    """Without the noise of 32-bit numbers."""
    return float(f"{number:.6g}")
