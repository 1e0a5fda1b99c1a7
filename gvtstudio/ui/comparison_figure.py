"""The comparison of a few stacks as a picture, without showing a window."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.services.plane_cache import PlaneCache
from gvtstudio.ui.theme import apply_theme
from gvtstudio.ui.viewer.compare_view import CompareView

SIZE = (1366, 620)
TIMEOUT_MS = 60_000


def write_comparison(volumes: Sequence[ViewerVolume], path: Path) -> None:
    """Write the orthogonal planes of the volumes side by side as PNG.

    Args:
        volumes: Columns of the picture.
        path: The picture; an older one is replaced.

    Raises:
        FileUnreadable: A volume could not be read.
        OutputUnwritable: The picture cannot be written.
    """
    application = QApplication.instance() or QApplication([])
    if isinstance(application, QApplication):
        apply_theme(application, "dark")
    cache = PlaneCache()
    view = CompareView(cache)
    failures: list[str] = []
    try:
        view.resize(*SIZE)
        view.read_failed.connect(failures.append)
        view.set_volumes(volumes)
        view.show()
        _wait_until_settled(view, failures)
        if failures:
            raise FileUnreadable(failures[0])
        view.save_figure(path)
    finally:
        view.close()
        view.deleteLater()
        cache.close_all()


def _wait_until_settled(view: CompareView, failures: list[str]) -> None:
    if view.is_settled:
        return
    loop = QEventLoop()
    view.view_settled.connect(loop.quit)
    view.read_failed.connect(loop.quit)
    QTimer.singleShot(TIMEOUT_MS, loop.quit)
    loop.exec()
    if not view.is_settled and not failures:
        failures.append("The volumes were not read in time.")
