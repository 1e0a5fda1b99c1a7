"""Choosing a model, those that suit the stack first."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.offered_models import OfferedModel, offered_models
from gvtstudio.services.model_fit import ModelFit, model_fit
from gvtstudio.tasks import ZERO_SHOT
from gvtstudio.ui.forms.parameter_form import ParameterForm
from gvtstudio.ui.widgets.labels import styled_label


class ModelPicker(QWidget):
    """A list of models with what the chosen one is for, and what speaks against it.

    At its end stand the ways to do without a model, with what can be set for them.

    Args:
        parent: Qt parent.
    """

    model_changed = Signal()
    """Another model is chosen."""
    details_requested = Signal(object)
    """The ``ModelCard`` the user wants to read."""
    import_requested = Signal()
    """The user has a model in a file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task = ""
        self._stack: StackInfo | None = None
        self._models: list[OfferedModel] = []
        self._box = QComboBox(self)
        self._box.setAccessibleName("Model")
        self._box.setToolTip("Models that suit the stack stand first.")
        self._box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._card_button = QPushButton("Card…", self)
        self._card_button.setToolTip("What the model was trained on, how well it does, its limits.")
        self._import_button = QPushButton("Import…", self)
        self._import_button.setToolTip(
            "Check a .gvtmodel file or a package of bioimage.io with its own test image, and put "
            "it among your models."
        )
        self._summary = styled_label("", "quiet", self)
        self._doubts = styled_label("", "doubt", self)
        self._forms = {
            name: ParameterForm(spec.parameters, self) for name, spec in ZERO_SHOT.items()
        }
        row = QHBoxLayout()
        row.addWidget(self._card_button)
        row.addWidget(self._import_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._box)
        layout.addLayout(row)
        layout.addWidget(self._summary)
        layout.addWidget(self._doubts)
        for form in self._forms.values():
            layout.addWidget(form)
        self._box.currentIndexChanged.connect(self._on_chosen)
        self._card_button.clicked.connect(self._show_card)
        self._import_button.clicked.connect(self.import_requested)

    @property
    def model(self) -> OfferedModel | None:
        """The chosen model."""
        index = self._box.currentIndex()
        return self._models[index] if 0 <= index < len(self._models) else None

    @property
    def values(self) -> dict[str, Value]:
        """What is set for learning from the stack itself; nothing for models."""
        model = self.model
        if model is None or model.zero_shot is None:
            return {}
        return self._forms[model.zero_shot.name].values()

    def choose(self, name: str) -> None:
        """Choose a model by its name; nothing happens where it is not offered."""
        names = [model.card.name for model in self._models]
        if name in names:
            self._box.setCurrentIndex(names.index(name))

    def offer(self, task: str, stack: StackInfo | None) -> None:
        """List the models of a task, in the order in which they suit a stack."""
        chosen = self.model
        self._task, self._stack = task, stack
        models = [model for model in offered_models(ZERO_SHOT) if model.card.task == task]
        models.sort(key=self._rank)
        self._models = models
        with QSignalBlocker(self._box):
            self._box.clear()
            for model in models:
                own = "" if model.is_bundled else " (own)"
                self._box.addItem(model.card.title + own)
            names = [model.card.name for model in models]
            if chosen is not None and chosen.card.name in names:
                self._box.setCurrentIndex(names.index(chosen.card.name))
        self._on_chosen()

    def _rank(self, model: OfferedModel) -> tuple[bool, int]:
        """What needs minutes to learn is never proposed before what is at hand."""
        return model.zero_shot is not None, len(self._fit(model.card).doubts)

    def _fit(self, card: ModelCard) -> ModelFit:
        return ModelFit() if self._stack is None else model_fit(card, self._stack)

    def _on_chosen(self) -> None:
        model = self.model
        self._box.setEnabled(model is not None)
        self._card_button.setEnabled(model is not None)
        for name, form in self._forms.items():
            form.setVisible(model is not None and model.card.name == name and not model.path)
        if model is None:
            self._summary.setText("There is no model for this task on this computer yet.")
            self._doubts.hide()
        else:
            self._summary.setText(model.card.summary)
            doubts = self._fit(model.card).doubts
            self._doubts.setText("\n".join(doubts))
            self._doubts.setVisible(bool(doubts))
        self.model_changed.emit()

    def _show_card(self) -> None:
        if self.model is not None:
            self.details_requested.emit(self.model.card)


def card_rows(card: ModelCard) -> list[tuple[str, str]]:
    """A model's card in words, for a table."""
    rows = [
        ("Name", card.name),
        ("For", card.summary),
        ("Network", f"{card.architecture}, {card.parameter_count:,} parameters, sees {card.axes}"),
    ]
    rows += [("Limit", limit) for limit in card.limits]
    for score in card.scores:
        rows.append(
            (
                f"Score: {score.metric} ({score.normalisation})",
                f"{score.data}: raw {score.raw:.4g}, {score.baseline_name} {score.baseline:.4g}, "
                f"restored {score.restored:.4g}"
                + ("" if score.backbone is None else f", backbone {score.backbone:.4g}"),
            )
        )
    rows += [("Trained on", f"{d.name} ({d.licence}) {d.detail}") for d in card.training_data]
    rows += [("Training", ", ".join(f"{key} {value}" for key, value in card.training.items()))]
    rows += [("Cite", card.citation), ("Licence", card.licence), ("Made", card.created)]
    return [(what, words) for what, words in rows if words]
