"""Choosing which scenes of files to open."""

from collections.abc import Collection

import msgspec
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.axes import describe_shape
from gvtstudio.domain.project_edits import Dataset
from gvtstudio.domain.scene_looks import SceneLook
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.scene_finder import FoundScene, SceneFinder
from gvtstudio.ui.texts import RESTORE_ALL
from gvtstudio.ui.widgets.labels import styled_label
from gvtstudio.ui.widgets.scene_grid import GridScene, SceneGrid


class SceneDialog(QDialog):
    """All scenes of one file or several, with pictures that come as they are made.

    Args:
        finder: Looks at the scenes while the dialog is open.
        already_open: Scenes that are open now; they can be chosen to go there.
        parent: Qt parent.
    """

    scenes_chosen = Signal(object)
    """What to open, a list of (file, scene)."""

    def __init__(
        self, finder: SceneFinder, already_open: Collection[Dataset], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Choose what to open")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._finder = finder
        self._already_open = frozenset(already_open)
        self._files: dict[str, StackInfo] = {}
        self._seen: set[Dataset] = set()
        self.heading = styled_label("", "subheading", self)
        self.progress = styled_label("", "quiet", self)
        self.filter_edit = QLineEdit(self)
        self.filter_edit.setAccessibleName("Filter by name")
        self.filter_edit.setPlaceholderText("Filter by name")
        self.filter_edit.setClearButtonEnabled(True)
        self.grid = SceneGrid(self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.open_button = self._buttons.addButton("Open", QDialogButtonBox.ButtonRole.AcceptRole)
        self.all_button = self._buttons.addButton(
            "Select All", QDialogButtonBox.ButtonRole.ActionRole
        )
        self._build()
        self._connect_signals()
        self._show_choice()

    def _build(self) -> None:
        self.open_button.setDefault(True)
        self.all_button.setToolTip("Choose all scenes that the filter leaves (Ctrl+A).")
        row = QHBoxLayout()
        row.addWidget(self.filter_edit, 1)
        row.addWidget(self.progress, 1)
        hint = styled_label("", "quiet", self)
        hint.setText(
            "Each scene opens as a stack of its own. "
            f"{RESTORE_ALL} (Ctrl+Shift+R) then restores them as a batch."
        )
        column = QVBoxLayout(self)
        column.addWidget(self.heading)
        column.addLayout(row)
        column.addWidget(self.grid, 1)
        column.addWidget(hint)
        column.addWidget(self._buttons)
        parent = self.parentWidget()
        self.resize(QSize(1000, 600) if parent is None else parent.size() * 0.85)
        self.setMinimumSize(440, 380)
        self.grid.setFocus()

    def _connect_signals(self) -> None:
        self._finder.scene_found.connect(self._on_found)
        self.filter_edit.textChanged.connect(self._on_filter)
        self.grid.typed.connect(self._on_typed)
        self.grid.itemSelectionChanged.connect(self._show_choice)
        self.grid.itemDoubleClicked.connect(self._accept)
        down = QShortcut(QKeySequence(Qt.Key.Key_Down), self.filter_edit)
        down.setContext(Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self.grid.setFocus)
        self.all_button.clicked.connect(self.grid.selectAll)
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)

    def add_file(self, info: StackInfo) -> None:
        """Show the scenes of another file.

        Args:
            info: Of the scene that is proposed; the first file's is selected.
        """
        if info.path in self._files:
            return
        self._files[info.path] = info
        names = info.scene_names
        for scene, name in enumerate(names):
            self.grid.show_scene(GridScene((info.path, scene), name or f"Scene {scene + 1}"))
        if len(self._files) == 1:
            self.grid.choose((info.path, info.scene))
            self.heading.setText(f"{info.name} holds {len(names)} scenes.")
        else:
            self._name_files()
        self._finder.look_at(info)
        self._show_progress()

    def done(self, result: int) -> None:
        """Stop looking, however the dialog ends."""
        self._finder.forget()
        super().done(result)

    def _name_files(self) -> None:
        """Say of each scene which file it is in."""
        for info in self._files.values():
            for dataset in ((info.path, scene) for scene in range(len(info.scene_names))):
                shown = self.grid.scene(dataset)
                self.grid.show_scene(msgspec.structs.replace(shown, name=self._title(dataset)))
        self.heading.setText(f"{len(self._files)} files hold {self.grid.count()} scenes.")

    def _title(self, dataset: Dataset) -> str:
        path, scene = dataset
        info = self._files[path]
        name = info.scene_names[scene] or f"Scene {scene + 1}"
        return f"{info.name} — {name}" if len(self._files) > 1 else name

    def _on_found(self, found: FoundScene) -> None:
        if found.path not in self._files:
            return
        look, dataset = found.look, found.dataset
        self._seen.add(dataset)
        scene = GridScene(
            dataset,
            self._title(dataset),
            self._words(look, is_open=dataset in self._already_open),
            look.refused,
            can_open=look.info is not None,
        )
        self.grid.show_scene(scene, look.picture)
        self._show_progress()
        self._show_choice()

    def _words(self, look: SceneLook, *, is_open: bool) -> str:
        if look.info is None:
            return ""
        pixels, slices, *others = describe_shape(look.info.shape).split(", ")
        lines = [f"{pixels}, {slices}", ", ".join(others), look.info.calibration.describe()]
        notes = [("open already", is_open), ("picture of the middle", look.is_part)]
        lines += [", ".join(note for note, is_true in notes if is_true)]
        return "\n".join(line for line in lines if line)

    def _on_filter(self, text: str) -> None:
        self.grid.filter(text)
        self._show_choice()

    def _on_typed(self, text: str) -> None:
        self.filter_edit.setFocus()
        self.filter_edit.insert(text)

    def _show_progress(self) -> None:
        left = self.grid.count() - len(self._seen)
        self.progress.setText(f"{left} still to be looked at" if left else "")

    def _show_choice(self) -> None:
        count = len(self.grid.chosen)
        self.open_button.setText("Open" if count < 2 else f"Open {count} Scenes")
        self.open_button.setEnabled(count > 0)

    def _accept(self) -> None:
        chosen = self.grid.chosen
        if chosen:
            self.scenes_chosen.emit(chosen)
            self.accept()
