"""A stack's volume made coarse enough to be turned, read piece by piece in a bounded memory."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gvtstudio.domain.region import Region, Span
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.imaging.panel.geometry import Triple, Voxel
from gvtstudio.imaging.volume_view import Solid, joined, numbers_of, reduction
from gvtstudio.io.stacks import open_stack
from gvtstudio.services.plane_source import NoLongerWanted

PIECE_BYTES = 16 * 1024 * 1024
# Of larger volumes without coarser copies, planes are left out where several are joined anyway.
READ_BYTES = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SeenVolume:
    """One volume of a stack that is to be turned.

    Args:
        info: The stack.
        t: Time point, counted from 0.
        c: Channel, counted from 0.
        voxel: Size of its voxels, (z, y, x), in the unit in which it is shown.
    """

    info: StackInfo
    t: int
    c: int
    voxel: Triple

    @property
    def sizes(self) -> Voxel:
        """Number of voxels along Z, Y, X."""
        return _sizes(self.info)

    @property
    def size(self) -> Triple:
        """Lengths of the box round it."""
        z, y, x = (n * step for n, step in zip(self.sizes, self.voxel, strict=True))
        return (z, y, x)


def read_solid(
    seen: SeenVolume, most: int, on_progress: Callable[[float], None], is_wanted: Callable[[], bool]
) -> Solid:
    """The volume with at most so many voxels; the file is closed again.

    It is taken from the coarsest copy in the file that is fine enough; then the brightest of
    neighbouring voxels stands for them.

    Args:
        seen: Which volume.
        most: Voxels that are kept.
        on_progress: Gets the part that is read.
        is_wanted: Asked before every piece.

    Raises:
        FileUnreadable: The file is damaged or has vanished.
        NoLongerWanted: The volume is not wanted any more.
    """
    info, level = seen.info, _level(seen, most)
    with closing(open_stack(Path(info.path), info.scene, axes=info.axes, level=level)) as stack:
        sizes = _sizes(stack.info)
        z, y, x = (length / n for length, n in zip(seen.size, sizes, strict=True))
        factors = reduction(sizes, (z, y, x), most)
        values = np.empty(_reduced(sizes, factors), np.float32)
        for planes, rows in _pieces(stack.info, factors):
            if not is_wanted():
                raise NoLongerWanted
            place = slice(planes[0] // factors[0], -(-planes[1] // factors[0]))
            across = slice(rows[0] // factors[1], -(-rows[1] // factors[1]))
            values[place, across] = _read(stack, seen, (planes, rows), factors)
            on_progress((planes[0] + rows[1] / sizes[1] * (planes[1] - planes[0])) / sizes[0])
    voxel = (z * factors[0], y * factors[1], x * factors[2])
    return Solid(values, voxel, seen.size)


def _sizes(info: StackInfo) -> Voxel:
    _, depth, _, height, width = info.shape
    return (depth, height, width)


def _reduced(sizes: Voxel, factors: Voxel) -> Voxel:
    z, y, x = (-(-n // f) for n, f in zip(sizes, factors, strict=True))
    return (z, y, x)


def _level(seen: SeenVolume, most: int) -> int:
    """The coarsest copy that is as fine as the volume will be shown."""
    shown = _reduced(seen.sizes, reduction(seen.sizes, seen.voxel, most))
    fine_enough = [
        level
        for level in range(len(seen.info.level_shapes) + 1)
        if all(n >= m for n, m in zip(_sizes(seen.info.at_level(level)), shown, strict=True))
    ]
    return max(fine_enough)


def _plane_step(info: StackInfo, factors: Voxel) -> int:
    """How many planes further the next one is that is read."""
    sizes = _sizes(info)
    byte_count = float(np.prod(sizes, dtype=float)) * np.dtype(info.dtype).itemsize
    return min(factors[0], max(1, int(byte_count // READ_BYTES)))


def _pieces(info: StackInfo, factors: Voxel) -> Iterator[tuple[Span, Span]]:
    """Planes and rows that are read at once: whole groups of voxels that are joined."""
    depth, height, width = _sizes(info)
    row_bytes = width * np.dtype(info.dtype).itemsize
    rows = max(1, PIECE_BYTES // (row_bytes * factors[0] * factors[1])) * factors[1]
    planes = factors[0]
    if rows >= height and _plane_step(info, factors) == 1:
        planes *= max(1, PIECE_BYTES // (row_bytes * height * factors[0]))
    for first in range(0, depth, planes):
        for top in range(0, height, rows):
            yield (first, min(depth, first + planes)), (top, min(height, top + rows))


def _read(stack: Stack, seen: SeenVolume, piece: tuple[Span, Span], factors: Voxel) -> np.ndarray:
    """A piece of the volume with its voxels joined."""
    (first, stop), rows = piece
    step = _plane_step(stack.info, factors)
    region = Region.whole(stack.info.shape).only(t=seen.t, c=seen.c).within(y=rows)
    if step == 1:
        return _joined(stack.read(region.within(z=(first, stop)))[0, :, 0], factors)
    planes = [
        _joined(stack.read(region.within(z=(z, z + 1)))[0, :, 0], (1, *factors[1:]))
        for z in range(first, stop, step)
    ]
    brightest: np.ndarray = np.maximum.reduce(planes)
    return brightest


def _joined(voxels: np.ndarray, factors: Voxel) -> np.ndarray:
    return joined(numbers_of(voxels) if voxels.dtype.kind == "f" else voxels, factors)
