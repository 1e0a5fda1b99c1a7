"""Brings planes from the cache to the panes of one view, and knows which are still on their way."""

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from gvtstudio.imaging.contrast import IntensitySummary
from gvtstudio.imaging.panel.comparison import Wanted
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.imaging.panel.plane_axes import PlaneName
from gvtstudio.imaging.panel.projection import SLICE, Projection
from gvtstudio.services.patience import answered
from gvtstudio.services.plane_cache import PlaneCache
from gvtstudio.services.plane_values import (
    PlaneRequest,
    PlaneResult,
    ReadFailure,
    VolumeKey,
    VolumeSummary,
)

PATIENCE_MS = 1500

PanePlace = tuple[int, PlaneName]
Opened = tuple[ViewerVolume, tuple[int, int]]


class PlaneFeed(QObject):
    """Opens the volumes of a view and asks for its planes.

    Args:
        plane_cache: Where planes come from; may serve other views too.
        parent: Qt owner.
    """

    plane_arrived = Signal(object)  # (PanePlace, PlaneResult)
    summary_arrived = Signal(object)  # VolumeSummary of one of the volumes
    volume_failed = Signal(object)  # (index of the volume, sentence)
    volume_silent = Signal(int)  # index of a volume of which nothing has come for a while

    def __init__(self, plane_cache: PlaneCache, parent: QObject) -> None:
        super().__init__(parent)
        self._cache = plane_cache
        self._name = uuid4().hex
        self._keys: list[str] = []
        self._opened: list[Opened] = []
        self._asked: dict[PanePlace, PlaneRequest] = {}
        self._waiting: set[PanePlace] = set()
        self._overdue: set[PanePlace] = set()
        self._summaries: dict[VolumeKey, IntensitySummary] = {}
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._connect_signals()

    def _connect_signals(self) -> None:
        self._patience.timeout.connect(self._tell_silence)
        self._cache.plane_ready.connect(self._on_plane_ready)
        self._cache.summary_ready.connect(self._on_summary_ready)
        self._cache.read_failed.connect(self._on_read_failed)

    def open_volumes(self, volumes: Sequence[ViewerVolume]) -> None:
        """Open these volumes and close those no longer shown; unchanged files stay in memory."""
        free = list(zip(self._opened, self._keys, strict=True))
        opened, keys = [], []
        for volume in volumes:
            # A file that was written anew has another stamp and is read anew.
            wanted = (volume, _stamp(volume))
            kept = next((pair for pair in free if pair[0] == wanted), None)
            if kept is not None:
                free.remove(kept)
            opened.append(wanted)
            info = volume.info
            keys.append(kept[1] if kept else self._cache.open(info.path, info.scene, info.axes))
        for place in list(self._asked):
            self.drop(place)
        for _, key in free:
            self._cache.close(key)
        self._opened, self._keys = opened, keys
        self._summaries = {k: s for k, s in self._summaries.items() if k.stack in keys}

    def ask(self, place: PanePlace, wanted: Wanted, projection: Projection = SLICE) -> None:
        """Ask for a plane or the slab round it, unless it is what was asked for last."""
        volume, plane = place
        key = VolumeKey(self._keys[volume], wanted.t, wanted.c)
        slot = f"{self._name}/{volume}/{plane}"
        # all planes together are the same at every position
        position = 0 if projection.is_whole else wanted.position
        request = PlaneRequest(slot, key, plane, position, projection)
        if self._asked.get(place) == request:
            return
        self._asked[place] = request
        self._wait_for(place)
        self._cache.request(request)

    def drop(self, place: PanePlace) -> None:
        """Nothing is wanted in this pane."""
        request = self._asked.pop(place, None)
        self._waiting.discard(place)
        if request is not None:
            self._cache.forget_slot(request.slot)

    def reread(self, volume: int) -> None:
        """Ask anew for every plane of a volume on screen, because its file has grown."""
        for place in self._asked:
            if place[0] == volume:
                self._wait_for(place)
        self._cache.refresh(self._keys[volume])

    def is_waiting(self, place: PanePlace) -> bool:
        """Whether the plane of a pane is still being read."""
        return place in self._waiting

    @property
    def is_idle(self) -> bool:
        """Whether every plane asked for has arrived, with the intensities of its volume."""
        return not self._waiting and all(
            request.volume in self._summaries for request in self._asked.values()
        )

    def summary(self, volume: int, t: int, c: int) -> IntensitySummary | None:
        """Intensities of a volume, where known."""
        return self._summaries.get(VolumeKey(self._keys[volume], t, c))

    def _wait_for(self, place: PanePlace) -> None:
        self._waiting.add(place)
        if not self._patience.isActive():
            self._patience.start()

    @Slot()
    def _tell_silence(self) -> None:
        """Name the volumes that have sent nothing since the last look."""
        for volume in {volume for volume, _ in self._waiting & self._overdue}:
            if all(place in self._waiting for place in self._asked if place[0] == volume):
                self.volume_silent.emit(volume)
        self._overdue = set(self._waiting)
        if self._waiting:
            self._patience.start()

    @Slot(object)
    def _on_plane_ready(self, result: PlaneResult) -> None:
        for place, request in self._asked.items():
            if request == result.request:
                if not result.level:  # else the plane itself is still to come
                    self._waiting.discard(place)
                self._overdue.discard(place)
                self.plane_arrived.emit((place, result))
                return

    @Slot(object)
    def _on_summary_ready(self, summary: VolumeSummary) -> None:
        if summary.volume.stack in self._keys:
            self._summaries[summary.volume] = summary.intensities
            self.summary_arrived.emit(summary)

    @Slot(object)
    def _on_read_failed(self, failure: ReadFailure) -> None:
        if failure.stack not in self._keys:
            return
        volume = self._keys.index(failure.stack)
        for place in [place for place in self._asked if place[0] == volume]:
            self.drop(place)
        self.volume_failed.emit((volume, failure.sentence))


def _stamp(volume: ViewerVolume) -> tuple[int, int]:
    """Time and size of the volume's file; zeros where it cannot be looked at."""

    def look() -> tuple[int, int]:
        status = Path(volume.info.path).stat()
        return (status.st_mtime_ns, status.st_size)

    return answered(look, (0, 0))
