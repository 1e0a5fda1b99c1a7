"""Opens NIfTI, the format of MRI: one file, packed or not, shown as radiologists see it.

Voxels come so that X rises to the patient's left, Y to the back and Z upwards, wherever the header
tells how they lie; this is done region by region, and nothing is interpolated.
"""

import gzip
from functools import partial
from io import FileIO
from pathlib import Path
from typing import IO, BinaryIO, cast

import numpy as np
from nibabel.orientations import (
    aff2axcodes,
    axcodes2ornt,
    inv_ornt_aff,
    io_orientation,
    ornt_transform,
)

from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.formats.described import Described, from_file
from gvtstudio.io.formats.file_stack import FileStack, opening, refuse_scene
from gvtstudio.io.formats.nifti_header import NiftiHeader, parse_header
from gvtstudio.io.formats.nifti_recognition import (
    HEADER_BYTES,
    is_packed,
    kind_of,
)
from gvtstudio.io.formats.raw_voxels import RawLayout, RawVoxels, plain_file, refuse_too_short
from gvtstudio.io.formats.unpacked_file import unpacked
from gvtstudio.io.nifti_note import NiftiNote, find_note
from gvtstudio.io.provenance_text import clean_text
from gvtstudio.io.world_space import UNCHANGED, World, with_world, world_lines

_SHOWN = ("L", "P", "S")
_MOST_EXTENSION_BYTES = 1 << 26
# Deflate makes nothing smaller than by this; a header that announces more than that is wrong.
_STRONGEST_PACKING = 1032


def open_nifti(path: Path, scene: int = 0) -> FileStack:
    """Open a NIfTI file.

    Raises:
        FileUnreadable: The file is damaged, truncated, or holds nothing a stack can hold.
        UsageError: It has one dataset only.
    """
    refuse_scene(path, scene, 1)
    with opening(path):
        header, extensions, packed = _read_begin(path)
        refuse_too_short(path, header.end, _STRONGEST_PACKING if packed else 1)
    note = find_note(extensions, header.byte_order)
    layout, world = _layout(header, note)
    info = _info(path, header, layout, _described(header, layout, world, note))
    voxels = RawVoxels(layout, partial(_file_to_read, path, header.end if packed else 0))
    return FileStack(info, voxels.fill, voxels.close)


def read_note(path: Path) -> NiftiNote | None:
    """What this program wrote into a file beside the voxels; ``None`` where it did not.

    Raises:
        FileUnreadable: It is no NIfTI file that can be read.
    """
    with opening(path):
        header, extensions, _ = _read_begin(path)
    return find_note(extensions, header.byte_order)


def _file_to_read(path: Path, unpacked_bytes: int) -> FileIO:
    """The file, unpacked first where its unpacked length is not 0."""
    if not unpacked_bytes:
        return plain_file(path)
    return unpacked(path, unpacked_bytes, lambda: cast("IO[bytes]", gzip.open(path)))


def _read_begin(path: Path) -> tuple[NiftiHeader, bytes, bool]:
    """The header, what stands between it and the voxels, and whether the file is packed."""
    with path.open("rb") as plain:
        packed = is_packed(plain.read(4))
        plain.seek(0)
        if not packed:
            return *_header_and_extensions(plain, path.name), False
        with gzip.open(plain) as unpacked:
            return *_header_and_extensions(unpacked, path.name), True


def _header_and_extensions(file: BinaryIO | gzip.GzipFile, name: str) -> tuple[NiftiHeader, bytes]:
    head = file.read(HEADER_BYTES["one"])
    kind = kind_of(head)
    if kind == "pair":
        raise FileUnreadable(
            f"{name} is the header of a pair of files (.hdr and .img).",
            "Save the two as one .nii file, for example with nibabel, FSL or ITK-SNAP.",
        )
    head += file.read(HEADER_BYTES[kind] - len(head))
    header = parse_header(head, kind, name)
    length = min(header.begin - len(head), _MOST_EXTENSION_BYTES)
    return header, file.read(length)


