"""The one place that decides how pyqtgraph lays out images: rows first, Y down."""

import pyqtgraph as pg


def configure_pyqtgraph() -> None:
    """Rows of an array become rows on screen; to be called before any image item is made."""
    pg.setConfigOptions(imageAxisOrder="row-major", antialias=False)


def make_view_box() -> pg.ViewBox:
    """A view box with Y downwards and without pyqtgraph's own mouse handling and menu."""
    configure_pyqtgraph()
    box = pg.ViewBox(enableMenu=False, enableMouse=False, invertY=True)
    box.setDefaultPadding(0)
    box.disableAutoRange()
    return box
