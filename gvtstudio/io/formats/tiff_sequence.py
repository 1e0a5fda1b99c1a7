"""Opens a folder of TIFF files that are the planes of one stack."""

import math
from pathlib import Path

import msgspec

from gvtstudio.domain.channel import Channel, default_channels
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.io.formats.file_stack import FileStack, refuse_scene
from gvtstudio.io.formats.folder_stack import FolderStack
from gvtstudio.io.formats.plane_files import (
    PlaneFiles,
    first_plane,
    missing_warning,
    stack_of_file,
)
from gvtstudio.io.formats.sequence_names import NameSequence
from gvtstudio.io.formats.tiff_sequence_recognition import sequence_in


def open_tiff_sequence(path: Path, scene: int = 0) -> Stack:
    """Open one stage position of a sequence; the header of its first file tells size and type.

    Args:
        path: The folder.
        scene: Which of its stage positions, counted from 0.

    Raises:
        FileUnreadable: The folder holds no sequence, or its first file is damaged.
        UsageError: There is no such dataset.
    """
    sequence = sequence_in(path)
    if sequence is None:
        raise FileUnreadable(
            f"{path.name} holds no sequence of images any more.", "Open its files singly."
        )
    whole = _whole_ome(path, sequence, scene)
    if whole is not None:
        return whole
    refuse_scene(path, scene, len(sequence.scenes))
    files = {place: path / name for place, name in sequence.files[scene].items()}
    first = first_plane(files[min(files)])
    voxels = PlaneFiles(files, first)
    return FileStack(_info(path, scene, sequence, first), voxels.fill, voxels.close)


def _whole_ome(path: Path, sequence: NameSequence, scene: int) -> Stack | None:
    """The dataset whose files know one another; ``None`` where each knows itself only."""
    names = sequence.files[0]
    name = names[min(names)]
    if not name.lower().endswith((".ome.tif", ".ome.tiff")):
        return None
    stack = stack_of_file(path / name)
    if math.prod(stack.info.shape[:3]) == 1 and len(stack.info.scene_names) == 1:
        stack.close()
        return None
    if scene:
        stack.close()
        stack = stack_of_file(path / name, scene)
    warnings = (_taken(sequence), *stack.info.warnings)
    return FolderStack(
        stack, msgspec.structs.replace(stack.info, path=str(path), warnings=warnings)
    )


def _info(path: Path, scene: int, sequence: NameSequence, first: StackInfo) -> StackInfo:
    times, slices, channels = sequence.sizes
    assumed = "" if sequence.is_named else _assumption(slices)
    return StackInfo(
        path=str(path),
        shape=(times, slices, channels * first.shape[2], *first.shape[3:]),
        dtype=first.dtype,
        channels=_channels(sequence, first),
        calibration=first.calibration,
        reader="tiff_sequence",
        file_axes="".join(
            axis for axis, size in zip("TZC", sequence.sizes, strict=True) if size > 1
        )
        + first.file_axes,
        scene=scene,
        scene_names=sequence.scenes if len(sequence.scenes) > 1 else (path.name,),
        is_rgb=first.is_rgb,
        significant_bits=first.significant_bits,
        metadata_text=first.metadata_text,
        warnings=(*_warnings(sequence), *((assumed,) if assumed else ()), *first.warnings),
        axes_assumed=assumed,
    )


def _channels(sequence: NameSequence, first: StackInfo) -> tuple[Channel, ...]:
    if sequence.sizes[2] == 1 and not any(sequence.channels):
        return first.channels
    unnamed = default_channels(sequence.sizes[2])
    return tuple(
        Channel(name) if name else other
        for name, other in zip(sequence.channels, unnamed, strict=True)
    )


def _assumption(count: int) -> str:
    return (
        f"The names of the files do not say what they count; they are read as {count} slices. "
        "If it is something else, say so: --axes, or Axes and Voxel Size… in the window."
    )


def _taken(sequence: NameSequence) -> str:
    count = sum(map(len, sequence.files))
    return (
        f"The {count} files of the folder are taken as one stack. "
        "To open them singly, drop the files instead of the folder."
    )


def _warnings(sequence: NameSequence) -> tuple[str, ...]:
    said: tuple[str, ...] = (_taken(sequence),)
    if not sequence.is_even:
        said += ("The numbers in the names are not evenly spaced; the files are in their order.",)
    return said + missing_warning(sequence.missing)
