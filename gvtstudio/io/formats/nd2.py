"""Opens ND2 of Nikon NIS-Elements: positions, time, planes and channels."""

import struct
import warnings
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from nd2 import ND2File
from nd2._parse._chunk_decode import get_chunkmap
from nd2.structures import (
    Attributes,
    ExpLoop,
    Metadata,
    NETimeLoop,
    TimeLoop,
    TimeLoopParams,
    XYPosLoop,
    ZStackLoop,
)
from nd2.structures import Channel as StoredChannel

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel, default_channels
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.formats.bounded_file import BoundedFile
from gvtstudio.io.formats.described import from_file
from gvtstudio.io.formats.file_stack import DAMAGE, FileStack, opening, refuse_scene
from gvtstudio.io.formats.nd2_frames import (
    Nd2Layout,
    Nd2Loop,
    Nd2Voxels,
    check_sizes,
    frame_positions,
    frame_times_ms,
    frame_type,
)
from gvtstudio.io.formats.nd2_recognition import is_old_nd2
from gvtstudio.io.formats.units import duration_s, length_um

_COLOURS = (("Red", "#ff0000"), ("Green", "#00ff00"), ("Blue", "#0000ff"))
# Intervals that differ by less are the jitter of the microscope.
_STEADY = 0.01


class _Told(NamedTuple):
    """What the file tells of itself, apart from its pixels."""

    attributes: Attributes
    experiment: list[ExpLoop]
    metadata: Metadata
    text: str
    positions: dict[int, int]
    times_ms: list[float]
    warnings: tuple[str, ...]


def open_nd2(path: Path, scene: int = 0) -> FileStack:
    """Open one dataset of an ND2 file.

    Raises:
        FileUnreadable: The file is damaged, truncated, or holds nothing a stack can hold.
        UsageError: There is no such dataset.
    """
    with opening(path) as opened:
        file = BoundedFile(path)
        opened.callback(file.close)
        _refuse_old(path, file.read(8))
        told = _told(file)
        attributes = told.attributes
        _refuse_packing(path, attributes)
        loops = _loops(told)
        announced = Nd2Layout(loops, {}, ()).announced
        check_sizes(attributes, len(told.positions), announced, file.size)
        scenes = _scenes(loops)
        refuse_scene(path, scene, len(scenes))
        layout = Nd2Layout(loops, scenes[scene], _components(attributes))
        info = _info(path, told, layout, scene)
        voxels = Nd2Voxels(file, attributes, told.positions, layout)
        return FileStack(info, voxels.fill, voxels.close)


def _refuse_old(path: Path, first_bytes: bytes) -> None:
    if is_old_nd2(path, first_bytes):
        raise FileUnreadable(
            f"{path.name} is in the form ND2 had before 2010, which cannot be read.",
            "Open it in NIS-Elements and save it again, or save it as TIFF.",
        )


def _refuse_packing(path: Path, attributes: Attributes) -> None:
    if attributes.compressionType == "lossy":
        raise FileUnreadable(
            f"{path.name} is packed with losses, which cannot be read.",
            "Open it in NIS-Elements and save it without compression.",
        )


