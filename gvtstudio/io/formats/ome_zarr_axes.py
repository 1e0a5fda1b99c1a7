"""How the axes of a Zarr array become T, Z, C, Y and X."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from gvtstudio.domain.axes import STACK_AXES, Shape5
from gvtstudio.domain.region import Region
from gvtstudio.io.zarr_array import Slices

_OF_TYPE = {"time": "T", "channel": "C"}
_GUESSED = "TCZYX"


class Axis(msgspec.Struct, frozen=True):
    """One axis as OME-Zarr describes it.

    Args:
        name: Usually t, c, z, y or x.
        type: ``time``, ``channel`` or ``space``; others and none are allowed.
        unit: A word for it.
    """

    name: str
    type: str | None = None
    unit: str | None = None


class AxisPlan(NamedTuple):
    """Which of our axes every axis of the array is.

    Args:
        letters: One of T, Z, C, Y, X for each; C several times where there are further axes.
        names: As the file has them.
        sizes: Lengths of the axes.
        warnings: What the user should know.
        assumed: That one of them that says which axes were guessed.
    """

    letters: str
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    warnings: tuple[str, ...] = ()
    assumed: str = ""

    @property
    def shape(self) -> Shape5:
        """Sizes along T, Z, C, Y, X."""
        lengths = dict.fromkeys(STACK_AXES, 1)
        for letter, size in zip(self.letters, self.sizes, strict=True):
            lengths[letter] *= size
        t, z, c, y, x = lengths.values()
        return (t, z, c, y, x)

    @property
    def channel_axes(self) -> list[int]:
        """The axes that are channels."""
        return [i for i, letter in enumerate(self.letters) if letter == "C"]

    def blocks(self, region: Region) -> list[tuple[slice, Slices]]:
        """What to read for a region: places along C in it, and the block of the array."""
        spans = dict(zip(STACK_AXES, region.slices, strict=True))
        if len(self.channel_axes) < 2:
            count = region.c[1] - region.c[0]
            return [(slice(0, count), tuple(spans[letter] for letter in self.letters))]
        blocks = []
        for place, channel in enumerate(range(*region.c)):
            index = self.channel_index(channel)
            block = [spans[letter] for letter in self.letters]
            for axis, i in zip(self.channel_axes, index, strict=True):
                block[axis] = slice(i, i + 1)
            blocks.append((slice(place, place + 1), tuple(block)))
        return blocks

    def channel_index(self, channel: int) -> tuple[int, ...]:
        """Where a channel stands along each of the axes that are channels."""
        sizes = [self.sizes[axis] for axis in self.channel_axes]
        return tuple(int(i) for i in np.unravel_index(channel, sizes))

    def turned(self, voxels: np.ndarray) -> np.ndarray:
        """A block of the array as (T, Z, C, Y, X)."""
        order = sorted(range(voxels.ndim), key=lambda axis: STACK_AXES.index(self.letters[axis]))
        lengths = dict.fromkeys(STACK_AXES, 1)
        for letter, size in zip(self.letters, voxels.shape, strict=True):
            lengths[letter] *= size
        return voxels.transpose(order).reshape(tuple(lengths.values()))


def plan_axes(axes: Sequence[Axis], sizes: tuple[int, ...]) -> AxisPlan:
    """Axes that are described.

    Raises:
        ValueError: They are not those of the array, or there is no plane among them.
    """
    if len(axes) != len(sizes):
        raise ValueError(f"{len(axes)} axes are described, the array has {len(sizes)}")
    letters: list[str] = []
    own: set[str] = set()
    warnings: list[str] = []
    for axis, size in zip(axes, sizes, strict=True):
        letter = _letter(axis)
        if (not letter or letter in own) and size > 1:
            warnings.append(f"Its axis {axis.name} of length {size} is shown as channels.")
        letters.append("C" if letter in own else letter or "C")
        own.add(letter)
    if not {"Y", "X"} <= set(letters) or math.prod(sizes) == 0:
        raise ValueError(f"it holds no plane, its sizes are {'x'.join(map(str, sizes))}")
    return AxisPlan("".join(letters), tuple(a.name for a in axes), sizes, tuple(warnings))


def guessed_axes(names: Sequence[str | None], count: int) -> tuple[tuple[Axis, ...], str]:
    """Axes of an array without OME metadata, and what to say of it.

    Args:
        names: As the array has them; empty where it has none.
        count: How many it has.
    """
    told = [name or "" for name in names]
    if len(told) == count and {"y", "x"} <= {name.lower() for name in told}:
        return tuple(Axis(name) for name in told), ""
    further = [f"d{i + 1}" for i in range(count - len(_GUESSED))]
    guessed = (*further, *_GUESSED[-min(count, len(_GUESSED)) :].lower())
    taken = "".join(guessed[len(further) :]).upper()
    return tuple(Axis(name) for name in guessed), (
        f"The folder has no OME metadata: its axes are taken as {taken}, its voxel size is unknown."
    )


def _letter(axis: Axis) -> str:
    """One of our axes; empty for any other."""
    name = axis.name.upper()
    if len(name) == 1 and name in STACK_AXES:
        return name
    return _OF_TYPE.get(axis.type or "", "")
