"""A volume that is too large to be held: read, restored and written block by block."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

Span = tuple[int, int]
Box = tuple[Span, ...]
"""Half-open spans along Z, Y and X, in voxels."""

ReadBox = Callable[[Box], np.ndarray]
WriteBox = Callable[[Box, np.ndarray], None]

BLOCK_VOXELS = 1 << 20
"""Worked on at once: large enough for whole rows, small enough for the cache of a processor."""


@dataclass(frozen=True, slots=True)
class OpenVolume:
    """Raw intensities in, restored intensities in the same units out.

    Args:
        shape: (Z, Y, X).
        read: Gives the intensities of a box; may be asked for the same voxels again and again.
        write: Takes the restored intensities of a box, real numbers; every voxel comes once. A
            projection has one plane.
        has_channels: Whether blocks are (C, Z, Y, X), in and out, and not (Z, Y, X).
        gives_one_plane: Whether all planes together are to become one.
    """

    shape: tuple[int, int, int]
    read: ReadBox
    write: WriteBox
    has_channels: bool = False
    gives_one_plane: bool = False


def whole_box(shape: tuple[int, ...]) -> Box:
    """All of a volume of that shape."""
    return tuple((0, n) for n in shape)


def box_shape(box: Box) -> tuple[int, ...]:
    """Voxels of a box along each axis.

    Example:
        >>> box_shape(((2, 5), (0, 8), (1, 9)))
        (3, 8, 8)
    """
    return tuple(stop - start for start, stop in box)


def slices_of(box: Box, inside: Box | None = None) -> tuple[slice, ...]:
    """Where a box lies in the array of the volume, or of a box that contains it.

    Example:
        >>> slices_of(((2, 5), (0, 8)))
        (slice(2, 5, None), slice(0, 8, None))
        >>> slices_of(((2, 5), (0, 8)), inside=((1, 9), (0, 8)))
        (slice(1, 4, None), slice(0, 8, None))
    """
    origins = [0] * len(box) if inside is None else [first for first, _ in inside]
    return tuple(slice(a - first, b - first) for (a, b), first in zip(box, origins, strict=True))


def shifted_box(box: Box, origin: Box) -> Box:
    """A box whose coordinates begin where another box begins, in the coordinates of that one.

    Example:
        >>> shifted_box(((0, 1), (2, 3), (4, 5)), ((10, 99), (20, 99), (30, 99)))
        ((10, 11), (22, 23), (34, 35))
    """
    return tuple((a + first, b + first) for (a, b), (first, _) in zip(box, origin, strict=True))


def blocks_of(box: Box, voxels: int = BLOCK_VOXELS) -> Iterator[Box]:
    """Pieces of a box one after the other, in the order they lie in a file.

    Planes stay together while they fit into ``voxels``; a plane that does not comes in rows.

    Example:
        >>> list(blocks_of(((0, 3), (0, 4), (0, 5)), voxels=40))
        [((0, 2), (0, 4), (0, 5)), ((2, 3), (0, 4), (0, 5))]
        >>> list(blocks_of(((7, 8), (0, 4), (0, 5)), voxels=15))
        [((7, 8), (0, 3), (0, 5)), ((7, 8), (3, 4), (0, 5))]
    """
    (_, last), (top, bottom), columns = box
    height, width = box_shape(box)[1:]
    planes = max(1, voxels // max(1, height * width))
    rows = height if planes > 1 else max(1, voxels // max(1, width))
    for z in range(*box[0], planes):
        for y in range(top, bottom, max(1, rows)):
            yield (z, min(z + planes, last)), (y, min(y + rows, bottom)), columns
