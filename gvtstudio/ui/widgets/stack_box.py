"""Choosing one of the open stacks, or a file that is not open."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QWidget

from gvtstudio.domain.project_edits import Dataset
from gvtstudio.domain.stack import StackInfo
from gvtstudio.ui.dialogs.questions import ask_open_files, image_filter
from gvtstudio.ui.texts import stack_title


class StackBox(QComboBox):
    """Every stack with its scene and folder: what is compared often has one name in two folders.

    Args:
        name: What the stack is for, for the chooser of files and for screen readers.
        stacks: Everything that is open.
        chosen: The one that is proposed.
        parent: Qt parent.
    """

    def __init__(
        self,
        name: str,
        stacks: Sequence[StackInfo],
        chosen: StackInfo | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._datasets: list[Dataset] = []
        self._infos = {(info.path, info.scene): info for info in stacks}
        self.setAccessibleName(name)
        self.setPlaceholderText("Choose a stack")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for dataset, info in self._infos.items():
            self._offer(stack_title(info), dataset)
        is_open = chosen is not None and (chosen.path, chosen.scene) in self._infos
        self.choose((chosen.path, chosen.scene) if chosen is not None and is_open else None)

    @property
    def dataset(self) -> Dataset | None:
        """What is chosen."""
        row = self.currentIndex()
        return None if row < 0 else self._datasets[row]

    @property
    def info(self) -> StackInfo | None:
        """Its description; ``None`` for a file that is not open."""
        return None if self.dataset is None else self._infos.get(self.dataset)

    def choose(self, dataset: Dataset | None) -> None:
        """Select a dataset, which is offered from now on; ``None`` for nothing."""
        if dataset is not None and dataset not in self._datasets:
            self._offer(Path(dataset[0]).name, dataset)
        self.setCurrentIndex(-1 if dataset is None else self._datasets.index(dataset))

    def browse(self) -> None:
        """Let the user choose a file that is not open."""
        ask_open_files(self, self._name, image_filter(), self.take_files)

    def take_files(self, paths: Sequence[str]) -> None:
        """Choose the first of some files."""
        for path in paths[:1]:
            self.choose((str(Path(path).absolute()), 0))

    def _offer(self, title: str, dataset: Dataset) -> None:
        path = Path(dataset[0])
        self._datasets.append(dataset)
        self.addItem(f"{title}  in  {path.parent.name}" if path.parent.name else title)
        self.setItemData(self.count() - 1, str(path), Qt.ItemDataRole.ToolTipRole)
