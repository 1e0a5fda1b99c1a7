"""Volumes and planes held in memory up to a limit; what was unused for longest goes first."""

from collections import OrderedDict
from threading import Lock

import numpy as np

from gvtstudio.services.plane_values import PlaneKey, VolumeKey

# Planes that were read one by one get no more than this part of the memory.
PLANE_SHARE = 4


class VolumeStore:
    """Arrays by volume or plane; safe to use from several threads. Planes give way to volumes.

    Args:
        limit_bytes: Sum of the sizes of all arrays held and of those that are being read.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._lock = Lock()
        self._volumes: OrderedDict[VolumeKey, np.ndarray] = OrderedDict()
        self._planes: OrderedDict[PlaneKey, np.ndarray] = OrderedDict()
        self._reserved: dict[VolumeKey, int] = {}
        self._limit_bytes = limit_bytes

    @property
    def limit_bytes(self) -> int:
        """Most bytes held at a time."""
        return self._limit_bytes

    @property
    def used_bytes(self) -> int:
        """Bytes held now."""
        with self._lock:
            return _sum(self._volumes) + _sum(self._planes)

    def set_limit(self, limit_bytes: int) -> None:
        """Change the limit; what lies beyond it is let go at once."""
        with self._lock:
            self._limit_bytes = limit_bytes
            self._shrink()

    def find(self, key: VolumeKey) -> np.ndarray | None:
        """The volume, if it is held; it counts as used now."""
        with self._lock:
            volume = self._volumes.get(key)
            if volume is not None:
                self._volumes.move_to_end(key)
            return volume

    def find_plane(self, key: PlaneKey) -> np.ndarray | None:
        """The plane, if it is held; it counts as used now."""
        with self._lock:
            plane = self._planes.get(key)
            if plane is not None:
                self._planes.move_to_end(key)
            return plane

    def reserve(self, key: VolumeKey, byte_count: int) -> None:
        """Make room for a volume that is going to be read."""
        with self._lock:
            self._reserved[key] = byte_count
            self._shrink()

    def release(self, key: VolumeKey) -> None:
        """The volume is not going to be read any more."""
        with self._lock:
            self._reserved.pop(key, None)

    def keep(self, key: VolumeKey, volume: np.ndarray) -> None:
        """Hold a volume, letting older ones go to stay within the limit."""
        with self._lock:
            self._reserved.pop(key, None)
            self._volumes[key] = volume
            self._volumes.move_to_end(key)
            self._shrink()

    def keep_plane(self, key: PlaneKey, plane: np.ndarray) -> None:
        """Hold a plane where there is room beside the volumes, letting older planes go."""
        with self._lock:
            self._planes[key] = plane
            self._planes.move_to_end(key)
            self._shrink()

    def forget(self, stack: str) -> None:
        """Let all volumes and planes of a stack go."""
        with self._lock:
            for key in [key for key in self._volumes if key.stack == stack]:
                del self._volumes[key]
            for plane in [plane for plane in self._planes if plane.stack == stack]:
                del self._planes[plane]

    def _shrink(self) -> None:
        volumes = _sum(self._volumes) + sum(self._reserved.values())
        while self._volumes and volumes > self._limit_bytes:
            volumes -= self._volumes.popitem(last=False)[1].nbytes
        planes = _sum(self._planes)
        room = min(self._limit_bytes // PLANE_SHARE, self._limit_bytes - volumes)
        while self._planes and planes > room:
            planes -= self._planes.popitem(last=False)[1].nbytes


def _sum(arrays: OrderedDict[VolumeKey, np.ndarray] | OrderedDict[PlaneKey, np.ndarray]) -> int:
    return sum(array.nbytes for array in arrays.values())
