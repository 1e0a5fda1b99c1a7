"""One dataset of Leica LAS X, of any kind of file: its description, and where its voxels lie."""

import logging
from itertools import product
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from liffile import LifFile

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel, default_channels
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.formats.described import from_file
from gvtstudio.io.formats.lif_image import LifChannel, LifImage
from gvtstudio.io.formats.lif_voxels import LifLayout

_SPECTRAL = "λΛ"
_SCENE_WORDS = {
    "M": "tile", "A": "rotation", "N": "series", "Q": "series", "L": "loop", "?": "place",
}  # fmt: skip
_COLOURS = {
    "red": "#ff0000", "green": "#00ff00", "blue": "#0000ff", "cyan": "#00ffff",
    "magenta": "#ff00ff", "yellow": "#ffff00", "gray": "#ffffff", "grey": "#ffffff",
}  # fmt: skip
_PARTS = ("Red", "Green", "Blue")
_NAME_KEYS = ("DyeName", "ChannelName")

# The library's log lines would stand on the user's console; what they tell is told in words here.
logging.getLogger("liffile").addHandler(logging.NullHandler())
logging.getLogger("liffile").propagate = False


class Scene(NamedTuple):
    """One dataset: an image, at one place along axes that a stack does not have."""

    image: LifImage
    place: dict[str, int]

    @property
    def name(self) -> str:
        """For the scene picker."""
        places = [f"{_SCENE_WORDS[axis]} {place + 1}" for axis, place in self.place.items()]
        return ", ".join([self.image.name, *places])


def describe_lif(
    path: Path, scenes: list[Scene], number: int, begin: int
) -> tuple[StackInfo, LifLayout]:
    """One dataset, and where its voxels lie.

    Args:
        path: What the user opened.
        scenes: All datasets.
        number: Which of them.
        begin: Byte at which the voxels of its image begin.

    Raises:
        FileUnreadable: It holds nothing a stack can hold.
    """
    rows = _row_axis(path, scenes[number].image)
    layout = _layout(scenes[number], rows, begin)
    return _info(path, scenes, number, rows, layout), layout


def lifetime_warning(path: Path, root: ElementTree.Element, images: int) -> tuple[str, ...]:
    """The sentence for lifetime recordings (FLIM), which are no stacks.

    Raises:
        FileUnreadable: There is nothing else.
    """
    count = len(root.findall(".//Data/SingleMoleculeDetection"))
    if not count:
        return ()
    remedy = "Export their intensity or lifetime from LAS X as images."
    if not images:
        raise FileUnreadable(f"{path.name} holds lifetime recordings (FLIM) only.", remedy)
    kind = "A lifetime recording" if count == 1 else f"{count} lifetime recordings"
    return (f"{kind} (FLIM) of the file {'is' if count == 1 else 'are'} left out. {remedy}",)


def list_scenes(images: list[LifImage]) -> list[Scene]:
    """Every dataset: of an image one for each place along axes that a stack does not have."""
    scenes: list[Scene] = []
    for image in images:
        axes = [axis for axis in image.axes if axis.letter in _SCENE_WORDS and axis.places > 1]
        letters = [axis.letter for axis in axes]
        scenes += [
            Scene(image, dict(zip(letters, places, strict=True)))
            for places in product(*(range(axis.places) for axis in axes))
        ]
    return scenes


def _row_axis(path: Path, image: LifImage) -> str:
    """The axis shown as rows: a scan along X and Z, or X and time, has no Y."""
    letters = [axis.letter for axis in image.axes]
    if "X" not in letters:
        raise FileUnreadable(
            f"{path.name}: {image.name} has no images, only lines or points.", "Choose an image."
        )
    if image.axis("Y") is None:
        return next((axis for axis in "ZT" if image.axis(axis) is not None), "Y")
    return "Y"


def first_byte(container: LifFile, image: LifImage, file_bytes: int) -> int:
    """Byte of a LIF or LOF file at which the voxels of an image begin."""
    blocks = container.memory_blocks
    is_single = container.type.name == "LOF"
    block = next(iter(blocks.values())) if is_single else blocks.get(image.block)
    if block is None or block.offset < 0 or block.offset + image.byte_count > file_bytes:
        raise ValueError(f"the voxels of {image.name} are missing")
    if image.byte_count > block.size:
        raise ValueError(f"{image.name} is announced larger than it is stored")
    return int(block.offset)


