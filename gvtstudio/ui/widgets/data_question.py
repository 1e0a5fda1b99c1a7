"""What a model is to learn from."""

from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from gvtstudio.domain.errors import GvtError, UsageError
from gvtstudio.domain.quantities import voxel_size_from
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.io.stacks import is_stack_folder
from gvtstudio.services.folder_images import images_in
from gvtstudio.services.pair_checks import (
    count_words,
    names_look_swapped,
    pair_problem,
    stack_problem,
    tells_by_noise,
)
from gvtstudio.services.pair_finder import FoundFiles, PairFinder
from gvtstudio.services.patience import is_folder
from gvtstudio.simulation import RECIPES
from gvtstudio.tasks import TASKS
from gvtstudio.ui.widgets.data_sources import FolderSource, RecipeSource, StackSource
from gvtstudio.ui.widgets.folder_edit import dropped_paths
from gvtstudio.ui.widgets.labels import styled_label
from gvtstudio.ui.widgets.pairs_table import PairsTable
from gvtstudio.ui.widgets.question import Question

PAIRS, STACKS, SIMULATION = "pairs", "stacks", "simulation"
_SOURCES = {
    PAIRS: ("Pairs in two folders", "The same fields twice, with the same file names."),
    STACKS: ("Stacks by themselves", "This task learns from a stack alone."),
    SIMULATION: ("Nothing: a simulation", "Stacks with known truth are made for the training."),
}
# Typing a path must not look at every folder on the way.
TYPING_MS = 400
_SHOWN = 3


