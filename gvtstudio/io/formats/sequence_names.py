"""Which plane of a stack each file of a folder is, told by their names."""

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

Place = tuple[int, int, int]
"""Time point, slice and channel, counted from 0."""

_AXIS_OF_MARK = {
    "t": "T", "time": "T", "timepoint": "T",
    "z": "Z", "slice": "Z",
    "c": "C", "ch": "C", "channel": "C", "w": "C",
    "s": "S", "pos": "S", "position": "S", "p": "S", "field": "S", "xy": "S", "series": "S",
}  # fmt: skip
# Harmony (Opera, Operetta): p is the plane of a focus series there, f the field, sk the time.
_HARMONY = re.compile(r"r\d+c\d+f\d+p\d+-ch\d+sk\d+fk\d+fl\d+", re.IGNORECASE)
_AXIS_IN_HARMONY = {"f": "S", "p": "Z", "ch": "C", "sk": "T"}
_MARK = re.compile(r"(?:^|[^a-z])([a-z]+)[ _=-]?$")
# MetaMorph writes the name of the filter behind the number of the wavelength.
_WAVELENGTH = re.compile(r"(?<=_w)(\d+)([^_\d][^_]*)", re.IGNORECASE)
_LEAST_UNNAMED = 3


class NameSequence(NamedTuple):
    """Files that are planes of one dataset.

    Args:
        sizes: Along T, Z and C.
        scenes: Names of the stage positions; one, without a name, where there are none.
        files: For each scene the file of every plane that is there.
        channels: Names of the channels where the files tell them.
        is_named: Whether letters say what the numbers count.
        is_even: Whether the numbers are evenly spaced; taken in their order where they are not.
    """

    sizes: Place
    scenes: tuple[str, ...]
    files: tuple[dict[Place, str], ...]
    channels: tuple[str, ...]
    is_named: bool
    is_even: bool

    @property
    def missing(self) -> int:
        """Planes without a file."""
        return math.prod(self.sizes) * len(self.files) - sum(map(len, self.files))


class _Name(NamedTuple):
    """A name taken apart: texts, the numbers between them, and the name of the wavelength."""

    texts: tuple[str, ...]
    digits: tuple[str, ...]
    wavelength: str


class _Axis(NamedTuple):
    """What one number of the names counts."""

    number: int = -1
    places: Mapping[int, int] = MappingProxyType({})
    size: int = 1
    is_even: bool = True


def read_names(names: Sequence[str]) -> NameSequence | None:
    """Find the pattern of the names of all TIFF files of a folder; ``None`` where there is none.

    Example:
        >>> read_names(["a_z1_c1.tif", "a_z1_c2.tif", "a_z2_c1.tif", "a_z2_c2.tif"]).sizes
        (1, 2, 2)
        >>> read_names(["a1.tif", "a2.tif", "a3.tif"]).is_named
        False
    """
    parts = [_taken_apart(name) for name in names]
    if len(parts) < 2 or len({part.texts for part in parts}) > 1:
        return None
    varying = [i for i in range(len(parts[0].digits)) if len({p.digits[i] for p in parts}) > 1]
    roles = _roles(parts[0], varying, len(names))
    if roles is None:
        return None
    axes = {axis: _axis(axis, i, [int(part.digits[i]) for part in parts]) for axis, i in roles}
    is_named = len(roles) > 1 or _axis_of(parts[0], roles[0][1]) != ""
    return _arranged(names, parts, axes, is_named)


def _taken_apart(name: str) -> _Name:
    stem, dot, extension = name.rpartition(".")
    filters: list[str] = [found[1] for found in _WAVELENGTH.findall(stem)]
    pieces = re.split(r"(\d+)", _WAVELENGTH.sub(r"\1", stem))
    texts = (*pieces[::2], dot + extension.lower())
    return _Name(texts, tuple(pieces[1::2]), filters[0].strip() if filters else "")


def _roles(name: _Name, varying: list[int], count: int) -> list[tuple[str, int]] | None:
    """The axis of every number that varies; a single one without a letter is a focus series."""
    axes = [_axis_of(name, i) for i in varying]
    if axes == [""] and count >= _LEAST_UNNAMED:
        axes = ["Z"]
    if not axes or "" in axes or len(set(axes)) < len(axes) or axes == ["S"]:
        return None
    return list(zip(axes, varying, strict=True))


def _axis_of(name: _Name, number: int) -> str:
    """T, Z, C, S, or nothing, by the letters before a number."""
    whole = "".join(
        text + digits for text, digits in zip(name.texts, (*name.digits, ""), strict=False)
    )
    marks = _AXIS_IN_HARMONY if _HARMONY.search(whole) else _AXIS_OF_MARK
    mark = _MARK.search(name.texts[number].lower())
    return marks.get(mark[1], "") if mark else ""


def _axis(axis: str, number: int, values: list[int]) -> _Axis:
    """Where each value lies; times and slices keep the room of one that is missing."""
    found = sorted(set(values))
    step = math.gcd(*(b - a for a, b in pairwise(found)))
    size = (found[-1] - found[0]) // step + 1
    if axis in "CS" or size > 2 * len(found):
        places = {value: place for place, value in enumerate(found)}
        return _Axis(number, places, len(found), axis in "CS")
    return _Axis(number, {value: (value - found[0]) // step for value in found}, size)


def _arranged(
    names: Sequence[str], parts: list[_Name], axes: dict[str, _Axis], is_named: bool
) -> NameSequence | None:
    """Every file at its place; ``None`` where two share one, or most places are empty."""
    single = _Axis()
    of_scenes, *of_planes = (axes.get(letter, single) for letter in "STZC")
    files: list[dict[Place, str]] = [{} for _ in range(of_scenes.size)]
    scenes, channels = [""] * of_scenes.size, [""] * of_planes[2].size
    for name, part in zip(names, parts, strict=True):
        s, t, z, c = (
            axis.places[int(part.digits[axis.number])] if axis.places else 0
            for axis in (of_scenes, *of_planes)
        )
        if (t, z, c) in files[s] or channels[c] not in ("", part.wavelength):
            return None
        files[s][t, z, c] = name
        channels[c] = part.wavelength
        if axes.get("S"):
            mark = _MARK.search(part.texts[of_scenes.number].lower())
            scenes[s] = (mark[1] if mark else "") + part.digits[of_scenes.number]
    sizes = (of_planes[0].size, of_planes[1].size, of_planes[2].size)
    is_even = all(axis.is_even for axis in axes.values())
    found = NameSequence(sizes, tuple(scenes), tuple(files), tuple(channels), is_named, is_even)
    return found if found.missing <= len(names) else None
