"""What the threads behind the plane cache do: read planes and volumes, and what is wanted next.

Of a volume that fits in memory everything is cut. Of another one, planes are read from the file;
those that will be wanted next are read along and held for a while. A coarser copy in the file that
is small enough, or else a sample of the voxels, lies in memory and gives a first view of planes
that take long.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil
from time import monotonic

import numpy as np

from gvtstudio.domain.region import Span
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.contrast import summarise
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName, cut_plane
from gvtstudio.services.plane_source import NoLongerWanted, PlaneSource, plane_of
from gvtstudio.services.plane_values import PlaneRequest, PlaneResult, VolumeKey, VolumeSummary
from gvtstudio.services.volume_store import VolumeStore

IsWanted = Callable[[], bool]

ESTIMATE_PLANES = 5
# Pages read ahead of the one the user scrolls to, as soon as fewer than so many of them are there.
PAGES_AHEAD, PAGES_LEFT = 8, 2
# A page that takes longer is probably packed with others, which then come in one piece.
QUICK_PAGE_S = 0.03
# A plane that crosses pages costs hardly more with some beside it: rows that lie next to each
# other, in blocks that are unpacked anyway.
BAND_PLANES = 16
# How much of the memory a coarser copy, and the planes read along with one, may take.
COARSE_SHARE, BAND_SHARE = 4, 8


class PlaneReader:
    """Reads from the sources of a cache, in any thread.

    Args:
        store: What is held in memory.
        stack_count: How many stacks are open; they share the memory.
    """

    def __init__(self, store: VolumeStore, stack_count: Callable[[], int]) -> None:
        self._store = store
        self._stack_count = stack_count

    def fits(self, source: PlaneSource) -> bool:
        """Whether a volume can be held while all open stacks are on screen together."""
        # One alone must not push the others out.
        return volume_bytes(source.describe()) * self._stack_count() <= self._store.limit_bytes

    def held(self, request: PlaneRequest, is_wanted: IsWanted) -> np.ndarray | None:
        """A plane, if it or its volume lies in memory.

        Raises:
            NoLongerWanted: The plane is not wanted any more.
        """
        volume = self._store.find(request.volume)
        if volume is not None:
            return plane_of(volume, request, is_wanted)
        return self._store.find_plane(request.key)

    def coarse_key(self, source: PlaneSource, request: PlaneRequest) -> VolumeKey | None:
        """Which smaller volume to show first, one that can be held in memory beside planes.

        The finest coarser copy, or else a sample where that is read sooner than the plane itself.
        """
        stack = source.describe()
        room = self._store.limit_bytes // COARSE_SHARE // self._stack_count()
        for level in range(1, len(stack.level_shapes) + 1):
            if volume_bytes(stack.at_level(level)) <= room:
                return request.volume._replace(level=level)
        step = ceil((volume_bytes(stack) / max(1, room)) ** (1 / 3)) + 1
        is_worth_it = room and step * _share_read(request, stack) > 1
        return request.volume._replace(level=-step) if is_worth_it else None

    def coarse(
        self, source: PlaneSource, request: PlaneRequest, key: VolumeKey, is_wanted: IsWanted
    ) -> PlaneResult | None:
        """A plane in a coarser copy: from memory or, where it lies in one piece, from the file.

        Raises:
            NoLongerWanted: The plane is not wanted any more.
        """
        similar = _at_level(request, source.describe(), key)
        values = self.held(similar, is_wanted)
        if values is None and request.is_page:
            values = source.read_plane(similar, is_wanted)
        return None if values is None else PlaneResult(request, values, key.level)

    def exact(
        self, source: PlaneSource, request: PlaneRequest, direction: int, is_wanted: IsWanted
    ) -> np.ndarray:
        """A plane from the file; those beside it that cost nothing are held for later.

        Raises:
            NoLongerWanted: The plane is not wanted any more.
        """
        with source.turn:
            held = self._store.find_plane(request.key)
            return self._read(source, request, direction, is_wanted) if held is None else held

    def _read(
        self, source: PlaneSource, request: PlaneRequest, direction: int, is_wanted: IsWanted
    ) -> np.ndarray:
        if request.projection.kind != "slice" or request.is_page:
            values = source.read_plane(request, is_wanted)
            self._keep(source, request, values)
            return values
        first, stop = self._band(source.describe(), request, direction)
        across = "zyx"[PLANES[request.plane].across]
        band = source.block(request.volume, {across: (first, stop)}, is_wanted)
        found = cut_plane(band, request.plane, request.position - first)
        for position in range(first, stop):
            plane = cut_plane(band, request.plane, position - first)
            self._keep(source, replace(request, position=position), plane)
        return found

    def read_ahead(
        self, source: PlaneSource, request: PlaneRequest, direction: int, is_wanted: IsWanted
    ) -> None:
        """Hold the pages the user will probably scroll to next.

        Raises:
            NoLongerWanted: The user went elsewhere.
        """
        stack = source.describe()
        count = min(PAGES_AHEAD, self._fitting(stack, "XY"))
        depth, position = stack.shape[1], request.position
        following = range(position + 1, min(depth, position + 1 + count))
        if direction < 0:
            following = range(position - 1, max(-1, position - 1 - count), -1)
        missing = [
            z for z in following if self._store.find_plane(replace(request, position=z).key) is None
        ]
        if not missing or abs(missing[0] - position) > PAGES_LEFT:
            return
        begin = monotonic()
        self._read_pages(source, request, missing[:1], is_wanted)
        rest = missing[1:]
        is_quick = monotonic() - begin < QUICK_PAGE_S
        for pages in [[z] for z in rest] if is_quick else [rest]:
            self._read_pages(source, request, pages, is_wanted)

    def _read_pages(
        self, source: PlaneSource, request: PlaneRequest, positions: list[int], is_wanted: IsWanted
    ) -> None:
        """Hold pages that lie beside each other."""
        if not positions:
            return
        first, stop = min(positions), max(positions) + 1
        with source.turn:
            block = source.block(request.volume, {"z": (first, stop)}, is_wanted)
            for z in positions:
                page = block[z - first]
                # a copy, so that the others can be let go
                page = np.array(page) if len(positions) > 1 else page
                self._keep(source, replace(request, position=z), page)

    def hold_volume(self, source: PlaneSource, key: VolumeKey, is_wanted: IsWanted) -> np.ndarray:
        """Read a volume, a coarser copy or a sample into memory.

        Raises:
            NoLongerWanted: Nothing of it is wanted any more.
        """
        stack = source.describe()
        step = max(1, -key.level)
        finer = stack.at_level(max(0, key.level))
        self._store.reserve(key, volume_bytes(finer) // step**3)
        try:
            if key.level < 0:
                volume = source.sample(key._replace(level=0), step, is_wanted)
            else:
                volume = source.block(key, {}, is_wanted)
            self._store.keep(key, volume)
        finally:
            self._store.release(key)
        self._drop_closed(source, key)
        return volume

    def estimate(self, source: PlaneSource, key: VolumeKey, is_wanted: IsWanted) -> VolumeSummary:
        """Intensities judged by a few evenly spaced planes.

        Raises:
            NoLongerWanted: The volume is not wanted any more.
        """
        depth = source.describe().shape[1]
        chosen = np.unique(np.linspace(0, depth - 1, min(depth, ESTIMATE_PLANES)).astype(int))
        planes = [source.read_plane(page, is_wanted) for page in _pages(key, chosen)]
        return VolumeSummary(key, summarise(np.stack(planes)), is_complete=False)

    def _keep(self, source: PlaneSource, request: PlaneRequest, values: np.ndarray) -> None:
        self._store.keep_plane(request.key, values)
        self._drop_closed(source, request.volume)

    def _drop_closed(self, source: PlaneSource, key: VolumeKey) -> None:
        """Let go of what was kept while the stack was being closed or read anew."""
        if source.is_closed:
            self._store.forget(key.stack)
            raise NoLongerWanted

    def _band(self, stack: StackInfo, request: PlaneRequest, direction: int) -> Span:
        """Which planes to read at once, most of them in the direction of movement."""
        count = _plane_count(stack, request.plane)
        planes = max(1, min(BAND_PLANES, self._fitting(stack, request.plane)))
        behind = planes // 4
        before = behind if direction > 0 else planes - 1 - behind
        first = max(0, request.position - before)
        return first, min(count, first + planes)

    def _fitting(self, stack: StackInfo, plane: PlaneName) -> int:
        """How many planes may be read at once."""
        room = self._store.limit_bytes // BAND_SHARE // self._stack_count()
        return room * _plane_count(stack, plane) // max(1, volume_bytes(stack))


def volume_bytes(stack: StackInfo) -> int:
    """Size of one volume of a stack in memory."""
    _, depth, _, height, width = stack.shape
    return depth * height * width * np.dtype(stack.dtype).itemsize


def _plane_count(stack: StackInfo, plane: PlaneName) -> int:
    return (stack.shape[1], stack.shape[3], stack.shape[4])[PLANES[plane].across]


def _share_read(request: PlaneRequest, stack: StackInfo) -> float:
    """How much of a volume has to be read for a plane, where files are read by whole rows."""
    if request.plane == "YZ":
        return 1.0
    count = _plane_count(stack, request.plane)
    first, stop = request.projection.span(request.position, count)
    return (stop - first) / count


def _pages(key: VolumeKey, positions: np.ndarray) -> Iterator[PlaneRequest]:
    return (PlaneRequest("", key, "XY", int(position)) for position in positions)


def _at_level(request: PlaneRequest, stack: StackInfo, key: VolumeKey) -> PlaneRequest:
    """The same plane, as nearly as can be, in a coarser copy."""
    scale: float = -key.level
    if key.level > 0:
        scale = stack.at_level(key.level).level_scale[PLANES[request.plane].across]
    last = ceil(_plane_count(stack, request.plane) / scale) - 1
    position = min(last, int((request.position + 0.5) / scale))
    thickness = request.projection.thickness
    if thickness:
        thickness = max(1, round(thickness / scale))
    projection = replace(request.projection, thickness=thickness)
    return replace(request, volume=key, position=position, projection=projection)
