"""One open file behind the plane cache: opened when first read, read by one thread at a time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock

import numpy as np

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Region, Span
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.imaging.panel.plane_axes import PLANES, cut_plane
from gvtstudio.imaging.panel.projection import projected
from gvtstudio.io.stacks import open_stack
from gvtstudio.services.plane_values import PlaneRequest, VolumeKey

# Between two pieces the file is free for the plane the user is waiting for. Smaller ones would
# unpack the same blocks several times.
PIECE_BYTES = 32 * 1024 * 1024


class NoLongerWanted(Exception):
    """What was being read is of no use any more."""


class PlaneSource:
    """A stack that worker threads read planes and volumes from.

    Args:
        path: File to open.
        scene: Dataset inside the file.
        axes: What its planes are, where the user said so.
    """

    def __init__(self, path: str, scene: int, axes: str = "") -> None:
        self._path = path
        self._scene = scene
        self._axes = axes
        self._lock = Lock()
        # Held by who reads planes that will be kept, so that nobody else reads the same ones.
        self.turn = Lock()
        self._levels: dict[int, Stack] = {}
        self.is_closed = False

    def reopened(self) -> "PlaneSource":
        """The same stack, opened anew when it is next read."""
        return PlaneSource(self._path, self._scene, self._axes)

    def describe(self, level: int = 0) -> StackInfo:
        """The description of the stack, or of a coarser copy; opens the file if need be."""
        with self._lock:
            return self._opened(level).info

    def read(self, region: Region, level: int = 0) -> np.ndarray:
        """The voxels of a region of the stack, or of a coarser copy, (T, Z, C, Y, X)."""
        with self._lock:
            return self._opened(level).read(region)

    def pieces(
        self, volume: VolumeKey, spans: dict[str, Span], is_wanted: Callable[[], bool]
    ) -> Iterator[np.ndarray]:
        """A part of a volume, (Z, Y, X), piece by piece along Z with a bounded size.

        Args:
            volume: Which one.
            spans: Along ``z``, ``y`` and ``x``; all where an axis is left out.
            is_wanted: Asked before every piece.

        Raises:
            NoLongerWanted: The source was closed, or the part is not wanted.
        """
        stack = self.describe(volume.level)
        region = Region.whole(stack.shape).only(t=volume.t, c=volume.c).within(**spans)
        _, depth, _, height, _ = region.shape
        # most files are read by whole rows
        row_bytes = stack.shape[4] * np.dtype(stack.dtype).itemsize
        step = max(1, PIECE_BYTES // max(1, height * row_bytes))
        first = region.z[0]
        for start in range(first, first + depth, step):
            if self.is_closed or not is_wanted():
                raise NoLongerWanted
            stop = min(first + depth, start + step)
            yield self.read(region.within(z=(start, stop)), volume.level)[0, :, 0]

    def block(
        self, volume: VolumeKey, spans: dict[str, Span], is_wanted: Callable[[], bool]
    ) -> np.ndarray:
        """A part of a volume at once, as ``pieces`` brings it, (Z, Y, X)."""
        stack = self.describe(volume.level)
        _, depth, _, height, width = Region.whole(stack.shape).within(**spans).shape
        block = np.empty((depth, height, width), dtype=stack.dtype)
        done = 0
        for piece in self.pieces(volume, spans, is_wanted):
            block[done : done + len(piece)] = piece
            done += len(piece)
        return block

    def sample(self, volume: VolumeKey, step: int, is_wanted: Callable[[], bool]) -> np.ndarray:
        """Every so many voxels of a volume along Z, Y and X, (Z, Y, X).

        Raises:
            NoLongerWanted: As ``pieces`` does.
        """
        stack = self.describe()
        _, depth, _, height, width = stack.shape
        sizes = [-(-size // step) for size in (depth, height, width)]
        sample = np.empty(sizes, dtype=stack.dtype)
        for i, z in enumerate(range(0, depth, step)):
            page = self.block(volume, {"z": (z, z + 1)}, is_wanted)
            sample[i] = page[0, ::step, ::step]
        return sample

    def read_plane(self, request: PlaneRequest, is_wanted: Callable[[], bool]) -> np.ndarray:
        """One plane or projection straight from the file, rows first.

        Raises:
            NoLongerWanted: As ``pieces`` does.
        """
        shape = self.describe(request.volume.level).shape
        spans = request_spans(request, (shape[1], shape[3], shape[4]))
        if request.projection.kind == "slice":
            return cut_plane(self.block(request.volume, spans, is_wanted), request.plane, 0)
        pieces = self.pieces(request.volume, spans, is_wanted)
        return projected(pieces, request.plane, request.projection.kind)

    def close(self) -> None:
        """Free the file once no thread is reading; reading afterwards is an error."""
        self.is_closed = True
        with self._lock:
            for stack in self._levels.values():
                stack.close()
            self._levels = {}

    def _opened(self, level: int) -> Stack:
        if self.is_closed:
            raise FileUnreadable(f"{Path(self._path).name} has been closed.", "Open it again.")
        if level not in self._levels:
            path = Path(self._path)
            self._levels[level] = open_stack(path, self._scene, axes=self._axes, level=level)
        return self._levels[level]


def request_spans(request: PlaneRequest, sizes: tuple[int, int, int]) -> dict[str, Span]:
    """What of a volume of so many planes, rows and columns a plane is made of."""
    across = PLANES[request.plane].across
    return {"zyx"[across]: request.projection.span(request.position, sizes[across])}


def plane_of(
    volume: np.ndarray, request: PlaneRequest, is_wanted: Callable[[], bool]
) -> np.ndarray:
    """One plane or projection of a (Z, Y, X) volume in memory, rows first.

    Raises:
        NoLongerWanted: The plane is not wanted any more.
    """
    if request.projection.kind == "slice":
        return cut_plane(volume, request.plane, request.position)
    depth, height, width = volume.shape
    spans = request_spans(request, (depth, height, width))
    z, y, x = (slice(*spans.get(axis, (0, None))) for axis in "zyx")
    slab = volume[z, y, x]

    def pieces() -> Iterator[np.ndarray]:
        step = max(1, PIECE_BYTES // max(1, slab[0].nbytes))
        for start in range(0, len(slab), step):
            if not is_wanted():
                raise NoLongerWanted
            yield slab[start : start + step]

    return projected(pieces(), request.plane, request.projection.kind)
