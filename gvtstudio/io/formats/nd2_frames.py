"""The frames of an ND2: which camera images the file holds, and how to read rows of them."""

import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from nd2.structures import Attributes

from gvtstudio.domain.region import Region, Span
from gvtstudio.io.formats.bounded_file import BoundedFile

_CHUNK_MAGIC = 0x0ABECEDA
_CHUNK_HEAD = struct.Struct("<IIQ")
# A frame begins with the time it was taken.
_TIME_BYTES = 8
_FRAME = b"ImageDataSeq|"
_TIMES = b"CustomData|AcqTimesCache!"
# Deflate makes nothing smaller than by this.
_STRONGEST_PACKING = 1032
# A stack with this many frames for each that is there was not written by a microscope.
_MOST_MISSING = 1000


class Nd2Loop(NamedTuple):
    """One loop of the acquisition.

    Args:
        axis: ``T``, ``Z``, or a letter whose places are datasets.
        places: How many there are along it.
    """

    axis: str
    places: int


class Nd2Layout(NamedTuple):
    """How the frames make up one dataset.

    Args:
        loops: Outermost first.
        fixed: Place along each loop that is a dataset, by its number.
        components: For each channel of the stack which component of a pixel it is.
    """

    loops: Sequence[Nd2Loop]
    fixed: Mapping[int, int]
    components: Sequence[int]

    def length(self, axis: str) -> int:
        """Size of the stack along T or Z."""
        return math.prod(loop.places for loop in self.loops if loop.axis == axis)

    @property
    def announced(self) -> int:
        """Frames of all datasets together."""
        return math.prod(loop.places for loop in self.loops)

    def frame(self, t: int, z: int) -> int:
        """Number of the frame at a time point and plane."""
        remaining = {"T": t, "Z": z}
        places = [0] * len(self.loops)
        for i in reversed(range(len(self.loops))):
            axis = self.loops[i].axis
            if i in self.fixed:
                places[i] = self.fixed[i]
            else:
                remaining[axis], places[i] = divmod(remaining[axis], self.loops[i].places)
        number = 0
        for place, loop in zip(places, self.loops, strict=True):
            number = number * loop.places + place
        return number


def frame_positions(chunks: Mapping[bytes, Sequence[int]]) -> dict[int, int]:
    """Where each frame lies in the file, by its number."""
    return {
        int(name[len(_FRAME) : -1]): int(place[0])
        for name, place in chunks.items()
        if name.startswith(_FRAME)
    }


def frame_times_ms(file: BoundedFile, chunks: Mapping[bytes, Sequence[int]]) -> list[float]:
    """When each frame was taken, by its number; empty where the file does not say so."""
    place = chunks.get(_TIMES)
    if place is None:
        return []
    try:
        begin, count = _chunk(file, int(place[0]))
        times: list[float] = np.frombuffer(file.read_at(begin, count), "<f8").tolist()
    except (ValueError, struct.error):
        return []
    return times


def check_sizes(attributes: Attributes, present: int, announced: int, file_bytes: int) -> None:
    """Raise where the frames cannot be inside the file.

    Raises:
        ValueError: More is announced than can be.
    """
    a = attributes
    width, row = a.widthPx or 0, a.widthBytes or 0
    needed = width * a.componentCount * (a.bitsPerComponentInMemory // 8)
    room = file_bytes * (_STRONGEST_PACKING if a.compressionType == "lossless" else 1)
    if min(a.heightPx, needed) <= 0 or row < needed or a.heightPx * row > room:
        raise ValueError(f"an image of {width} × {a.heightPx} pixels is announced")
    if not 0 < announced <= _MOST_MISSING * present:
        raise ValueError(f"{announced} frames are announced, {present} are there")


class Nd2Voxels:
    """Reads rows of frames; all channels of a frame are taken from one reading of it.

    Args:
        file: Open; closed together with its voxels.
        attributes: Size and type of a frame.
        positions: Where each frame lies.
        layout: Which frame is which.
    """

    def __init__(
        self,
        file: BoundedFile,
        attributes: Attributes,
        positions: Mapping[int, int],
        layout: Nd2Layout,
    ) -> None:
        self._file = file
        self._attributes = attributes
        self._positions = positions
        self._layout = layout
        self._dtype = frame_type(attributes).newbyteorder("<")

    def fill(self, result: np.ndarray, region: Region) -> None:
        """Put the voxels of a region into an array of its shape, (T, Z, C, Y, X)."""
        components = [self._layout.components[c] for c in range(*region.c)]
        for i, t in enumerate(range(*region.t)):
            for j, z in enumerate(range(*region.z)):
                position = self._positions.get(self._layout.frame(t, z))
                if position is None:
                    result[i, j] = 0
                    continue
                rows = self._rows(position, region.y)[:, slice(*region.x)]
                for k, component in enumerate(components):
                    result[i, j, k] = rows[:, :, component]

    def _rows(self, position: int, y: Span) -> np.ndarray:
        """Rows of the frame at a position, as (Y, X, components)."""
        a = self._attributes
        stride = a.widthBytes or 0
        begin, count = _chunk(self._file, position)
        begin, count = begin + _TIME_BYTES, count - _TIME_BYTES
        first, size = y[0] * stride, (y[1] - y[0]) * stride
        if a.compressionType == "lossless":
            packed = self._file.read_at(begin, count)
            found = zlib.decompressobj().decompress(packed, a.heightPx * stride)[first:]
        else:
            found = self._file.read_at(begin + first, size)
        itemsize = self._dtype.itemsize
        shape = y[1] - y[0], a.widthPx or 0, a.componentCount
        return np.ndarray(
            shape, self._dtype, found, 0, (stride, a.componentCount * itemsize, itemsize)
        )

    def close(self) -> None:
        """Free the file."""
        self._file.close()


def _chunk(file: BoundedFile, position: int) -> tuple[int, int]:
    """Where the content of a chunk begins, and how many bytes it has."""
    head = file.read_at(position, _CHUNK_HEAD.size)
    magic, name_bytes, data_bytes = _CHUNK_HEAD.unpack(head)
    if magic != _CHUNK_MAGIC:
        raise ValueError(f"no frame at byte {position}")
    return position + len(head) + name_bytes, data_bytes


def frame_type(attributes: Attributes) -> np.dtype:
    """Type of a component of a pixel.

    Raises:
        TypeError: There is no such type.
    """
    kind = "f" if attributes.pixelDataType == "float" else "u"
    return np.dtype(f"{kind}{attributes.bitsPerComponentInMemory // 8}")
