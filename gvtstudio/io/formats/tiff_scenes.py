"""Which datasets a TIFF holds: its series, without thumbnails, and stage positions apart."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from tifffile import TiffPageSeries

_SIDE_PICTURES = {"thumbnail", "label", "macro", "map", "overview"}


class Scene(NamedTuple):
    """One dataset.

    Args:
        series: Where its pages are.
        number: Of the series among all of the file.
        name: For the scene picker.
        position: Axes along which one position is this scene, with that position.
    """

    series: TiffPageSeries
    number: int
    name: str
    position: dict[str, int]


def list_scenes(series: Sequence[TiffPageSeries]) -> list[Scene]:
    """Every dataset, in the order of the file."""
    scenes: list[Scene] = []
    for number, one in enumerate(series):
        if _is_side_picture(one):
            continue
        sizes = dict(zip(one.get_axes(squeeze=False), one.get_shape(squeeze=False), strict=True))
        axes = [axis for axis in sizes if _is_position(axis, one.kind)]
        several = any(sizes[axis] > 1 for axis in axes)
        for places in product(*(range(sizes[axis]) for axis in axes)):
            name = one.name or f"Image {len(scenes) + 1}"
            if several:
                name += f", position {' '.join(str(place + 1) for place in places)}"
            scenes.append(Scene(one, number, name, dict(zip(axes, places, strict=True))))
    return scenes


def _is_position(axis: str, kind: str) -> bool:
    """Whether an axis counts stage positions; Zeiss LSM calls those P, where others mean phase."""
    return axis in ("RMP" if kind == "lsm" else "RM")


def _is_side_picture(series: TiffPageSeries) -> bool:
    """A thumbnail or picture of the slide; pyramid levels are inside their series already."""
    keyframe = series.keyframe
    is_empty = 0 in series.get_shape(squeeze=False)
    return is_empty or keyframe.is_reduced or series.name.lower() in _SIDE_PICTURES
