"""Opens CZI of Zeiss ZEN: scenes, mosaics put together, every kind of compression of libCZI."""

from pathlib import Path

import numpy as np
from pylibCZIrw.czi import CacheOptions, CacheType, CziReader

from gvtstudio.domain.channel import Channel, default_channels
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.formats.czi_directory import Piece, read_directory
from gvtstudio.io.formats.czi_layout import (
    SCENE_AXES,
    CziScene,
    arrange,
    samples_of,
    scene_names,
)
from gvtstudio.io.formats.czi_metadata import CziMetadata, parse_czi_metadata
from gvtstudio.io.formats.czi_time_stamps import read_interval_s
from gvtstudio.io.formats.czi_voxels import CziVoxels
from gvtstudio.io.formats.file_stack import FileStack, by_planes, opening, refuse_scene

# Those libCZI puts together from tiles.
_TYPES = {
    "Gray8": "uint8", "Gray16": "uint16", "Gray32Float": "float32", "Bgr24": "uint8",
    "Bgr48": "uint16",
}  # fmt: skip
# Patches are read from the same packed tiles again and again.
_UNPACKED = CacheOptions(CacheType.Standard, max_memory_usage=1 << 27)
_PACKINGS = {"", "JPEG XR", "Zstandard", "Zstandard, sorted bytes"}
_COLOURS = (("red", "#ff0000"), ("green", "#00ff00"), ("blue", "#0000ff"))
_WORDS = {
    "S": "Scene", "V": "view", "R": "rotation", "I": "illumination", "H": "phase", "B": "block",
}  # fmt: skip
_FILE_AXES = "SVRIHBTZCYX"


def open_czi(path: Path, scene: int = 0, level: int = 0) -> FileStack:
    """Open one dataset of a CZI file.

    Args:
        path: The file.
        scene: Which of its datasets.
        level: 0 is the finest; every further one is coarser.

    Raises:
        FileUnreadable: The file is damaged, truncated, or holds nothing a stack can hold.
        UsageError: There is no such dataset, or level of it.
    """
    with opening(path) as opened:
        file = opened.enter_context(path.open("rb"))
        file_bytes = path.stat().st_size
        pieces = _readable(path, read_directory(file, file_bytes))
        scenes = arrange(pieces, file_bytes)
        refuse_scene(path, scene, len(scenes))
        _refuse_types(path, scenes[scene])
        reader = CziReader(str(path), cache_options=_UNPACKED)
        opened.callback(reader.close)
        text = _text(reader)
        metadata = parse_czi_metadata(text)
        if metadata.calibration.time_interval_s is None:
            interval_s = read_interval_s(file, scenes[scene].shape[0])
            metadata = metadata.with_interval(interval_s)
        info = _info(path, scenes, scene, metadata, text).at_level(level)
        step = (1, *scenes[scene].steps)[level]
        voxels = CziVoxels(reader, scenes[scene], file, file_bytes, step)
        return FileStack(info, by_planes(voxels.read), voxels.close)


def _text(reader: CziReader) -> str:
    """The metadata; empty where they are damaged, for the pixels do not depend on them."""
    try:
        return str(reader.raw_metadata)
    except RuntimeError:
        return ""


def _readable(path: Path, pieces: list[Piece]) -> list[Piece]:
    """Without coarser copies that are packed in a way that cannot be undone.

    Raises:
        FileUnreadable: So is the image itself.
    """
    unknown = sorted({piece.packing for piece in pieces if piece.step == 1} - _PACKINGS)
    if unknown:
        raise FileUnreadable(
            f"{path.name} is packed in a way that cannot be read ({', '.join(unknown)}).",
            "Save it from ZEN without compression, or export it as OME-TIFF.",
        )
    return [piece for piece in pieces if piece.packing in _PACKINGS]


def _refuse_types(path: Path, scene: CziScene) -> None:
    for _, kind in scene.channels:
        if kind not in _TYPES:
            raise FileUnreadable(
                f"{path.name} holds pixels of a kind that cannot be read ({kind}).",
                "Export it from ZEN as OME-TIFF.",
            )


def _info(
    path: Path, scenes: list[CziScene], number: int, metadata: CziMetadata, text: str
) -> StackInfo:
    scene = scenes[number]
    kinds = [kind for _, kind in scene.channels]
    words = {**_WORDS, "H": "detector element"} if metadata.is_airyscan_raw else _WORDS
    dtype = np.result_type(*(_TYPES[kind] for kind in kinds))
    bits = metadata.significant_bits
    if bits is not None and not 0 < bits <= dtype.itemsize * 8:
        bits = None
    return StackInfo(
        path=str(path),
        shape=scene.shape,
        dtype=dtype.name,
        channels=_channels(scene, metadata),
        calibration=metadata.calibration,
        reader="czi",
        file_axes="".join(axis for axis in _FILE_AXES if axis in scene.place or axis in "TZCYX"),
        scene=number,
        scene_names=scene_names(scenes, words, metadata.scene_names),
        is_rgb=all(samples_of(kind) == 3 for kind in kinds),
        significant_bits=bits,
        metadata_text=text,
        warnings=metadata.warnings + _warnings(scenes, number, words),
        level_shapes=scene.level_shapes,
    )


def _channels(scene: CziScene, metadata: CziMetadata) -> tuple[Channel, ...]:
    channels = []
    known_channels = dict(enumerate(metadata.channels))
    fallback = default_channels(len(scene.channels))
    for (index, kind), default in zip(scene.channels, fallback, strict=True):
        known = known_channels.get(index, default)
        name = known.name or default.name
        if samples_of(kind) == 1:
            channels.append(Channel(name, *_but_name(known)))
        elif len(scene.channels) == 1:
            channels += [Channel(word.capitalize(), colour) for word, colour in _COLOURS]
        else:
            channels += [Channel(f"{name}, {word}", colour) for word, colour in _COLOURS]
    return tuple(channels)


def _but_name(channel: Channel) -> tuple[str, float | None, float | None]:
    return channel.colour, channel.emission_wavelength_nm, channel.excitation_wavelength_nm


def _warnings(scenes: list[CziScene], number: int, words: dict[str, str]) -> tuple[str, ...]:
    scene = scenes[number]
    warnings = []
    for axis in SCENE_AXES[1:]:
        count = len({other.place.get(axis) for other in scenes})
        if count > 1:
            warnings.append(
                f"The file holds {count} {words[axis]}s; each of them is a dataset of its own."
            )
    if scene.tiles > 1:
        warnings.append(
            f"This dataset is a mosaic of {scene.tiles} tiles, put together where the stage was; "
            "it is 0 where no tile lies."
        )
    if scene.missing:
        count = scene.missing + len(scene.planes)
        warnings.append(f"{scene.missing} of {count} planes are missing; they read as 0.")
    if len({_TYPES[kind] for _, kind in scene.channels}) > 1:
        warnings.append("The channels were stored with different numbers of bits.")
    return tuple(warnings)
