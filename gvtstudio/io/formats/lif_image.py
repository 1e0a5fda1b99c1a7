"""One dataset of a LIF: which axes it has, and where each voxel lies in the file."""

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from gvtstudio.io.formats.units import duration_s, length_um

# What LAS X numbers its axes with. Of λ (emission) and Λ (excitation) each place is a channel.
AXES = {1: "X", 2: "Y", 3: "Z", 4: "T", 5: "λ", 6: "A", 7: "N", 8: "Q", 9: "Λ", 10: "M", 11: "L"}
_TYPES = {(0, 1): "u1", (0, 2): "u2", (0, 4): "u4", (0, 8): "u8",
          (1, 2): "f2", (1, 4): "f4", (1, 8): "f8"}  # fmt: skip


class LifAxis(NamedTuple):
    """One axis as the file stores it.

    Args:
        letter: One of ``AXES``; ``?`` where it is none of them.
        places: How many there are along it.
        stride: Bytes from one place to the next.
        origin: Of the first place, in the unit.
        length: From the first place to the last, in the unit.
        unit: As written.
    """

    letter: str
    places: int
    stride: int
    origin: float
    length: float
    unit: str

    @property
    def step(self) -> float:
        """From one place to the next, in the unit; 0 where there is one place."""
        return abs(self.length) / (self.places - 1) if self.places > 1 else 0.0

    @property
    def step_um(self) -> float | None:
        """The same in micrometres, where it is a length."""
        return length_um(self.step, self.unit)

    @property
    def step_s(self) -> float | None:
        """The same in seconds, where it is a duration."""
        return duration_s(self.step, self.unit)

    def wavelength_nm(self, place: int) -> float:
        """Of a place along λ or Λ."""
        metres = self.origin + place * self.length / max(1, self.places - 1)
        return float(f"{metres * 1e9:.6g}")


class LifChannel(NamedTuple):
    """One channel as the file stores it.

    Args:
        offset: Of its first voxel, in bytes.
        dtype: Type of its voxels, little-endian.
        bits: How many of them carry the measurement.
        colour_part: 1, 2, 3 for red, green and blue of a colour picture; 0 for a measurement.
        lut: Name of the colour it is shown in.
        properties: Further words, such as the name of its dye.
    """

    offset: int
    dtype: np.dtype
    bits: int
    colour_part: int
    lut: str
    properties: dict[str, str]


class LifImage(NamedTuple):
    """One dataset.

    Args:
        name: With the folders of the project it lies in.
        element: Its XML.
        block: Name of the memory block that holds its voxels.
        block_bytes: Size of that block, as announced.
        axes: Innermost first.
        channels: In the order of LAS X.
    """

    name: str
    element: ElementTree.Element
    block: str
    block_bytes: int
    axes: tuple[LifAxis, ...]
    channels: tuple[LifChannel, ...]

    @property
    def byte_count(self) -> int:
        """From the first byte of the block to the last that holds a voxel."""
        last = sum((axis.places - 1) * axis.stride for axis in self.axes)
        return last + max(channel.offset + channel.dtype.itemsize for channel in self.channels)

    def axis(self, letter: str) -> LifAxis | None:
        """The axis of that letter that is longer than one place."""
        return next((a for a in self.axes if a.letter == letter and a.places > 1), None)


def list_images(root: ElementTree.Element) -> list[LifImage]:
    """Every image of the project, in its order; lifetime recordings (FLIM) are none.

    Raises:
        ValueError: The XML announces what cannot be.
    """
    first = root.find("./Element")
    start = root if first is None else first
    own = [_image(start, start.get("Name", ""))] if start.find("./Data/Image") is not None else []
    return [*own, *_below(start, "")]


def _below(element: ElementTree.Element, folder: str) -> Iterator[LifImage]:
    for child in element.findall("./Children/Element"):
        name = f"{folder}{child.get('Name', '')}"
        if child.find("./Data/Image/ImageDescription/Dimensions/DimensionDescription") is not None:
            yield _image(child, name)
        yield from _below(child, f"{name}/")


def _image(element: ElementTree.Element, name: str) -> LifImage:
    memory = element.find("./Memory")
    memory = ElementTree.Element("Memory") if memory is None else memory
    description = element.find("./Data/Image/ImageDescription")
    if description is None:
        raise ValueError(f"{name} is not described")
    axes = [_axis(found) for found in description.findall("./Dimensions/DimensionDescription")]
    channels = [_channel(found) for found in description.findall("./Channels/ChannelDescription")]
    letters = [axis.letter for axis in axes]
    if not channels or len(set(letters)) < len(letters):
        raise ValueError(f"{name} is described in contradictions")
    return LifImage(
        name,
        element,
        memory.get("MemoryBlockID", ""),
        int(memory.get("Size", "0")),
        tuple(sorted(axes, key=lambda axis: axis.stride)),
        tuple(channels),
    )


def _axis(element: ElementTree.Element) -> LifAxis:
    count, stride = int(element.get("NumberOfElements", "1")), int(element.get("BytesInc", "0"))
    if count < 1 or stride < 0 or (count > 1 and stride == 0):
        raise ValueError(f"an axis of length {count} is announced")
    return LifAxis(
        AXES.get(int(element.get("DimID", "0")), "?"),
        count,
        stride,
        float(element.get("Origin", "0")),
        float(element.get("Length", "0")),
        element.get("Unit", ""),
    )


def _channel(element: ElementTree.Element) -> LifChannel:
    bits, offset = int(element.get("Resolution", "0")), int(element.get("BytesInc", "0"))
    size = next((size for size in (1, 2, 4, 8) if bits <= 8 * size), 0)
    kind = _TYPES.get((int(element.get("DataType", "0")), size))
    if bits <= 0 or offset < 0 or kind is None:
        raise ValueError(f"voxels of {bits} bits are announced")
    return LifChannel(
        offset,
        np.dtype(f"<{kind}"),
        bits,
        int(element.get("ChannelTag", "0")),
        element.get("LUTName", ""),
        {
            pair.findtext("Key", ""): pair.findtext("Value", "")
            for pair in element.findall("./ChannelProperty")
        },
    )
