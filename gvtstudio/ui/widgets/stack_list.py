"""The list of open stacks."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.session import Session
from gvtstudio.ui.texts import describe_stack, stack_title
from gvtstudio.ui.widgets.labels import styled_label


class StackList(QWidget):
    """Name, size, voxel type and voxel size of every open stack; the current one is selected.

    Where its file holds several scenes, a button below leads to the others.

    Args:
        session: Whose stacks are listed.
        parent: Qt parent.
    """

    open_requested = Signal()
    """The user wants to choose files."""
    scenes_requested = Signal()
    """The user wants to choose among the scenes of the current stack's file."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._list = QListWidget(self)
        self._list.setAccessibleName("Open stacks")
        self._list.setWordWrap(True)
        self._list.setSpacing(1)
        self._list.setAlternatingRowColors(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scenes_button = QPushButton("Scenes…", self)
        self.scenes_button.setToolTip("See all scenes of the file, and open others (Ctrl+G).")
        self._open = QPushButton("Open…", self)
        self._open.setToolTip("Choose image files; or drop files and folders anywhere (Ctrl+O).")
        self._close = QPushButton("Close stack", self)
        self._close.setToolTip("Take the selected stack off the list; its file stays (Ctrl+W).")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 4, 8)
        layout.addWidget(styled_label("Stacks", "subheading", self))
        layout.addWidget(self._list)
        layout.addWidget(self.scenes_button)
        layout.addWidget(self._open)
        layout.addWidget(self._close)
        self._connect_signals()
        self._show_stacks(session.stacks)

    def _connect_signals(self) -> None:
        self._session.stacks_changed.connect(self._show_stacks)
        self._session.current_changed.connect(self._show_current)
        self._list.currentRowChanged.connect(self._on_row)
        self.scenes_button.clicked.connect(self.scenes_requested)
        self._open.clicked.connect(self.open_requested)
        self._close.clicked.connect(self.close_current)

    def close_current(self) -> None:
        """Take the selected stack off the list."""
        if self._session.current is not None:
            self._session.remove(self._session.current)

    def texts(self) -> list[str]:
        """What the rows say."""
        return [self._list.item(row).text() for row in range(self._list.count())]

    def _show_stacks(self, stacks: tuple[StackInfo, ...]) -> None:
        with QSignalBlocker(self._list):
            self._list.clear()
            for info in stacks:
                item = QListWidgetItem(f"{stack_title(info)}\n{describe_stack(info)}")
                item.setToolTip("\n".join([info.path, *info.warnings]))
                item.setData(Qt.ItemDataRole.AccessibleTextRole, item.text())
                self._list.addItem(item)
        self._show_current(self._session.current)

    def _show_current(self, info: StackInfo | None) -> None:
        stacks = self._session.stacks
        with QSignalBlocker(self._list):
            self._list.setCurrentRow(stacks.index(info) if info in stacks else -1)
        self._close.setEnabled(info is not None)
        count = 0 if info is None else len(info.scene_names)
        self.scenes_button.setText(f"{count} scenes…")
        self.scenes_button.setVisible(count > 1)

    def _on_row(self, row: int) -> None:
        if 0 <= row < len(self._session.stacks):
            self._session.select(self._session.stacks[row])
