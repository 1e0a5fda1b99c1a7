"""Which datasets a CZI holds, told by the directory of its pieces, and where each lies."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gvtstudio.domain.axes import Shape5
from gvtstudio.io.formats.czi_directory import Piece, Rectangle

# Axes a stack does not have, outermost first; each place along them is a dataset of its own.
SCENE_AXES = "SVRIHB"
# A stack with this many planes, or this much of a plane, for each that is there was not written by
# a microscope.
_MOST_MISSING = 1000
# Packing makes an image smaller than by this only where there is next to nothing in it.
_STRONGEST_PACKING = 1000
_SMALL_BYTES = 1 << 28


Planes = Mapping[tuple[int, int, int], list[Piece]]
"""Pieces of each plane, by index along T, Z and C in the file."""


class CziScene(NamedTuple):
    """One dataset.

    Args:
        place: Index along those of the axes ``SCENE_AXES`` that the file has.
        start: First index along T and Z.
        shape: Sizes along T, Z, C, Y, X; C counts the samples of colour pixels each.
        rectangle: Where it lies, all its tiles together.
        channels: Index along C of each channel, with its pixel type.
        planes: Those of the image itself.
        coarse_planes: Those of coarser copies.
        steps: Of those of them that are whole, the finest first.
    """

    place: Mapping[str, int]
    start: tuple[int, int]
    shape: Shape5
    rectangle: Rectangle
    channels: tuple[tuple[int, str], ...]
    planes: Planes
    coarse_planes: Planes
    steps: tuple[int, ...]

    @property
    def level_shapes(self) -> tuple[Shape5, ...]:
        """Of the coarser copies."""
        t, z, c, height, width = self.shape
        return tuple((t, z, c, height // step, width // step) for step in self.steps)

    @property
    def tiles(self) -> int:
        """Most pieces that one plane is put together from."""
        return max(map(len, self.planes.values()))

    @property
    def missing(self) -> int:
        """How many planes are not in the file."""
        return self.shape[0] * self.shape[1] * len(self.channels) - len(self.planes)


def arrange(pieces: Iterable[Piece], file_bytes: int) -> list[CziScene]:
    """Every dataset, in the order of its place.

    Args:
        pieces: The directory.
        file_bytes: Size of the file.

    Raises:
        ValueError: The directory announces what cannot be.
    """
    groups: dict[tuple[int, ...], list[Piece]] = {}
    coarse: dict[tuple[int, ...], list[Piece]] = {}
    for piece in pieces:
        if piece.step == 1:
            _check(piece, file_bytes)
        key = tuple(piece.place.get(axis, -1) for axis in SCENE_AXES)
        (groups if piece.step == 1 else coarse).setdefault(key, []).append(piece)
    return [_scene(groups[key], coarse.get(key, []), file_bytes) for key in sorted(groups)]


def samples_of(pixel_type: str) -> int:
    """Samples of one pixel: 3 where it has a colour."""
    return 3 if pixel_type.startswith("Bgr") else 1


def _check(piece: Piece, file_bytes: int) -> None:
    """Raise where a piece cannot be inside the file."""
    _, _, width, height = piece.rectangle
    pixels = _area(piece) // piece.step**2
    room = file_bytes
    if piece.packing:
        room = max(room * _STRONGEST_PACKING, _SMALL_BYTES)
    if min(width, height) <= 0 or pixels * samples_of(piece.pixel_type) > room:
        raise ValueError(f"an image of {width} × {height} pixels is announced")


def _scene(pieces: list[Piece], coarse: list[Piece], file_bytes: int) -> CziScene:
    first = pieces[0].place
    times, depths = ([piece.place.get(axis, 0) for piece in pieces] for axis in "TZ")
    kinds = {piece.place.get("C", 0): piece.pixel_type for piece in pieces}
    counts = (_span(times), _span(depths), sum(samples_of(kind) for kind in kinds.values()))
    planes = _planes(pieces)
    announced = counts[0] * counts[1] * len(kinds)
    if announced > _MOST_MISSING * len(planes):
        raise ValueError(f"{announced} planes are announced, {len(planes)} are there")
    rectangle = _around(piece.rectangle for piece in pieces)
    _, _, width, height = rectangle
    filled = max(sum(_area(piece) for piece in plane) for plane in planes.values())
    if width * height > _MOST_MISSING * filled:
        raise ValueError(f"planes of {width} × {height} pixels are announced")
    return CziScene(
        {axis: first[axis] for axis in SCENE_AXES if axis in first},
        (min(times), min(depths)),
        (*counts, height, width),
        rectangle,
        tuple(sorted(kinds.items())),
        planes,
        _planes(coarse),
        tuple(_whole_steps(coarse, planes, rectangle, file_bytes)),
    )


def _planes(pieces: list[Piece]) -> dict[tuple[int, int, int], list[Piece]]:
    planes: dict[tuple[int, int, int], list[Piece]] = {}
    for piece in pieces:
        t, z, c = (piece.place.get(axis, 0) for axis in "TZC")
        planes.setdefault((t, z, c), []).append(piece)
    return planes


def _whole_steps(
    coarse: list[Piece], planes: Planes, rectangle: Rectangle, file_bytes: int
) -> Iterator[int]:
    """Those of coarser copies of every plane, all of it."""
    left, top, width, height = rectangle
    for step in sorted({piece.step for piece in coarse}):
        copies = _planes([piece for piece in coarse if piece.step == step])
        if copies.keys() != planes.keys() or min(width, height) < step:
            return
        for copy in copies.values():
            x, y, across, down = _around(piece.rectangle for piece in copy)
            is_whole = x <= left and y <= top and x + across > left + width - step
            if not is_whole or y + down <= top + height - step:
                return
            try:
                for piece in copy:
                    _check(piece, file_bytes)
            except ValueError:
                return
        yield step


def _area(piece: Piece) -> int:
    return piece.rectangle[2] * piece.rectangle[3]


def _span(places: list[int]) -> int:
    return max(places) - min(places) + 1


def _around(rectangles: Iterable[Rectangle]) -> Rectangle:
    """The smallest rectangle around others."""
    lefts, tops, rights, bottoms = zip(
        *((x, y, x + width, y + height) for x, y, width, height in rectangles), strict=True
    )
    return min(lefts), min(tops), max(rights) - min(lefts), max(bottoms) - min(tops)


def scene_names(
    scenes: list[CziScene], words: Mapping[str, str], names: Mapping[int, str]
) -> tuple[str, ...]:
    """What the scene picker shows: only axes that tell datasets apart.

    Args:
        scenes: All of the file.
        words: For each of ``SCENE_AXES`` what a place along it is called.
        names: Of the scenes along S, where the microscope gave them one.
    """
    several = {
        axis
        for axis in SCENE_AXES
        if any(a.place.get(axis) != b.place.get(axis) for a, b in itertools.pairwise(scenes))
    }
    return tuple(_name(scene.place, several, words, names) for scene in scenes)


def _name(
    place: Mapping[str, int], several: set[str], words: Mapping[str, str], names: Mapping[int, str]
) -> str:
    parts = []
    for axis in SCENE_AXES:
        if axis not in several or axis not in place:
            continue
        name = names.get(place[axis], "") if axis == "S" else ""
        parts.append(name or f"{words[axis]} {place[axis] + 1}")
    return ", ".join(parts) or names.get(place.get("S", 0), "") or "Image"
