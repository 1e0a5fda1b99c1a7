"""One open file behind the plane cache: opened when first read, read by one thread at a time."""

from pathlib import Path
from threading import Lock

import numpy as np

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.imaging.panel.plane_axes import PlaneName, cut_plane, plane_region
from gvtstudio.io.stacks import open_stack
from gvtstudio.services.plane_values import VolumeKey


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
        self._stack: Stack | None = None
        self.is_closed = False

    def reopened(self) -> "PlaneSource":
        """The same stack, opened anew when it is next read."""
        return PlaneSource(self._path, self._scene, self._axes)

    def describe(self) -> StackInfo:
        """The stack's description; opens the file if need be."""
        with self._lock:
            return self._opened().info

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region, (T, Z, C, Y, X)."""
        with self._lock:
            return self._opened().read(region)

    def read_plane(self, volume: VolumeKey, plane: PlaneName, position: int) -> np.ndarray:
        """One plane straight from the file, rows first."""
        shape = self.describe().shape
        block = self.read(plane_region(shape, plane, (volume.t, volume.c), position))
        return cut_plane(block[0, :, 0], plane, 0)

    def close(self) -> None:
        """Free the file once no thread is reading; reading afterwards is an error."""
        self.is_closed = True
        with self._lock:
            if self._stack is not None:
                self._stack.close()
                self._stack = None

    def _opened(self) -> Stack:
        if self.is_closed:
            raise FileUnreadable(f"{Path(self._path).name} has been closed.", "Open it again.")
        if self._stack is None:
            self._stack = open_stack(Path(self._path), self._scene, axes=self._axes)
        return self._stack
