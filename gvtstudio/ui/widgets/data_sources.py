"""The three sources a model can learn from: folders of pairs, stacks, a simulation."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.specs import RecipeSpec
from gvtstudio.services.pair_checks import names_look_swapped
from gvtstudio.ui.dialogs.questions import ask_open_files, image_filter
from gvtstudio.ui.widgets.folder_edit import FolderEdit
from gvtstudio.ui.widgets.labels import styled_label

_ROLES = {
    "Inputs": ("Folder of the inputs", "stacks as you will want to restore them"),
    "Targets": ("Folder of the targets", "the same fields as they should become"),
}


class FolderSource(QWidget):
    """The folder of the inputs and that of the targets.

    Args:
        parent: Qt parent.
    """

    changed = Signal()
    """Another folder is named."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        self.edits: list[FolderEdit] = []
        for row, (title, (name, example)) in enumerate(_ROLES.items()):
            edit = FolderEdit(name, self)
            edit.edit.setPlaceholderText(f"{example}; or drop the folder here")
            edit.folder_changed.connect(self.changed)
            grid.addWidget(QLabel(title, self), row, 0)
            grid.addWidget(edit, row, 1)
            self.edits.append(edit)

    @property
    def paths(self) -> tuple[str, str]:
        """Inputs and targets; empty where none is named."""
        return self.edits[0].folder, self.edits[1].folder

    def swap(self) -> None:
        """Give the two the other role."""
        inputs, targets = self.paths
        self.edits[0].set_folder(targets)
        self.edits[1].set_folder(inputs)

    def take(self, folders: Sequence[str]) -> None:
        """Use dropped folders: two in the roles their names suggest, one where none is named."""
        if len(folders) > 1:
            first, second = folders[:2]
            if names_look_swapped(Path(first), Path(second)):
                first, second = second, first
            self.edits[0].set_folder(first)
            self.edits[1].set_folder(second)
        elif folders:
            self.edits[1 if self.paths[0] and not self.paths[1] else 0].set_folder(folders[0])


class StackSource(QWidget):
    """Stacks that are learned from by themselves.

    Args:
        parent: Qt parent.
    """

    changed = Signal()
    """There are others now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paths: tuple[str, ...] = ()
        add, clear = QPushButton("Add stacks…", self), QPushButton("Take all away", self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(add)
        row.addWidget(clear)
        row.addWidget(styled_label("or drop them here", "quiet", self), 1)
        add.clicked.connect(
            lambda: ask_open_files(self, "Stacks to learn from", image_filter(), self.add)
        )
        clear.clicked.connect(lambda: self._set(()))

    @property
    def paths(self) -> tuple[str, ...]:
        """The files, in the order they were added."""
        return self._paths

    def add(self, paths: Sequence[str]) -> None:
        """Learn from these too."""
        self._set((*self._paths, *(str(Path(path).absolute()) for path in paths)))

    def _set(self, paths: tuple[str, ...]) -> None:
        self._paths = tuple(dict.fromkeys(paths))
        self.changed.emit()


class RecipeSource(QWidget):
    """Simulations that make pairs for a task.

    Args:
        parent: Qt parent.
    """

    changed = Signal()
    """Another one is chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipes: list[RecipeSpec] = []
        self.box = QComboBox(self)
        self.box.setAccessibleName("Simulation")
        self.box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._summary = styled_label("", "quiet", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.box)
        column.addWidget(self._summary)
        column.addStretch()
        self.box.currentIndexChanged.connect(self._on_chosen)

    @property
    def is_empty(self) -> bool:
        """Whether there is no simulation for the task."""
        return not self._recipes

    @property
    def name(self) -> str:
        """Row of ``RECIPES``; empty where there is none."""
        return self._recipes[self.box.currentIndex()].name if self._recipes else ""

    @property
    def title(self) -> str:
        """Of the chosen one."""
        return self._recipes[self.box.currentIndex()].title if self._recipes else ""

    def offer(self, recipes: Sequence[RecipeSpec]) -> None:
        """List simulations; the chosen one stays where it is among them."""
        chosen = self.name
        self._recipes = list(recipes)
        names = [recipe.name for recipe in recipes]
        with QSignalBlocker(self.box):
            self.box.clear()
            self.box.addItems([recipe.title for recipe in recipes])
            self.box.setCurrentIndex(names.index(chosen) if chosen in names else 0)
        self._on_chosen()

    def _on_chosen(self) -> None:
        if self._recipes:
            recipe = self._recipes[self.box.currentIndex()]
            self._summary.setText(f"{recipe.summary}\nTarget: {recipe.truth}")
        self.changed.emit()