def _layout(header: NiftiHeader, note: NiftiNote | None) -> tuple[RawLayout, World | None]:
    """How the voxels lie in the file, and where they lie in the world as they are shown."""
    targets, flipped, world = "XYZ", [False] * 3, header.world
    if world is not None:
        turn = ornt_transform(io_orientation(world.affine), axcodes2ornt(_SHOWN))
        targets = "".join("XYZ"[int(axis)] for axis in turn[:, 0])
        flipped = [bool(way < 0) for way in turn[:, 1]]
        world = world._replace(affine=world.affine @ inv_ornt_aff(turn, header.sizes[:3]))
    layout = RawLayout(
        header.sizes,
        targets + ("TC" if _fourth_is_time(header, note) else "CT"),
        (*flipped, False, False),
        header.dtype,
        header.begin,
        header.scale,
    )
    return layout, world


def _fourth_is_time(header: NiftiHeader, note: NiftiNote | None) -> bool:
    """Whether the fourth dimension is time and the fifth are channels, or the fourth channels."""
    fourth, fifth = header.sizes[3:]
    if note is not None and (note.shape[0], note.shape[2]) in ((fourth, fifth), (1, fourth)):
        return note.shape[0] == fourth and note.shape[2] == fifth
    return fifth > 1 or header.interval_s is not None


def _described(
    header: NiftiHeader, layout: RawLayout, world: World | None, note: NiftiNote | None
) -> Described:
    shape = layout.shape
    sizes = dict(zip(layout.targets, header.sizes_um, strict=False))
    interval_s = header.interval_s if shape[0] > 1 else None
    if note is None or (note.shape[0], note.shape[2]) != (shape[0], shape[2]):
        calibration = from_file(sizes["Z"], sizes["Y"], sizes["X"], interval_s)
        warnings = header.warnings + _assumptions(header, layout)
        return Described(calibration, text=_text(header, world), warnings=warnings)
    known = note.calibration
    # where another program has changed the header since, that counts
    noted = dict(zip("XYZ", note.sizes_um, strict=True))
    for axis, value in (("X", known.x_um), ("Y", known.y_um), ("Z", known.z_um)):
        size = sizes[axis]
        if size is None or abs(noted[axis] / size - 1) < UNCHANGED:
            sizes[axis] = value
    interval_s = known.time_interval_s if known.time_interval_s is not None else interval_s
    return Described(
        from_file(sizes["Z"], sizes["Y"], sizes["X"], interval_s),
        note.channels,
        note.significant_bits,
        note.metadata_text if world is None else with_world(note.metadata_text, world),
    )


def _assumptions(header: NiftiHeader, layout: RawLayout) -> tuple[str, ...]:
    fourth, fifth = header.sizes[3:]
    if fourth == 1 or header.interval_s is not None:
        return ()
    if fifth > 1:
        return ("The file does not tell the time between its time points.",)
    return (
        f"The file does not say that its fourth axis of length {fourth} is time; it is read as "
        f"{fourth} channels.",
    )


def _text(header: NiftiHeader, world: World | None) -> str:
    """What the header says, in lines."""
    lines = [f"description = {clean_text(header.description)}"] if header.description else []
    if header.world is None or world is None:
        return "\n".join([*lines, "orientation = not known, shown as stored"])
    stored = "".join(letter or "?" for letter in aff2axcodes(header.world.affine))
    shown = "".join(_SHOWN)
    return "\n".join(
        [*lines, f"orientation = stored as {stored}, shown as {shown}", world_lines(world)]
    )


def _info(path: Path, header: NiftiHeader, layout: RawLayout, described: Described) -> StackInfo:
    shape = layout.shape
    dimensions = range(5 - next((i for i, n in enumerate(header.sizes[::-1]) if n > 1), 5))
    dtype = np.dtype(np.float32) if header.scale else header.dtype
    return StackInfo(
        path=str(path),
        shape=shape,
        dtype=dtype.name,
        channels=described.channels or default_channels(shape[2]),
        calibration=described.calibration,
        reader="nifti",
        file_axes="".join(layout.targets[i] for i in reversed(dimensions)),
        scene_names=(path.name,),
        significant_bits=described.significant_bits,
        metadata_text=described.text,
        warnings=described.warnings,
    )
