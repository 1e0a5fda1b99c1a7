"""Reads a volume and draws it as it is turned, in a thread of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Condition, Thread
from time import monotonic

import numpy as np
from PySide6.QtCore import QObject, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.luts import Colouring
from gvtstudio.imaging.panel.painted import colours_of
from gvtstudio.imaging.volume_view import Solid, Turn, coarser, look
from gvtstudio.services.plane_source import NoLongerWanted
from gvtstudio.services.volume_reading import SeenVolume, read_solid

# Voxels of a volume while it is turned: 160 along each side.
MOST_TURNING = 160**3
# The finer picture follows when nothing has been asked for so long.
STILL_S = 0.15
PROGRESS_S = 0.1
CLOSING_PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """How a volume is to be drawn.

    Args:
        turn: How it is held.
        pixels: Height and width of the picture.
        zoom: Pixels for one unit of length.
        limits: Intensities shown darkest and brightest; ``None``: those of the picture.
        lut: Row of ``LUTS``.
        has_cue: Whether what is far away is fainter.
    """

    turn: Turn
    pixels: tuple[int, int]
    zoom: float
    limits: Limits | None = None
    lut: str = "gray"
    has_cue: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class TurnedPicture:
    """A drawn volume.

    Args:
        pose: What was asked for.
        colours: (height, width, 4) uint8; transparent where there is nothing.
        voxel: Size of the voxels that were drawn, (z, y, x).
        is_final: Whether no finer picture follows.
    """

    pose: Pose
    colours: np.ndarray
    voxel: tuple[float, float, float]
    is_final: bool


class VolumeTurner(QObject):
    """Draws one volume; of several requests only the newest counts.

    Its signals come from another thread: connect them to methods of Qt objects, which are then
    called in theirs. A drive that does not answer keeps only this thread waiting.

    Args:
        most: Voxels that are kept in memory for the finest picture.
        parent: Qt owner.
    """

    picture_ready = Signal(object)  # TurnedPicture
    progressed = Signal(float)  # part of the volume that is read
    failed = Signal(str)  # sentence: the volume cannot be read

    def __init__(self, most: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._most = most
        self._changed = Condition()
        self._is_closed = False
        self._unread: SeenVolume | None = None
        self._undrawn: Pose | None = None
        # These belong to the thread.
        self._fine: Solid | None = None
        self._coarse: Solid | None = None
        self._rough: Pose | None = None
        self._last: Pose | None = None
        self._thread = Thread(target=self._work, name="volume-turner", daemon=True)
        self._thread.start()

    def read(self, seen: SeenVolume) -> None:
        """Look at a volume, in place of the one before."""
        with self._changed:
            self._unread = seen
            self._changed.notify()

    def draw(self, pose: Pose) -> None:
        """Ask for a picture; it comes when the volume is read."""
        with self._changed:
            self._undrawn = pose
            self._changed.notify()

    def close(self) -> None:
        """Let go of volume and file; nothing is sent any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(CLOSING_PATIENCE_S)

    @property
    def is_running(self) -> bool:
        """Whether its thread still works or waits."""
        return self._thread.is_alive()

    def _work(self) -> None:
        """Thread: read, draw coarsely, and finely when there is time."""
        while True:
            with self._changed:
                self._changed.wait_for(self._is_asked, STILL_S if self._rough else None)
                unread, self._unread = self._unread, None
                pose, self._undrawn = self._undrawn, None
            if self._is_closed:
                return
            self._last = pose or self._last
            if unread is not None:
                self._guarded(partial(self._read, unread))
                pose = self._last
            if self._fine is not None and (pose or self._rough):
                self._guarded(partial(self._draw, pose))

    def _is_asked(self) -> bool:
        return self._is_closed or self._unread is not None or self._undrawn is not None

    def _is_wanted(self) -> bool:
        return not self._is_closed and self._unread is None

    def _read(self, seen: SeenVolume) -> None:
        self._fine = self._coarse = self._rough = None
        told = 0.0

        def tell(part: float) -> None:
            nonlocal told
            if monotonic() - told > PROGRESS_S and self._is_wanted():
                told = monotonic()
                self.progressed.emit(part)

        fine = read_solid(seen, self._most, tell, self._is_wanted)
        self._coarse = coarser(fine, min(MOST_TURNING, self._most))
        self._fine = fine

    def _draw(self, pose: Pose | None) -> None:
        """Draw a pose that is asked for, or finely the one that was drawn coarsely."""
        solid = self._coarse if pose else self._fine
        drawn = pose or self._rough
        if solid is None or drawn is None:
            return
        is_final = solid is self._fine
        self._rough = None if is_final else drawn
        picture = TurnedPicture(drawn, _coloured(solid, drawn), solid.voxel, is_final)
        if self._is_wanted():
            self.picture_ready.emit(picture)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Run work of the thread; what goes wrong with the file becomes a sentence."""
        try:
            work()
        except NoLongerWanted:
            return
        except (GvtError, OSError, MemoryError) as error:
            self._fine = self._coarse = self._rough = None
            if self._is_wanted():
                self.failed.emit(_sentence(error))


def _coloured(solid: Solid, pose: Pose) -> np.ndarray:
    cue_from = None
    if pose.has_cue:
        cue_from = pose.limits.low if pose.limits else _lowest(solid)
    values = look(solid, pose.turn, pose.pixels, pose.zoom, cue_from)
    colours = colours_of(values, pose.limits or _limits_of(values), Colouring(pose.lut))
    colours[np.isnan(values)] = 0
    return colours


def _lowest(solid: Solid) -> float:
    finite = solid.values[np.isfinite(solid.values)]
    return float(finite.min()) if finite.size else 0.0


def _limits_of(values: np.ndarray) -> Limits:
    finite = values[np.isfinite(values)]
    low = float(finite.min()) if finite.size else 0.0
    high = float(finite.max()) if finite.size else 1.0
    return Limits(low, high if high > low else low + 1.0)


def _sentence(error: GvtError | OSError | MemoryError) -> str:
    if isinstance(error, GvtError):
        return error.sentence()
    if isinstance(error, MemoryError):
        return "There is not enough memory to turn this volume. Close other stacks or programs."
    return f"The stack could not be read: {error}. Check that its disk or network is reachable."
