"""Reads how results were made, beside the window."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QThreadPool, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.services.methods import methods_of


class MethodsReader(QObject):
    """Looks into files, which may lie on a slow disk, in a thread of its own.

    Args:
        parent: Qt parent.
    """

    methods_read = Signal(object)
    """The ``Methods`` of the files."""
    refused = Signal(str)
    """The sentence why there are none."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def read(self, paths: Sequence[str]) -> None:
        """Read the files that were restored."""
        self._pool.start(partial(self._read, [Path(path) for path in paths]))

    def shut_down(self) -> None:
        """Wait for the worker."""
        self._pool.waitForDone()

    def _read(self, paths: list[Path]) -> None:
        try:
            methods = methods_of(paths)
        except GvtError as error:
            self.refused.emit(error.sentence())
            return
        self.methods_read.emit(methods)
