"""The plane of another volume, drawn into a pane exactly as that pane would draw its own."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsScene

from gvtstudio.ui.viewer.pane import PlanePane
from gvtstudio.ui.viewer.plane_image import PlaneImage


class Twin:
    """Draws what one pane has at the place and scale of another."""

    def __init__(self) -> None:
        self._scene = QGraphicsScene()
        self._image = PlaneImage(self._scene)
        # Without a table of its own an image has other roundings than that of a pane.
        self._image.set_colouring(self._image.colouring)

    def paint(self, painter: QPainter, pane: PlanePane, source: PlanePane, part: QRectF) -> None:
        """Cover a part of a pane, its lines and words are drawn anew on top.

        Args:
            painter: Of the pane.
            pane: What is covered.
            source: Whose plane is drawn, in its contrast and colours.
            part: In pixels of the pane.
        """
        self._follow(pane, source)
        whole = QRectF(pane.viewport().rect())
        painter.resetTransform()
        painter.setClipRect(part)
        painter.fillRect(part, pane.backgroundBrush())
        self._scene.render(painter, whole, whole)
        pane.paint_lines(painter)

    def _follow(self, pane: PlanePane, source: PlanePane) -> None:
        image, visible = self._image, pane.visible_part()
        # Compared first: telling an image anything makes it draw anew.
        if image.values is not source.values or image.place != source.place:
            image.set_values(source.values, source.place)
        if image.limits != source.limits:
            image.set_limits(source.limits)
        if image.colouring != source.colouring:
            image.set_colouring(source.colouring)
        whole = QRectF(pane.viewport().rect())
        self._scene.setSceneRect(whole)
        image.set_view(visible, whole.width() / visible.width())
