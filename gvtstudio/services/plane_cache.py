"""Planes for the viewer, read in the background and held in memory up to a limit."""

from collections.abc import Callable
from functools import partial
from itertools import count
from threading import Lock

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal, Slot

from gvtstudio.domain.errors import GvtError
from gvtstudio.imaging.contrast import summarise
from gvtstudio.services.plane_reader import PlaneReader, volume_bytes
from gvtstudio.services.plane_source import NoLongerWanted, PlaneSource
from gvtstudio.services.plane_values import (
    PlaneRequest,
    PlaneResult,
    ReadFailure,
    VolumeKey,
    VolumeSummary,
)
from gvtstudio.services.volume_store import VolumeStore

MEGABYTE = 1024 * 1024
# From this size on, limits are first estimated from a few planes so that something shows at once.
ESTIMATE_FROM_BYTES = 64 * MEGABYTE
# A stack is read by one thread at a time while others of its planes wait. With as many threads for
# every stack, one whose drive does not answer keeps nobody else waiting.
WORKERS_PER_STACK = 5
CLOSING_PATIENCE_MS = 1000
PLANE_PRIORITY, VOLUME_PRIORITY, AHEAD_PRIORITY = 1, 0, -1

_serial = count(1)


class PlaneCache(QObject):
    """Opens stacks lazily and delivers their planes; nothing here blocks the GUI thread.

    A volume that fits in memory (its size times the number of open stacks within the limit) is
    read once, and then all its planes come from memory; others are read plane by plane, the next
    ones ahead. Planes that take long are first shown by fewer voxels.

    Args:
        limit_mb: Memory for volumes and planes.
        parent: Qt owner.
    """

    # PlaneResult: the newest request of a slot has been read; one of a coarser copy may precede it
    plane_ready = Signal(object)
    summary_ready = Signal(object)  # VolumeSummary: intensities of a volume are known
    read_failed = Signal(object)  # ReadFailure: a stack cannot be read
    _arrived = Signal(object)  # any of the above, or a VolumeKey done with, sent by a worker thread

    def __init__(self, limit_mb: int = 1024, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._unfreed = 0
        self._store = VolumeStore(limit_mb * MEGABYTE)
        self._reader = PlaneReader(self._store, self._stack_count)
        # Guards the tables below, which worker threads read.
        self._lock = Lock()
        self._sources: dict[str, PlaneSource] = {}
        self._newest: dict[str, PlaneRequest] = {}
        self._scheduled: set[str] = set()
        self._waiting: set[PlaneRequest] = set()
        self._loading: set[VolumeKey] = set()
        self._undelivered: set[str] = set()
        # Slots whose planes are asked for faster than they come, and which way the last went.
        self._hurried: set[str] = set()
        self._directions: dict[str, int] = {}
        self._summaries: dict[VolumeKey, VolumeSummary] = {}
        self._connect_signals()

    def _connect_signals(self) -> None:
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    def open(self, path: str, scene: int = 0, axes: str = "") -> str:
        """Name a stack to read from; the file itself is opened with the first request."""
        key = f"{next(_serial)}:{path}"
        self._count_unfreed(1)
        with self._lock:
            self._sources[key] = PlaneSource(path, scene, axes)
        return key

    def request(self, request: PlaneRequest) -> None:
        """Ask for a plane; an older, undelivered request of the same slot is dropped."""
        with self._lock:
            if request.volume.stack not in self._sources:
                return
            self._note_movement(request)
            self._newest[request.slot] = request
        self._undelivered.add(request.slot)
        known = self._summaries.get(request.volume)
        if known is not None:
            self._arrived.emit(known)
        self._schedule(request.slot)

    def _note_movement(self, request: PlaneRequest) -> None:
        """Keep in mind which way a slot moves, and whether its planes come in time."""
        slot, before = request.slot, self._newest.get(request.slot)
        is_behind = slot in self._undelivered and before is not None and before != request
        (self._hurried.add if is_behind else self._hurried.discard)(slot)
        if before is not None and before.position != request.position:
            self._directions[slot] = 1 if request.position > before.position else -1

    def forget_slot(self, slot: str) -> None:
        """Drop what a slot is still waiting for."""
        with self._lock:
            self._newest.pop(slot, None)
            self._waiting = {request for request in self._waiting if request.slot != slot}
            self._hurried.discard(slot)
            self._directions.pop(slot, None)
        self._undelivered.discard(slot)

    def set_limit_mb(self, limit_mb: int) -> None:
        """Change the memory for volumes and planes."""
        self._store.set_limit(limit_mb * MEGABYTE)

    @property
    def used_bytes(self) -> int:
        """Memory held by volumes and planes now."""
        return self._store.used_bytes

    def close(self, key: str) -> None:
        """Let go of a stack's memory at once and of its file once no thread is reading."""
        with self._lock:
            source = self._sources.pop(key, None)
            slots = [slot for slot, r in self._newest.items() if r.volume.stack == key]
        if source is None:
            return
        source.is_closed = True
        for slot in slots:
            self.forget_slot(slot)
        self._forget_volumes(key)
        self._pool.start(partial(self._free, source), PLANE_PRIORITY)

    def refresh(self, key: str) -> None:
        """Read a stack anew because its file has grown; what was asked for last comes again."""
        with self._lock:
            source = self._sources.get(key)
            if source is None:
                return
            self._sources[key] = source.reopened()
            slots = [slot for slot, r in self._newest.items() if r.volume.stack == key]
        # Marked before its volumes are forgotten, so that a thread reading one does not keep it.
        source.is_closed = True
        self._count_unfreed(1)
        self._pool.start(partial(self._free, source), PLANE_PRIORITY)
        self._forget_volumes(key)
        for slot in slots:
            self._undelivered.add(slot)
            self._schedule(slot)

    def close_all(self) -> None:
        """Close every stack and wait a moment until no thread reads; for the end of the program.

        A thread that waits for a slow network ends by itself, when the window is gone.
        """
        with self._lock:
            keys = list(self._sources)
        for key in keys:
            self.close(key)
        self._pool.waitForDone(CLOSING_PATIENCE_MS)

    def _free(self, source: PlaneSource) -> None:
        """Worker: close a file; waits for the thread that reads it."""
        source.close()
        self._count_unfreed(-1)

    def _count_unfreed(self, change: int) -> None:
        """Have threads for every stack that is open or still being closed."""
        with self._lock:
            self._unfreed += change
            self._pool.setMaxThreadCount(max(1, self._unfreed) * WORKERS_PER_STACK)

    def _forget_volumes(self, key: str) -> None:
        self._store.forget(key)
        for volume in [volume for volume in self._summaries if volume.stack == key]:
            del self._summaries[volume]

    def _schedule(self, slot: str) -> None:
        """Have the newest request of a slot read; at most one worker serves a slot."""
        with self._lock:
            if slot in self._scheduled or slot not in self._newest:
                return
            self._scheduled.add(slot)
        self._pool.start(partial(self._serve, slot), PLANE_PRIORITY)

    def _serve(self, slot: str) -> None:
        """Worker: read the plane a slot wants by now, or start reading its volume."""
        with self._lock:
            self._scheduled.discard(slot)
            request = self._newest.get(slot)
            source = self._sources.get(request.volume.stack) if request else None
        if request is None or source is None:
            return
        self._guarded(source, request.volume.stack, partial(self._read_plane, source, request))

    def _read_plane(self, source: PlaneSource, request: PlaneRequest) -> None:
        # The mark is set before looking, so that a volume arriving meanwhile finds it.
        with self._lock:
            self._waiting.add(request)
        is_wanted = partial(self._is_newest, request)
        values = self._reader.held(request, is_wanted)
        fits = self._reader.fits(source)
        if values is None:
            if fits or request.volume not in self._summaries:
                self._start_volume(request.volume)
            # What crosses every page of the file comes when the volume is there.
            if fits and not request.is_page:
                return
            if not fits and self._waits_for_coarse(source, request):
                return
        with self._lock:
            self._waiting.discard(request)
            direction = self._directions.get(request.slot, 1)
        if values is None:
            values = self._reader.exact(source, request, direction, is_wanted)
        self._send_plane(source, PlaneResult(request, values))
        if request.is_page and not fits:
            ahead = partial(self._reader.read_ahead, source, request, direction, is_wanted)
            guarded = partial(self._guarded, source, request.volume.stack, ahead)
            self._pool.start(guarded, AHEAD_PRIORITY)

    def _waits_for_coarse(self, source: PlaneSource, request: PlaneRequest) -> bool:
        """Show a plane by a coarser copy first; whether that has to be read before anything."""
        with self._lock:
            is_quick = request.is_page and request.slot not in self._hurried
        key = None if is_quick else self._reader.coarse_key(source, request)
        if key is None:
            return False
        is_wanted = partial(self._is_newest, request)
        coarse = self._reader.coarse(source, request, key, is_wanted)
        if self._store.find(key) is None:
            self._start_volume(key)
        if coarse is None:
            return True
        self._send_plane(source, coarse)
        if not is_wanted():
            raise NoLongerWanted
        return False

    def _send_plane(self, source: PlaneSource, result: PlaneResult) -> None:
        if not source.is_closed:
            self._arrived.emit(result)

    def _start_volume(self, key: VolumeKey) -> None:
        with self._lock:
            if key in self._loading:
                return
            self._loading.add(key)
        self._pool.start(partial(self._serve_volume, key), VOLUME_PRIORITY)

    def _serve_volume(self, key: VolumeKey) -> None:
        """Worker: read a volume that fits, or estimate the intensities of one that does not."""
        with self._lock:
            source = self._sources.get(key.stack)
        if source is not None:
            self._guarded(source, key.stack, partial(self._read_volume, source, key))
        with self._lock:
            self._loading.discard(key)
            is_outdated = self._sources.get(key.stack) not in (None, source)
        if is_outdated:
            self._start_volume(key)
        self._arrived.emit(key)

    def _read_volume(self, source: PlaneSource, key: VolumeKey) -> None:
        is_wanted = partial(self._is_wanted, key)
        if key.level:
            self._reader.hold_volume(source, key, is_wanted)
            return
        fits = self._reader.fits(source)
        if not fits and key in self._summaries:
            return
        if not fits or volume_bytes(source.describe()) >= ESTIMATE_FROM_BYTES:
            self._arrived.emit(self._reader.estimate(source, key, is_wanted))
        if fits:
            volume = self._reader.hold_volume(source, key, is_wanted)
            self._arrived.emit(VolumeSummary(key, summarise(volume), is_complete=True))

    def _stack_count(self) -> int:
        with self._lock:
            return max(1, len(self._sources))

    def _is_wanted(self, key: VolumeKey) -> bool:
        with self._lock:
            return any(request.volume == key._replace(level=0) for request in self._newest.values())

    def _is_newest(self, request: PlaneRequest) -> bool:
        with self._lock:
            return self._newest.get(request.slot) == request

    def _guarded(self, source: PlaneSource, key: str, work: Callable[[], None]) -> None:
        """Run work of a thread; what goes wrong with the file becomes a sentence."""
        try:
            work()
        except NoLongerWanted:
            return
        except (GvtError, OSError, MemoryError) as error:
            if not source.is_closed:
                self._arrived.emit(ReadFailure(key, _sentence(error)))

    @Slot(object)
    def _on_arrived(self, answer: PlaneResult | VolumeSummary | ReadFailure | VolumeKey) -> None:
        """Hand on what a worker sent, unless it has become stale meanwhile."""
        match answer:
            case PlaneResult():
                self._deliver(answer)
            case VolumeSummary():
                self._note_summary(answer)
            case ReadFailure():
                self._note_failure(answer)
            case VolumeKey():
                self._wake_slots(answer)

    def _deliver(self, result: PlaneResult) -> None:
        slot = result.request.slot
        if self._newest.get(slot) != result.request or slot not in self._undelivered:
            return
        if not result.level:
            self._undelivered.discard(slot)
        self.plane_ready.emit(result)

    def _note_summary(self, summary: VolumeSummary) -> None:
        if summary.volume.stack not in self._sources:
            # The stack was closed while its volume was being read.
            self._store.forget(summary.volume.stack)
            return
        self._summaries[summary.volume] = summary
        self.summary_ready.emit(summary)

    def _note_failure(self, failure: ReadFailure) -> None:
        if failure.stack not in self._sources:
            return
        for slot, request in list(self._newest.items()):
            if request.volume.stack == failure.stack:
                self.forget_slot(slot)
        self.read_failed.emit(failure)

    def _wake_slots(self, key: VolumeKey) -> None:
        """Serve the slots that waited for a volume: it is there now, or has to be read again."""
        wanted = key._replace(level=0)
        with self._lock:
            # of one slot an older request may still be at work while the newest waits
            self._waiting = {r for r in self._waiting if self._newest.get(r.slot) == r}
            slots = [request.slot for request in self._waiting if request.volume == wanted]
        for slot in slots:
            self._schedule(slot)


def _sentence(error: Exception) -> str:
    if isinstance(error, GvtError):
        return error.sentence()
    if isinstance(error, MemoryError):
        return "There is not enough memory to show this stack. Close other stacks or programs."
    return f"The stack could not be read: {error}. Check that its disk or network is reachable."
