"""The one place that decides how pyqtgraph lays out images: rows of an array are rows on screen."""

import pyqtgraph as pg


def make_image_item() -> pg.ImageItem:
    """An empty image item: rows first, and Y down because it lies in a plain Qt scene."""
    pg.setConfigOptions(imageAxisOrder="row-major", antialias=False)
    return pg.ImageItem()
