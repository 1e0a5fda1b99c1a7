"""Makes maps of two volumes beside the window."""

from functools import partial

from PySide6.QtCore import QObject, QThreadPool, Signal

from gvtstudio.imaging.maps import MapRequest, make_maps


class MapMaker(QObject):
    """Makes the maps asked for last; older requests that wait are left out.

    Args:
        parent: Qt owner.
    """

    maps_made = Signal(object)  # MapResult

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._newest: MapRequest | None = None

    def ask(self, request: MapRequest) -> None:
        """Make these maps in place of any asked for before."""
        self._newest = request
        self._pool.start(partial(self._make, request))

    def stop(self) -> None:
        """Make nothing any more, and wait for the worker."""
        self._newest = None
        self._pool.waitForDone()

    def _make(self, request: MapRequest) -> None:
        """Runs in a worker thread."""
        if request is self._newest:
            self.maps_made.emit(make_maps(request))
