"""How long to train, and everything else that can be set for it."""

from PySide6.QtWidgets import QWidget

from gvtstudio.domain.architecture import ArchitectureSpec
from gvtstudio.domain.parameters import Parameter, Value
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.tasks import TASKS
from gvtstudio.ui.forms.parameter_form import ParameterForm
from gvtstudio.ui.widgets.folded_part import FoldedPart
from gvtstudio.ui.widgets.question import Question
from gvtstudio.ui.widgets.training_parameters import TrainingParameters


class LengthQuestion(Question):
    """The declared parameters of task and network; what was set for another task is kept.

    Args:
        parent: Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "How long, and how, shall it learn?",
            "You can stop a training at any time on the page Jobs and keep the best so far. What "
            "you leave alone is set for you.",
            parent,
        )
        self._of_tasks: dict[str, TrainingParameters] = {}
        self._of_networks: dict[str, ParameterForm] = {}
        self._network: ArchitectureSpec | None = None
        self.network_part = FoldedPart("Options of the network", self)
        self._place = self.form.count()
        self.form.addWidget(self.network_part)
        self.form.addStretch()
        self.parameters = self._parameters_of(next(iter(TASKS.values())))
        self.set_start(None)

    def set_task(self, task: TaskSpec) -> None:
        """Show the parameters of a task."""
        self.parameters.hide()
        self.parameters = self._parameters_of(task)
        self.parameters.show()
        self.answered.emit()

    def set_start(self, network: ArchitectureSpec | None) -> None:
        """Show what can be set for a network; nothing where a model is adapted.

        Args:
            network: Kind of network that begins from nothing.
        """
        self._network = network
        self.parameters.set_adapts(network is None)
        has_options = network is not None and bool(network.parameters)
        self.network_part.setVisible(has_options)
        if network is not None:
            self.network_part.set_content(self._form_of(network))

    def fields(self) -> dict[str, object]:
        """What a ``TrainRequest`` says of it."""
        network: dict[str, Value] = {}
        if self._network is not None:
            form = self._form_of(self._network)
            network = _changed(self._network.parameters, form.values())
        return {"parameters": self.parameters.given, "architecture_parameters": network}

    def answer(self) -> str:
        """Time limit and steps."""
        values = self.parameters.effective
        minutes, steps = float(values["minutes"]), int(values["steps"])
        if minutes:
            limit = f"{minutes:g} min"
            return limit if "steps" not in self.parameters.given else f"{steps:,} steps or {limit}"
        return f"{steps:,} steps"

    def problem(self) -> str:
        """The fields allow only what can be."""
        return ""

    def _parameters_of(self, task: TaskSpec) -> TrainingParameters:
        if task.name not in self._of_tasks:
            made = TrainingParameters(task, self)
            made.values_changed.connect(self.answered)
            self.form.insertWidget(self._place, made)
            self._of_tasks[task.name] = made
        return self._of_tasks[task.name]

    def _form_of(self, network: ArchitectureSpec) -> ParameterForm:
        if network.name not in self._of_networks:
            made = ParameterForm(network.parameters, self)
            made.values_changed.connect(self.answered)
            self._of_networks[network.name] = made
        return self._of_networks[network.name]


def _changed(rows: tuple[Parameter, ...], values: dict[str, Value]) -> dict[str, Value]:
    """What is not at its default; the rest is left to the task."""
    return {row.name: values[row.name] for row in rows if values[row.name] != row.default}