def _layout(scene: Scene, rows: str, begin: int) -> LifLayout:
    image = scene.image
    axes = {axis.letter: axis for axis in image.axes if axis.places > 1}
    begin += sum(axes[letter].stride * place for letter, place in scene.place.items())
    spectral = [axes[letter] for letter in _SPECTRAL if letter in axes]
    channels = [
        (begin + channel.offset + sum(a.stride * p for a, p in zip(spectral, at, strict=True)),
         channel.dtype)
        for channel in _in_order(image)
        for at in product(*(range(axis.places) for axis in spectral))
    ]  # fmt: skip
    shown = {target: target for target in "TZYX"}
    shown["Y"] = rows
    if rows != "Y":
        shown[rows] = ""
    counts = {t: axes[a].places if a in axes else 1 for t, a in shown.items()}
    strides = {t: axes[a].stride if a in axes else 0 for t, a in shown.items()}
    shape = (counts["T"], counts["Z"], len(channels), counts["Y"], counts["X"])
    return LifLayout(shape, strides, channels)


def _in_order(image: LifImage) -> list[LifChannel]:
    """Channels; colour pictures red first, whichever way they are stored."""
    return sorted(image.channels, key=lambda channel: channel.colour_part)


def _is_rgb(image: LifImage) -> bool:
    return sorted(channel.colour_part for channel in image.channels) == [1, 2, 3]


def _info(path: Path, scenes: list[Scene], number: int, rows: str, layout: LifLayout) -> StackInfo:
    image = scenes[number].image
    dtype = np.result_type(*(dtype for _, dtype in layout.channels)).newbyteorder("=")
    bits = max(channel.bits for channel in image.channels)
    return StackInfo(
        path=str(path),
        shape=layout.shape,
        dtype=dtype.name,
        channels=_channels(image),
        calibration=_calibration(image, rows),
        reader="lif",
        file_axes="".join(axis.letter for axis in reversed(image.axes) if axis.places > 1),
        scene=number,
        scene_names=tuple(scene.name for scene in scenes),
        is_rgb=_is_rgb(image),
        significant_bits=bits if dtype.kind == "u" else None,
        metadata_text=ElementTree.tostring(image.element, encoding="unicode"),
        warnings=_warnings(image, rows),
    )


def _calibration(image: LifImage, rows: str) -> Calibration:
    steps = {axis.letter: axis for axis in image.axes}
    z, y, x = (steps[letter].step_um if letter in steps else None for letter in ("Z", rows, "X"))
    time = steps.get("T") if rows != "T" else None
    return from_file(None if rows == "Z" else z, y, x, time.step_s if time else None)


def _channels(image: LifImage) -> tuple[Channel, ...]:
    channels = []
    spectral = [axis for letter in _SPECTRAL if (axis := image.axis(letter)) is not None]
    fallback = default_channels(len(image.channels))
    for i, stored in enumerate(_in_order(image)):
        name = _PARTS[i] if _is_rgb(image) else _name(stored) or fallback[i].name
        colour = _COLOURS.get(name.lower() if _is_rgb(image) else stored.lut.lower(), "")
        for at in product(*(range(axis.places) for axis in spectral)):
            waves = {a.letter: a.wavelength_nm(p) for a, p in zip(spectral, at, strict=True)}
            words = [f"{wave:g} nm" for wave in waves.values()]
            shown = [name] if len(image.channels) > 1 or not words else []
            channels.append(
                Channel(", ".join(shown + words), colour, waves.get("λ"), waves.get("Λ"))
            )
    return tuple(channels)


def _name(channel: LifChannel) -> str:
    return next((name for key in _NAME_KEYS if (name := channel.properties.get(key))), "")


def _warnings(image: LifImage, rows: str) -> tuple[str, ...]:
    warnings = []
    if rows in "ZT":
        along = {"Z": "Z, as it was scanned", "T": "time"}[rows]
        warnings.append(f"This is a scan without Y; it is shown as a plane of X and {along}.")
    y, z = image.axis("Y"), image.axis("Z")
    if y is not None and z is not None and y.stride > z.stride:
        warnings.append("This was scanned in planes of X and Z; it is shown in planes of X and Y.")
    for letter, kind in (("λ", "emission"), ("Λ", "excitation")):
        axis = image.axis(letter)
        if axis is not None:
            warnings.append(f"The {axis.places} steps of its {kind} wavelength are channels.")
    for axis in image.axes:
        if axis.letter in _SCENE_WORDS and axis.places > 1:
            word = _SCENE_WORDS[axis.letter]
            warnings.append(
                f"This image has {axis.places} places ({word}); each is a dataset of its own."
            )
    if len({channel.dtype for channel in image.channels}) > 1:
        warnings.append("The channels were stored with different numbers of bits.")
    return tuple(warnings)