def _told(file: BoundedFile) -> _Told:
    """Everything but pixels; the library's warnings are about parts that are not asked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chunks = _chunks(file)
        library = ND2File(file)
        attributes, experiment = library.attributes, library.experiment
        try:
            metadata, text = library.metadata, _text(library.text_info)
            told: tuple[str, ...] = ()
        except (*DAMAGE, NameError):
            # the library trips over some planes without a fluorophore; the pixels depend on none
            metadata, text = Metadata(), ""
            told = ("The metadata cannot be understood; the voxel size is not known.",)
    positions, times_ms = frame_positions(chunks), frame_times_ms(file, chunks)
    return _Told(attributes, experiment, metadata, text, positions, times_ms, told)


def _chunks(file: BoundedFile) -> Mapping[bytes, Sequence[int]]:
    """Where everything lies: told at the end of the file, which a broken-off copy has not."""
    try:
        return get_chunkmap(file)
    except (ValueError, struct.error) as error:
        raise ValueError("its end is missing") from error


def _text(parts: Mapping[str, object]) -> str:
    told = {name: str(text).strip() for name, text in parts.items()}
    lines = [f"{name}: {text}" for name, text in told.items() if text]
    return "\n".join(lines).replace("\r\n", "\n")


def _loops(told: _Told) -> list[Nd2Loop]:
    axes = {"TimeLoop": "T", "NETimeLoop": "T", "ZStackLoop": "Z", "XYPosLoop": "P"}
    loops = [Nd2Loop(axes.get(loop.type, "U"), loop.count) for loop in told.experiment]
    if not loops and told.attributes.sequenceCount > 1:
        return [Nd2Loop("T", told.attributes.sequenceCount)]
    return loops


def _scenes(loops: list[Nd2Loop]) -> list[dict[int, int]]:
    """Place along each loop over positions, or of a kind we do not know, for each dataset."""
    numbers = [i for i, loop in enumerate(loops) if loop.axis not in "TZ"]
    return [
        dict(zip(numbers, places, strict=True))
        for places in product(*(range(loops[i].places) for i in numbers))
    ]


def _components(attributes: Attributes) -> list[int]:
    """Which component of a pixel each channel is; colours are stored blue first."""
    each = _samples(attributes)
    order = (2, 1, 0) if each == 3 else range(each)
    return [c * each + i for c in range(attributes.componentCount // each) for i in order]


def _samples(attributes: Attributes) -> int:
    """Components of one channel: 3 where it is a colour picture."""
    return max(1, attributes.componentCount // (attributes.channelCount or 1))


def _info(path: Path, told: _Told, layout: Nd2Layout, number: int) -> StackInfo:
    a = told.attributes
    shape = (
        layout.length("T"),
        layout.length("Z"),
        len(layout.components),
        a.heightPx,
        a.widthPx or 0,
    )
    bits = a.bitsPerComponentSignificant
    kind = frame_type(a)
    interval_s, uneven = _interval_s(told.experiment)
    interval_s = interval_s or _measured_interval_s(told.times_ms, layout)
    return StackInfo(
        path=str(path),
        shape=shape,
        dtype=kind.name,
        channels=_channels(told, len(layout.components)),
        calibration=_calibration(told, interval_s),
        reader="nd2",
        file_axes="".join(loop.axis for loop in layout.loops) + "YXC",
        scene=number,
        scene_names=_scene_names(told.experiment, _scenes(list(layout.loops))),
        is_rgb=_samples(a) == 3,
        significant_bits=bits if kind.kind == "u" and 0 < bits <= kind.itemsize * 8 else None,
        metadata_text=told.text,
        warnings=told.warnings + _warnings(told, layout, uneven),
    )


def _scene_names(experiment: list[ExpLoop], scenes: list[dict[int, int]]) -> tuple[str, ...]:
    names = []
    for places in scenes:
        words = []
        for number, place in places.items():
            loop = experiment[number]
            points = loop.parameters.points if isinstance(loop, XYPosLoop) else []
            name = points[place].name if place < len(points) else ""
            kind = "Position" if isinstance(loop, XYPosLoop) else "Part"
            words.append(name or f"{kind} {place + 1}")
        names.append(", ".join(words) or "Image")
    return tuple(names)


def _calibration(told: _Told, interval_s: float | None) -> Calibration:
    sizes: list[float | None] = [None, None, None]
    if told.metadata.channels:
        volume = told.metadata.channels[0].volume
        for i, is_known in enumerate(volume.axesCalibrated[:3]):
            if is_known and volume.axesInterpretation[i] == "distance":
                sizes[i] = length_um(volume.axesCalibration[i], "µm")
    steps = [loop.parameters.stepUm for loop in told.experiment if isinstance(loop, ZStackLoop)]
    z_um = length_um(abs(steps[0]), "µm") if steps else None
    return from_file(z_um or sizes[2], sizes[1], sizes[0], interval_s)


def _interval_s(experiment: list[ExpLoop]) -> tuple[float | None, bool]:
    """Mean time between time points, and whether it changes in the course of the experiment."""
    phases: list[tuple[float, int]] = []
    for loop in experiment:
        if isinstance(loop, TimeLoop):
            phases.append((_period_ms(loop.parameters), loop.count))
        elif isinstance(loop, NETimeLoop):
            phases += [(_period_ms(phase), phase.count) for phase in loop.parameters.periods]
    known = [(period, count) for period, count in phases if period > 0 and count > 0]
    if not known:
        return None, False
    mean = sum(period * count for period, count in known) / sum(count for _, count in known)
    periods = [period for period, _ in known]
    return duration_s(mean, "ms"), max(periods) - min(periods) > _STEADY * mean


def _measured_interval_s(times_ms: list[float], layout: Nd2Layout) -> float | None:
    """From when the first plane of the first and of the last time point were taken."""
    count = layout.length("T")
    first, last = layout.frame(0, 0), layout.frame(count - 1, 0)
    if count < 2 or last >= len(times_ms):
        return None
    return duration_s((times_ms[last] - times_ms[first]) / (count - 1), "ms")


def _period_ms(phase: TimeLoopParams) -> float:
    """As measured; else as it was asked for."""
    measured = phase.periodDiff.avg if phase.periodDiff is not None else 0
    return measured or phase.periodMs or 0


def _channels(told: _Told, count: int) -> tuple[Channel, ...]:
    each = _samples(told.attributes)
    stored = told.metadata.channels or []
    fallback = default_channels(count // each)
    channels = []
    for i, default in enumerate(fallback):
        known = _channel(stored[i], default.name) if i < len(stored) else default
        if each == 1:
            channels.append(known)
        elif each == 3:
            prefix = f"{known.name}, " if len(fallback) > 1 else ""
            channels += [Channel(f"{prefix}{word}", colour) for word, colour in _COLOURS]
        else:
            channels += [Channel(f"{known.name}, part {j + 1}") for j in range(each)]
    return tuple(channels)


def _channel(stored: StoredChannel, default: str) -> Channel:
    meta = stored.channel
    return Channel(
        meta.name or default,
        f"#{meta.color.r:02x}{meta.color.g:02x}{meta.color.b:02x}",
        meta.emissionLambdaNm or None,
        meta.excitationLambdaNm or None,
    )


def _warnings(told: _Told, layout: Nd2Layout, uneven: bool) -> tuple[str, ...]:
    found = []
    if not told.experiment and layout.loops:
        found.append(
            f"The file does not say what its {layout.loops[0].places} frames are; they are read "
            "as time points."
        )
    if any(loop.axis == "U" for loop in layout.loops):
        found.append("The file has a loop of its own kind; each part of it is a dataset.")
    stored = told.metadata.channels or []
    if stored and "time" in stored[0].volume.axesInterpretation[:2]:
        found.append("This is a scan of one line; it is shown as a plane of X and time.")
    planes = [(t, z) for t in range(layout.length("T")) for z in range(layout.length("Z"))]
    missing = sum(layout.frame(t, z) not in told.positions for t, z in planes)
    if missing:
        found.append(f"{missing} of {len(planes)} frames are missing; they read as 0.")
    if uneven:
        found.append("The time between time points changes in the file; its mean is shown.")
    return tuple(found)
