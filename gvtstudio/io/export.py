"""Writes a stack to a file: whole or not at all, never over its source."""

import math
import os
import re
import shutil
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from gvtstudio.domain.errors import OutputUnwritable, ResourcesMissing, StackUnsuitable
from gvtstudio.domain.file_names import (
    DEFAULT_TEMPLATE,
    FORBIDDEN,
    LONGEST_BYTES,
    filled,
    not_reserved,
    refuse_template,
)
from gvtstudio.domain.job import ExportDtype, ExportRequest, RestoreRequest
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.specs import ExporterSpec, load_callable, look_up
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.io.atomic import atomic_file, atomic_folder, refuse_existing
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.exports.options import ExportOptions
from gvtstudio.io.failures import unwritable
from gvtstudio.io.formats.ome_zarr_recognition import described_folder, is_ome_zarr
from gvtstudio.io.provenance_file import sidecar_bytes, sidecar_path

_ROOM_FOR_METADATA_BYTES = 4 * 2**20
_DOUBLE_EXTENSIONS = re.compile(r"\.(ome\.(tiff?|btf|tf2|tf8|zarr)|nii\.gz)$", re.IGNORECASE)
EXPORT_WORD = "export"
"""The task in the name of a plain export."""


def export_stack(
    stack: Stack,
    path: Path,
    format_name: str,
    provenance: Provenance,
    *,
    overwrite: bool,
    report: Callable[[int, int], None],
) -> Path:
    """Write a stack and, beside it, a note of what made it.

    Args:
        stack: What to write; it is read plane by plane.
        path: File or folder to make; the folder around it is made where needed.
        format_name: Row of ``EXPORTERS``.
        provenance: What made the stack.
        overwrite: Replace an existing file. The stack's own source is never replaced.
        report: Called with planes written and planes in all; when it raises, nothing is left.

    Returns:
        The path of the file.

    Raises:
        UsageError: No such format.
        StackUnsuitable: The format has no such voxel type.
        OutputUnwritable: It exists, is the source, or cannot be written.
        ResourcesMissing: The disk has not enough room.
    """
    exporter = look_up(EXPORTERS, "format", format_name)
    path = path.absolute()
    sidecar = sidecar_path(path)
    refuse_export(stack, path, exporter, overwrite=overwrite)
    options = ExportOptions(provenance, report)
    with atomic_file(sidecar, overwrite=overwrite) as note:
        note.write_bytes(sidecar_bytes(provenance))
        atomic = atomic_folder if exporter.is_folder else atomic_file
        with atomic(path, overwrite=overwrite) as temporary:
            load_callable(exporter.write)(stack, temporary, options)
            plane_count = math.prod(stack.info.shape[:3])
            report(plane_count, plane_count)
    return path


def refuse_export(stack: Stack, path: Path, exporter: ExporterSpec, *, overwrite: bool) -> None:
    """Raise where it can be told before anything is read that an export will fail.

    Raises:
        StackUnsuitable: The format has no such voxel type.
        OutputUnwritable: It exists, is the source, or cannot be written.
        ResourcesMissing: The disk has not enough room.
    """
    path = path.absolute()
    refuse_type(stack.info, exporter)
    _refuse_source(stack, path)
    if not overwrite:
        refuse_existing(path)
        refuse_existing(sidecar_path(path))
    _refuse_other_folder(path)
    require_room(path, stack.info, exporter)


def result_name(
    source: Path,
    suffix: str,
    model: str,
    extension: str,
    template: str = DEFAULT_TEMPLATE,
    scene: str = "",
) -> str:
    """The name of a result: ``<name>_<suffix>_<model><extension>``, or by another template.

    Args:
        source: The file it was made from.
        suffix: What was done, for example ``denoised``; may be empty.
        model: Name of the model; may be empty.
        extension: With dot.
        template: With ``NAME_FIELDS`` in braces.
        scene: Which dataset of the file, where it has several.

    Raises:
        UsageError: The template cannot make names.

    Example:
        >>> result_name(Path("cell 3.ome.tif"), "denoised", "fluo-3d", ".ome.tif")
        'cell 3_denoised_fluo-3d.ome.tif'
        >>> result_name(Path("a.tif"), "export", "", ".tif", "{task} of {name}", "scene2")
        'export of a_scene2.tif'
    """
    refuse_template(template)
    if scene and "{scene}" not in template:
        before, has_name, after = template.partition("{name}")
        template = f"{before}{has_name}_{{scene}}{after}"
    values = {
        "scene": scene,
        "task": FORBIDDEN.sub("-", suffix),
        "model": FORBIDDEN.sub("-", model),
        "date": datetime.now().astimezone().date().isoformat(),
    }
    name = name_without_extension(source)
    room = LONGEST_BYTES - len(_encoded(extension))
    too_long = len(_encoded(filled(template, {**values, "name": name}))) - room
    if too_long > 0:
        name = _cut(name, max(len(_encoded(name)) - too_long, 1))
    return not_reserved(_cut(filled(template, {**values, "name": name}), room)) + extension


def restored_path(request: RestoreRequest, info: StackInfo, suffix: str, model: str) -> Path:
    """The file a restoration will write; scenes of one file are told apart.

    Args:
        request: Names folder and format, and the file where the user did.
        info: The stack to restore.
        suffix: What is done, for example ``denoised``.
        model: Name of the model.

    Raises:
        UsageError: No such format, or a template that cannot make names.
    """
    extension = look_up(EXPORTERS, "format", request.format).extension
    name = result_name(
        Path(request.input), suffix, model, extension, request.name_template, scene_word(info)
    )
    if request.output_name:
        name = f"{request.output_name}{extension}"
    return Path(request.output_dir) / name


