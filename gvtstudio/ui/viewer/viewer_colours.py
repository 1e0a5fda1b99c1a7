"""Every colour the viewer paints over or beside an image, in one place.

These lie on images, so they do not follow the theme; the surroundings of the images do.
"""

from PySide6.QtGui import QColor

from gvtstudio.imaging.panel import painted

CROSSHAIR = QColor(255, 222, 40, 235)
CROSSHAIR_EDGE = QColor(0, 0, 0, 110)
LABEL_TEXT = QColor(255, 255, 255)
LABEL_GROUND = QColor(0, 0, 0, 150)
SCALE_BAR = QColor(255, 255, 255)
SCALE_BAR_EDGE = QColor(0, 0, 0)
NOT_A_NUMBER = QColor(*painted.NOT_A_NUMBER)
# Grey is in no table of colours for maps, violet is.
NO_MAP_HERE = QColor(128, 128, 128)
MEASURED = QColor(80, 220, 255)
MEASURED_EDGE = QColor(0, 0, 0, 150)