class DataQuestion(Question):
    """Two folders of pairs, stacks by themselves, or a simulation.

    Args:
        finder: Looks at the files.
        parent: Qt parent.
    """

    def __init__(self, finder: PairFinder, parent: QWidget | None = None) -> None:
        super().__init__(
            "What do you have to learn from?",
            "Your files are only read. The partners of a pair have the same file name.",
            parent,
        )
        self._finder = finder
        self._task = next(iter(TASKS.values()))
        self._can_adapt = False
        self._looked_at: object = None
        self.files = FoundFiles()
        self.buttons = {name: QRadioButton(words, self) for name, (words, _) in _SOURCES.items()}
        self.folders = FolderSource(self)
        self.stacks = StackSource(self)
        self.recipes = RecipeSource(self)
        self.table = PairsTable(self)
        self.words = styled_label("", "subheading", self)
        self.doubt = styled_label("", "doubt", self)
        self.swap_button = QPushButton("Swap the folders", self)
        self.again_button = QPushButton("Look again", self)
        self.voxel_edit = QLineEdit(self)
        self.axes_edit = QLineEdit(self)
        self._voxel_row = QWidget(self)
        self._panels = dict(zip(_SOURCES, (self.folders, self.stacks, self.recipes), strict=True))
        self._timer = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._build()
        self._connect_signals()
        self.set_task(self._task)

    def _build(self) -> None:
        self.setAcceptDrops(True)
        group = QButtonGroup(self)
        row = QHBoxLayout()
        for name, button in self.buttons.items():
            button.setToolTip(_SOURCES[name][1])
            group.addButton(button)
            row.addWidget(button)
        row.addStretch()
        row.addWidget(self.again_button)
        self.again_button.setToolTip("Files have been renamed or replaced: look at them again.")
        self.voxel_edit.setPlaceholderText("Z,Y,X in µm: as the files say")
        self.voxel_edit.setAccessibleName("Voxel size")
        self.voxel_edit.setToolTip(
            "Only where the files are wrong or do not say: the distance of planes, the height and "
            "the width of a pixel, such as 0.3,0.1,0.1."
        )
        voxel_row = QHBoxLayout(self._voxel_row)
        voxel_row.setContentsMargins(0, 0, 0, 0)
        voxel_row.addWidget(QLabel("Voxel size", self))
        voxel_row.addWidget(self.voxel_edit, 2)
        voxel_row.addWidget(QLabel("Axes", self))
        voxel_row.addWidget(self.axes_edit, 1)
        self.axes_edit.setPlaceholderText("as the files say")
        self.axes_edit.setAccessibleName("Axes")
        self.axes_edit.setToolTip(
            "Only where the files are wrong or do not say: what their planes are, the slowest "
            "first, such as T, ZC2 or T10Z5C2."
        )
        doubt_row = QHBoxLayout()
        doubt_row.addWidget(self.doubt, 1)
        doubt_row.addWidget(self.swap_button)
        self.form.addLayout(row)
        for panel in self._panels.values():
            self.form.addWidget(panel)
        self.form.addWidget(self.table, 1)
        self.form.addWidget(self.words)
        self.form.addLayout(doubt_row)
        self.form.addWidget(self._voxel_row)
        self.form.addStretch()

    def _connect_signals(self) -> None:
        self._finder.found.connect(self._on_found)
        self._timer.timeout.connect(self._look)
        for button in self.buttons.values():
            button.toggled.connect(self._on_source)
        self.folders.changed.connect(self._look_later)
        self.stacks.changed.connect(self._look)
        self.recipes.changed.connect(self.answered)
        self.swap_button.clicked.connect(self.folders.swap)
        self.again_button.clicked.connect(lambda: self._look(again=True))
        self.voxel_edit.textChanged.connect(self._on_voxel_size)
        self.axes_edit.textChanged.connect(self.answered)

    @property
    def source(self) -> str:
        """``pairs``, ``stacks`` or ``simulation``."""
        return next((name for name, button in self.buttons.items() if button.isChecked()), "")

    def set_can_adapt(self, can_adapt: bool) -> None:
        """Say whether there is a model of the task to begin with."""
        if can_adapt != self._can_adapt:
            self._can_adapt = can_adapt
            self._show_count()

    def set_task(self, task: TaskSpec) -> None:
        """Offer what a task can learn from."""
        self._task = task
        self.recipes.offer([recipe for recipe in RECIPES.values() if recipe.task == task.name])
        offered = {
            PAIRS: not task.learns_alone,
            STACKS: task.learns_alone,
            SIMULATION: not self.recipes.is_empty,
        }
        for name, button in self.buttons.items():
            button.setVisible(offered[name])
        if not offered.get(self.source):
            self.buttons[STACKS if task.learns_alone else PAIRS].setChecked(True)
        self._look(again=True)

    def fields(self) -> dict[str, object]:
        """What a ``TrainRequest`` says of it."""
        if self.source == SIMULATION:
            return {"recipe": self.recipes.name}
        pairs = tuple((pair.input_path, pair.target_path) for pair in self.files.pairs)
        stacks = tuple(stack.path for stack in self.files.stacks)
        voxel_size = self.voxel_edit.text().strip()
        axes = self.axes_edit.text().strip()
        return {"pairs": pairs, "stacks": stacks, "voxel_size": voxel_size, "axes": axes}

    def answer(self) -> str:
        """How much there is."""
        if self.source == SIMULATION:
            return f"Simulation: {self.recipes.title}"
        files = self.files
        if files.failure:
            return "Nothing yet"
        if not files.is_complete and not files.lonely:
            return ""  # that it is being looked at is no fault
        pairs, stacks = len(files.pairs), len(files.stacks)
        if pairs or files.lonely:
            return f"{pairs} pair{'' if pairs == 1 else 's'}"
        return f"{stacks} stack{'' if stacks == 1 else 's'}" if stacks else ""

    def problem(self) -> str:
        """The first thing that is wrong with the files."""
        if self.source == SIMULATION:
            return ""
        return self._files_problem() or self._voxel_problem()

    def _files_problem(self) -> str:
        files = self.files
        if files.failure:
            return files.failure
        if files.lonely:
            names = ", ".join(files.lonely[:_SHOWN]) + (" …" if len(files.lonely) > _SHOWN else "")
            have = "file has" if len(files.lonely) == 1 else "files have"
            return (
                f"{len(files.lonely)} {have} no partner of the same name: {names}. Give partners "
                "the same name, and take away what has none."
            )
        if not files.pairs and not files.stacks:
            if self.source == STACKS:
                return "Add the stack to learn from."
            return "Choose the folder of the inputs and that of the targets."
        if not files.is_complete:
            return "The files are still being looked at."
        unfit = self._unfit()
        if unfit:
            more = f" (and {len(unfit) - 1} more)" if len(unfit) > 1 else ""
            return f"{unfit[0]}{more}"
        if len(files.pairs) == 1:
            return count_words(1, can_adapt=self._can_adapt)
        return ""

    def _unfit(self) -> list[str]:
        """What cannot be learned from, one sentence each, beginning with the name."""
        told = [(pair.input_path, pair_problem(self._task, pair)) for pair in self.files.pairs]
        told += [
            (
                stack.path,
                stack_problem(
                    self._task, stack.refused, stack.info, has_voxel_size=self._has_voxel_size
                ),
            )
            for stack in self.files.stacks
        ]
        return [
            why if Path(path).name in why else f"{Path(path).name}: {why}"
            for path, why in told
            if why
        ]

    def _voxel_problem(self) -> str:
        try:
            voxel_size_from(self.voxel_edit.text())
        except UsageError as error:
            return error.sentence()
        return ""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take folders of pairs, or stacks."""
        if self.source != SIMULATION and dropped_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Learn from what was dropped."""
        event.acceptProposedAction()
        paths = dropped_paths(event)
        if self.source == PAIRS:
            self.folders.take([path for path in paths if is_folder(Path(path))])
            return
        files: list[str] = []
        for path in map(Path, paths):
            try:
                is_full = is_folder(path) and not is_stack_folder(path)
                files += map(str, images_in(path).paths if is_full else [path])
            except GvtError as error:
                self._on_found(FoundFiles(failure=error.sentence()))
                return
        self.stacks.add(files)

    def _on_source(self, is_on: bool) -> None:
        if is_on:
            self._look()

    def _look_later(self) -> None:
        self._timer.start()

    def _look(self, *, again: bool = False) -> None:
        """Look at the files of the chosen source, unless they are those already looked at."""
        self._timer.stop()
        for name, panel in self._panels.items():
            panel.setVisible(name == self.source)
        wanted = (self.source, self.folders.paths, self.stacks.paths)
        if wanted == self._looked_at and not again:
            return
        self._looked_at = wanted
        self._finder.forget()
        if self.source == PAIRS and all(self.folders.paths):
            compares = tells_by_noise(self._task)
            self._finder.look_at_folders(*self.folders.paths, compares_noise=compares)
        elif self.source == STACKS and self.stacks.paths:
            self._finder.look_at_stacks(self.stacks.paths)
        self._on_found(FoundFiles())

    def _on_found(self, files: FoundFiles) -> None:
        self.files = files
        has_files = self.source != SIMULATION
        self.table.setVisible(has_files)
        self._voxel_row.setVisible(has_files)
        self.again_button.setVisible(has_files and files != FoundFiles())
        self._show_table()
        self._show_count()
        self._show_doubt()
        self.answered.emit()

    @property
    def _has_voxel_size(self) -> bool:
        return bool(self.voxel_edit.text().strip())

    def _on_voxel_size(self) -> None:
        self._show_table()
        self.answered.emit()

    def _show_table(self) -> None:
        self.table.show_files(self._task, self.files, has_voxel_size=self._has_voxel_size)

    def _show_count(self) -> None:
        count = len(self.files.pairs)
        words = count_words(count, can_adapt=self._can_adapt) if count > 1 else ""
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def _show_doubt(self) -> None:
        inputs, targets = (Path(folder) for folder in self.folders.paths)
        by_name = bool(self.files.pairs) and names_look_swapped(inputs, targets)
        is_swapped = self.files.is_swapped or by_name
        why = "their names say the opposite" if by_name else "the targets are noisier"
        self.doubt.setText(f"The two folders look swapped: {why}." if is_swapped else "")
        self.doubt.setVisible(is_swapped)
        self.swap_button.setVisible(is_swapped)
