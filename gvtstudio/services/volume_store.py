"""Volumes held in memory up to a limit; the one unused for longest goes first."""

from collections import OrderedDict
from threading import Lock

import numpy as np

from gvtstudio.services.plane_values import VolumeKey


class VolumeStore:
    """(Z, Y, X) arrays by volume; safe to use from several threads.

    Args:
        limit_bytes: Sum of the sizes of all arrays held.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._lock = Lock()
        self._volumes: OrderedDict[VolumeKey, np.ndarray] = OrderedDict()
        self._limit_bytes = limit_bytes

    @property
    def limit_bytes(self) -> int:
        """Most bytes held at a time."""
        return self._limit_bytes

    @property
    def used_bytes(self) -> int:
        """Bytes held now."""
        with self._lock:
            return self._sum()

    def set_limit(self, limit_bytes: int) -> None:
        """Change the limit; volumes beyond it are let go at once."""
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

    def keep(self, key: VolumeKey, volume: np.ndarray) -> None:
        """Hold a volume, letting older ones go to stay within the limit."""
        with self._lock:
            self._volumes[key] = volume
            self._volumes.move_to_end(key)
            self._shrink()

    def forget(self, stack: str) -> None:
        """Let all volumes of a stack go."""
        with self._lock:
            for key in [key for key in self._volumes if key.stack == stack]:
                del self._volumes[key]

    def _sum(self) -> int:
        return sum(volume.nbytes for volume in self._volumes.values())

    def _shrink(self) -> None:
        while self._volumes and self._sum() > self._limit_bytes:
            self._volumes.popitem(last=False)
