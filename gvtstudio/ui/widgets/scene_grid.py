"""Scenes of files as a grid of pictures."""

from typing import cast

import msgspec
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gvtstudio.domain.project_edits import Dataset

_PICTURE_PX = 96
_MARGIN_PX = 6
_WIDTH_CHARACTERS = 33
_LINES = 5
_SCENE = Qt.ItemDataRole.UserRole


class GridScene(msgspec.Struct, frozen=True):
    """What the grid shows of a scene.

    Args:
        dataset: The file and the scene inside it.
        name: Shown first, and what the filter looks at.
        words: Its size in two to four lines.
        refused: Shown in place of a picture.
        can_open: Whether it can be chosen.
    """

    dataset: Dataset
    name: str
    words: str = ""
    refused: str = ""
    can_open: bool = True

    @property
    def spoken(self) -> str:
        """Everything, for screen readers and the tool tip."""
        return "\n".join(part for part in (self.name, self.words, self.refused) if part)


class SceneGrid(QListWidget):
    """Several can be chosen: with the mouse as files are, or with arrows, Space and Ctrl+A.

    Args:
        parent: Qt parent.
    """

    typed = Signal(str)
    """Text that was typed here and is meant for the filter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Scenes")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_SceneDelegate(self))
        self._items: dict[Dataset, QListWidgetItem] = {}

    @property
    def chosen(self) -> list[Dataset]:
        """What is selected, in the order in which it is shown."""
        items = (self.item(row) for row in range(self.count()))
        return [_scene(i).dataset for i in items if i.isSelected() and not i.isHidden()]

    def scenes(self) -> list[GridScene]:
        """Those that the filter leaves, in the order in which they are shown."""
        items = (self.item(row) for row in range(self.count()))
        return [_scene(item) for item in items if not item.isHidden()]

    def show_scene(self, scene: GridScene, picture: str = "") -> None:
        """Add a scene, or show more of it.

        Args:
            scene: What is known of it.
            picture: File with its picture, which is read at once; empty for none.
        """
        item = self._items.get(scene.dataset)
        if item is None:
            item = self._items[scene.dataset] = QListWidgetItem(self)
        item.setData(_SCENE, scene)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, scene.spoken)
        item.setToolTip(scene.spoken)
        if picture:
            item.setData(Qt.ItemDataRole.DecorationRole, QPixmap(picture))
        if not scene.can_open:
            item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            item.setSelected(False)

    def scene(self, dataset: Dataset) -> GridScene:
        """What is shown of a scene."""
        return _scene(self._items[dataset])

    def choose(self, dataset: Dataset) -> None:
        """Select one scene alone, and go there."""
        self.setCurrentItem(self._items[dataset])

    def filter(self, text: str) -> None:
        """Show only scenes with this text in their names; what is hidden is not chosen either."""
        for item in self._items.values():
            is_hidden = text.strip().lower() not in _scene(item).name.lower()
            item.setHidden(is_hidden)
            if is_hidden:
                item.setSelected(False)
        shown = [each for each in self.scenes() if each.can_open]
        if shown and not self.chosen:
            self.choose(shown[0].dataset)

    def selectAll(self) -> None:
        """Select all that the filter leaves."""
        selection = QItemSelection()
        for row in range(self.count()):
            item = self.item(row)
            if not item.isHidden() and _scene(item).can_open:
                index = self.indexFromItem(item)
                selection.select(index, index)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().select(selection, flags)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space chooses one more or one less; letters go to the filter."""
        item, text = self.currentItem(), event.text()
        has_command = event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        if event.key() == Qt.Key.Key_Space:
            if item is not None and _scene(item).can_open:
                item.setSelected(not item.isSelected())
        elif text and text.isprintable() and not has_command:
            self.typed.emit(text)
        else:
            super().keyPressEvent(event)


class _SceneDelegate(QStyledItemDelegate):
    """A picture, or why there is none, above name and size."""

    def sizeHint(
        self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """The same for all scenes."""
        metrics = option.fontMetrics
        height = _PICTURE_PX + _LINES * metrics.lineSpacing() + 4 * _MARGIN_PX
        return QSize(_WIDTH_CHARACTERS * metrics.averageCharWidth(), height)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw one scene."""
        painter.save()
        cell = option.rect.adjusted(2, 2, -2, -2)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        palette, role = option.palette, QPalette.ColorRole
        painter.fillRect(cell, palette.color(role.Highlight if is_selected else role.AlternateBase))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(palette.color(role.Text))
            painter.drawRect(cell.adjusted(0, 0, -1, -1))
        scene = cast("GridScene", index.data(_SCENE))
        inside = cell.adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        picture = QRect(inside.topLeft(), QSize(inside.width(), _PICTURE_PX))
        painter.setPen(palette.color(role.HighlightedText if is_selected else role.Text))
        self._paint_picture(painter, picture, scene, index.data(Qt.ItemDataRole.DecorationRole))
        below = inside.adjusted(0, _PICTURE_PX + _MARGIN_PX, 0, 0)
        _paint_words(painter, below, scene)
        painter.restore()

    def _paint_picture(
        self, painter: QPainter, place: QRect, scene: GridScene, pixmap: QPixmap | None
    ) -> None:
        if pixmap is None or pixmap.isNull():
            wrapped = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
            painter.drawText(place, int(wrapped), scene.refused or "…")
            return
        size = pixmap.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(place.topLeft(), size)
        target.moveCenter(place.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(target, pixmap)


def _paint_words(painter: QPainter, place: QRect, scene: GridScene) -> None:
    """The name in one bold line, its size in the others."""
    line = painter.fontMetrics().lineSpacing()
    wrapped = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter
    painter.drawText(place.adjusted(0, line, 0, 0), int(wrapped), scene.words)
    font = painter.font()
    font.setBold(True)
    painter.setFont(font)
    name = painter.fontMetrics().elidedText(scene.name, Qt.TextElideMode.ElideMiddle, place.width())
    painter.drawText(place, int(Qt.AlignmentFlag.AlignHCenter), name)


def _scene(item: QListWidgetItem) -> GridScene:
    return cast("GridScene", item.data(_SCENE))
