"""What a training begins with: a model, or new weights of some kind of network."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.architecture import ArchitectureSpec
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.model_shelf import ShelfModel, list_models
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.services.model_fit import model_fit
from gvtstudio.services.pair_checks import ENOUGH_TO_TRAIN, are_planes
from gvtstudio.services.pair_finder import FoundFiles
from gvtstudio.tasks import TASKS
from gvtstudio.ui.widgets.labels import styled_label
from gvtstudio.ui.widgets.question import Question


class StartQuestion(Question):
    """A model to adapt, or a kind of network to train from nothing.

    Until the user has chosen, what is recommended for the files at hand is chosen.

    Args:
        parent: Qt parent.
    """

    card_requested = Signal(object)
    """The ``ModelCard`` the user wants to read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "What shall it start from?",
            "Adapting a model needs few pairs and minutes; from nothing takes more of both.",
            parent,
        )
        self._task: TaskSpec = next(iter(TASKS.values()))
        self._models: list[ShelfModel] = []
        self._files = FoundFiles()
        self._is_chosen = False
        self.adapt_button = QRadioButton("A model, which is adapted", self)
        self.nothing_button = QRadioButton("Nothing", self)
        self.model_box = QComboBox(self)
        self.network_box = QComboBox(self)
        self._card = QPushButton("Card…", self)
        self._model_words = styled_label("", "quiet", self)
        self._doubts = styled_label("", "doubt", self)
        self._network_words = styled_label("", "quiet", self)
        self._network_doubt = styled_label("", "doubt", self)
        self._advice = styled_label("", "subheading", self)
        self._panels = QStackedWidget(self)
        self._build()
        self._connect_signals()
        self.set_task(self._task)

    def _build(self) -> None:
        group = QButtonGroup(self)
        row = QHBoxLayout()
        for button in (self.adapt_button, self.nothing_button):
            group.addButton(button)
            row.addWidget(button)
        row.addStretch()
        self.model_box.setAccessibleName("Model to adapt")
        self.network_box.setAccessibleName("Kind of network")
        for box in (self.model_box, self.network_box):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._card.setToolTip("What the model was trained on, how well it does, its limits.")
        self.form.addWidget(self._advice)
        self.form.addLayout(row)
        self.form.addWidget(self._panels)
        self.form.addStretch()
        model_row = QHBoxLayout()
        model_row.addWidget(self.model_box, 1)
        model_row.addWidget(self._card)
        for first, *labels in (
            (model_row, self._model_words, self._doubts),
            (None, self.network_box, self._network_words, self._network_doubt),
        ):
            panel = QWidget(self)
            column = QVBoxLayout(panel)
            column.setContentsMargins(0, 0, 0, 0)
            if first is not None:
                column.addLayout(first)
            for label in labels:
                column.addWidget(label)
            column.addStretch()
            self._panels.addWidget(panel)

    def _connect_signals(self) -> None:
        self.adapt_button.toggled.connect(self._show)
        self.adapt_button.clicked.connect(self._on_user_chose)
        self.nothing_button.clicked.connect(self._on_user_chose)
        self.model_box.currentIndexChanged.connect(self._show)
        self.network_box.currentIndexChanged.connect(self._show)
        self.network_box.activated.connect(self._on_user_chose)
        self._card.clicked.connect(self._show_card)

    @property
    def model(self) -> ShelfModel | None:
        """The model to adapt; ``None`` from nothing."""
        index = self.model_box.currentIndex()
        is_adapting = self.adapt_button.isChecked() and 0 <= index < len(self._models)
        return self._models[index] if is_adapting else None

    @property
    def network(self) -> ArchitectureSpec | None:
        """The kind of network to train from nothing; ``None`` where a model is adapted."""
        return None if self.model else ARCHITECTURES[str(self.network_box.currentData())]

    @property
    def can_adapt(self) -> bool:
        """Whether there is a model of the task."""
        return bool(self._models)

    def set_task(self, task: TaskSpec) -> None:
        """Offer the models and networks of a task."""
        is_other = task != self._task
        self._task = task
        self._is_chosen = self._is_chosen and not is_other
        with QSignalBlocker(self.network_box):
            chosen = self.network_box.currentData()
            self.network_box.clear()
            for name in task.architectures:
                self.network_box.addItem(ARCHITECTURES[name].title, name)
            self.network_box.setCurrentIndex(max(0, self.network_box.findData(chosen)))
            if is_other:
                self.network_box.setCurrentIndex(0)
        self.offer_models()

    def offer_models(self) -> None:
        """Read the shelf again, where a training may have put a model; the chosen one stays."""
        chosen = self.model_box.currentData()
        self._models = [
            model
            for model in list_models()
            if model.card.task == self._task.name and model.card.architecture in ARCHITECTURES
        ]
        with QSignalBlocker(self.model_box):
            self.model_box.clear()
            for model in self._models:
                own = "" if model.is_bundled else " (own)"
                self.model_box.addItem(model.card.title + own, str(model.path))
            self.model_box.setCurrentIndex(max(0, self.model_box.findData(chosen)))
        self.adapt_button.setEnabled(bool(self._models))
        self._recommend()

    def set_files(self, files: FoundFiles) -> None:
        """Recommend for what there is to learn from; nothing for a simulation."""
        if files != self._files:
            self._files = files
            self._recommend()

    def fields(self) -> dict[str, object]:
        """What a ``TrainRequest`` says of it."""
        if self.model is None:
            return {"architecture": str(self.network_box.currentData())}
        names = [model.card.name for model in list_models()]
        is_unique = names.count(self.model.card.name) == 1
        return {"start_model": self.model.card.name if is_unique else str(self.model.path)}

    def answer(self) -> str:
        """The model, or the network."""
        if self.model is not None:
            return f"Adapt {self.model.card.title}"
        return f"From nothing: {self.network.title}" if self.network else ""

    def problem(self) -> str:
        """Whatever is chosen can be started from."""
        return ""

    @property
    def _first(self) -> StackInfo | None:
        return self._files.first

    @property
    def _count(self) -> int:
        return len(self._files.pairs)

    def _is_adapting_better(self) -> bool:
        """Few pairs suffice to adapt; a network for volumes gains nothing from single planes."""
        return bool(self._models) and 0 < self._count < ENOUGH_TO_TRAIN and self._fits()

    def _fits(self) -> bool:
        best = next(iter(self._models), None)
        if best is None or self._first is None:
            return best is not None
        return model_fit(best.card, self._first).is_good

    def _recommend(self) -> None:
        if not self._is_chosen:
            (self.adapt_button if self._is_adapting_better() else self.nothing_button).setChecked(
                True
            )
            if self._has_planes_only():
                with QSignalBlocker(self.network_box):
                    self._choose_network_for_planes()
        elif not self._models:
            self.nothing_button.setChecked(True)
        self._show()

    def _has_planes_only(self) -> bool:
        target = self._files.first_target
        return target is not None and are_planes(self._task, target)

    def _choose_network_for_planes(self) -> None:
        for index, name in enumerate(self._task.architectures):
            if ARCHITECTURES[name].spatial_dims == 2:
                self.network_box.setCurrentIndex(index)
                return

    def _on_user_chose(self) -> None:
        self._is_chosen = True
        self.answered.emit()

    def _show(self) -> None:
        self._panels.setCurrentIndex(0 if self.model is not None else 1)
        self._advice.setText(self._advice_words())
        if self.model is not None:
            card = self.model.card
            self._model_words.setText(
                f"{card.summary} {_network_title(card.architecture)}, {card.parameter_count:,} "
                "parameters."
            )
            doubts = () if self._first is None else model_fit(card, self._first).doubts
            self._doubts.setText("\n".join(doubts))
            self._doubts.setVisible(bool(doubts))
        elif self.network is not None:
            self._show_network(self.network)
        self.answered.emit()

    def _show_network(self, spec: ArchitectureSpec) -> None:
        sees = "volumes" if spec.spatial_dims == 3 else "single planes"
        unsure = ", and can learn how unsure it is" if spec.has_scale else ""
        self._network_words.setText(
            f"{spec.advice}\n{spec.parameter_count:,} parameters; sees {sees}{unsure}.\n"
            f"{spec.paper}."
        )
        doubt = ""
        if self._has_planes_only() and spec.spatial_dims == 3:
            doubt = "The targets are single planes, and this network is for volumes."
        self._network_doubt.setText(doubt)
        self._network_doubt.setVisible(bool(doubt))

    def _advice_words(self) -> str:
        if not self._models:
            return "There is no model for this task yet, so it starts from nothing."
        if self._is_adapting_better():
            return f"Recommended with {self._count} pairs: adapt a model."
        if self._count and not self._fits():
            return "The model at hand was made for other stacks than yours: better from nothing."
        return "Recommended: from nothing." if self._count else ""

    def _show_card(self) -> None:
        if self.model is not None:
            self.card_requested.emit(self.model.card)


def _network_title(name: str) -> str:
    return ARCHITECTURES[name].title if name in ARCHITECTURES else name