def exported_path(request: ExportRequest, info: StackInfo) -> Path:
    """The file an export will write: the destination, or one in it that is named by the template.

    Args:
        request: Names file or folder, and the format.
        info: The stack to export.

    Raises:
        UsageError: No such format, or a template that cannot make names.
    """
    exporter = look_up(EXPORTERS, "format", request.format)
    path = Path(request.destination)
    # an OME-Zarr stack is a folder too
    is_folder = path.is_dir() and not path.name.lower().endswith(exporter.endings)
    if not is_folder and not request.destination.endswith(("/", os.sep)):
        return path
    source, scene = Path(request.source), scene_word(info)
    return path / result_name(
        source, EXPORT_WORD, "", exporter.extension, request.name_template, scene
    )


def scene_word(info: StackInfo) -> str:
    """Which dataset of its file a stack is, for names; empty where there is one."""
    return f"scene{info.scene + 1}" if len(info.scene_names) > 1 else ""


def free_path(path: Path, taken: Collection[Path] = ()) -> Path:
    """The path, or the first of ``name (2)``, ``name (3)`` … that is neither there nor taken."""
    free, number = path, 2
    stem = name_without_extension(path)
    # unlike pathlib's, these do not raise where a name is too long
    while free in taken or any(map(os.path.exists, (free, sidecar_path(free)))):
        free = path.with_name(f"{stem} ({number}){path.name.removeprefix(stem)}")
        number += 1
    return free


def name_without_extension(path: Path) -> str:
    """The name of a file or folder without its extension, which may be double.

    Example:
        >>> name_without_extension(Path("T1.nii.gz")), name_without_extension(Path("a.b.tif"))
        ('T1', 'a.b')
    """
    path = described_folder(path)
    double = _DOUBLE_EXTENSIONS.search(path.name)
    if double:
        return path.name[: double.start()]
    # a dot in the name of a folder of images begins no extension
    has_extension = is_ome_zarr(path, b"") or not path.is_dir()
    return path.stem if has_extension else path.name


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _cut(text: str, byte_count: int) -> str:
    """As much of a text as so many bytes hold."""
    cut = _encoded(text)[:byte_count]
    return text if len(cut) == len(_encoded(text)) else cut.decode("utf-8", "ignore")


def _refuse_source(stack: Stack, path: Path) -> None:
    """Raise where writing would change what the stack was read from."""
    source = Path(stack.info.path)
    if not source.exists():
        return
    try:
        # a folder is changed by what is written into it, and goes with the one it lies in
        within = [path, *path.parents] if source.is_dir() else [path]
        around = source.parents if path.is_dir() else ()
        is_source = any(place.exists() and place.samefile(source) for place in within)
        is_source = is_source or any(place.samefile(path) for place in around)
    except OSError as error:
        raise unwritable(path, error) from error
    if is_source:
        raise OutputUnwritable(
            f"{path.name} is the file the stack was read from; originals are never overwritten.",
            "Choose another name or folder.",
        )


def _refuse_other_folder(path: Path) -> None:
    """Raise where a folder has that name that no export has made: with it, its files would go."""
    if path.is_dir() and not is_ome_zarr(path, b"") and any(path.iterdir()):
        raise OutputUnwritable(
            f"{path.name} is a folder with other things in it, and is never replaced.",
            "Choose another name or folder.",
        )


def refuse_type(info: StackInfo, exporter: ExporterSpec) -> None:
    """Raise where a format cannot hold the voxels of a stack.

    Raises:
        StackUnsuitable: It has no such voxel type.
    """
    if info.dtype not in exporter.dtypes:
        raise StackUnsuitable(
            f"{info.name} holds {info.dtype} values; {exporter.name} files hold "
            f"{', '.join(exporter.dtypes)}.",
            f"Write it as {nearest_type(info, exporter)}, or in another format.",
        )


def nearest_type(info: StackInfo, exporter: ExporterSpec) -> ExportDtype:
    """As what to write a stack in a format: as it is, or what of it loses least."""
    if info.dtype in exporter.dtypes:
        return "same"
    return "uint8" if info.dtype == "bool" else "float32"


def require_room(path: Path, info: StackInfo, exporter: ExporterSpec) -> None:
    """Check the disk of the nearest folder that exists.

    Args:
        path: File to make.
        info: What it will hold; whether packing makes it smaller is not known beforehand.
        exporter: Its format.

    Raises:
        OutputUnwritable: The drive is not there.
        ResourcesMissing: The disk has not enough room.
    """
    needed_bytes = int(info.byte_count * exporter.growth) + _ROOM_FOR_METADATA_BYTES
    folder = next((parent for parent in path.parents if parent.is_dir()), None)
    if folder is None:
        raise OutputUnwritable(
            f"{path.name} cannot be written: the drive of {path.parent} is not there.",
            "Choose another folder, or connect the drive.",
        )
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        raise unwritable(path, error) from error
    if free_bytes < needed_bytes:
        raise ResourcesMissing(
            f"{path.name} needs {needed_bytes / 1e9:.1f} GB, but only {free_bytes / 1e9:.1f} GB "
            f"are free in {folder}.",
            "Free some space or choose another folder.",
        )
