"""The comparison as a picture for a report: what is on screen, with a caption of what it is."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QImageWriter, QPainter, QPalette
from PySide6.QtWidgets import QWidget

from gvtstudio.io.atomic import write_bytes

MARGIN_PX = 8


def paint_figure(columns: QWidget, caption: str) -> QImage:
    """The volumes as they are on screen, with the caption below.

    Args:
        columns: Widget that holds the volumes.
        caption: Wrapped at the width of the picture.
    """
    words = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
    metrics = QFontMetrics(columns.font())
    width = columns.width()
    text = metrics.boundingRect(QRect(0, 0, width, 10_000), int(words), caption)
    ratio = columns.devicePixelRatioF()
    height = columns.height() + text.height() + 3 * MARGIN_PX
    image = QImage(
        round((width + 2 * MARGIN_PX) * ratio), round(height * ratio), QImage.Format.Format_RGB32
    )
    image.setDevicePixelRatio(ratio)
    image.fill(columns.palette().color(QPalette.ColorRole.Window))
    painter = QPainter(image)
    painter.drawPixmap(QPoint(MARGIN_PX, MARGIN_PX), columns.grab())
    painter.setFont(columns.font())
    painter.setPen(columns.palette().color(QPalette.ColorRole.WindowText))
    frame = QRectF(
        0, columns.height() + MARGIN_PX, width + 2 * MARGIN_PX, text.height() + MARGIN_PX
    )
    painter.drawText(
        frame.marginsRemoved(QMarginsF(MARGIN_PX, 0, MARGIN_PX, 0)), int(words), caption
    )
    painter.end()
    return image


def write_png(image: QImage, path: Path) -> None:
    """Write a picture, replacing an older one.

    Raises:
        OutputUnwritable: The folder or file cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    write_bytes(path, bytes(buffer.data().data()))
