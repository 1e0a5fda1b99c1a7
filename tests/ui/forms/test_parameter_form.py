import pytest
from PySide6.QtWidgets import QSpinBox

from gvtstudio.domain.parameters import Parameter, validated_values
from gvtstudio.tasks import TASKS
from gvtstudio.ui.forms.parameter_form import ParameterForm

PARAMETERS = (
    Parameter("steps", "integer", 500, "Steps", "How often.", unit="steps", minimum=1, maximum=900),
    Parameter("rate", "number", 4e-4, "Rate", "How much.", minimum=0.0, maximum=1.0),
    Parameter("is_on", "switch", True, "On", "Whether."),
    Parameter("kind", "choice", "b", "Kind", "Which.", choices=("a", "b")),
    Parameter("name", "text", "x", "Name", "What."),
)


@pytest.fixture
def form(qtbot):
    form = ParameterForm(PARAMETERS)
    qtbot.addWidget(form)
    return form


def test_form_begins_with_the_defaults(form):
    assert form.values() == {row.name: row.default for row in PARAMETERS}


def test_values_set_are_values_read(form):
    values = {"steps": 7, "rate": 0.0125, "is_on": False, "kind": "a", "name": "µ 细胞"}
    form.set_values(values | {"unknown": 3})
    assert form.values() == values


def test_field_keeps_its_range_unit_and_help(form):
    field = form.findChild(QSpinBox)
    assert (field.minimum(), field.maximum(), field.suffix()) == (1, 900, " steps")
    assert field.toolTip() == "How often."
    assert field.accessibleName() == "Steps"


def test_change_is_told(qtbot, form):
    with qtbot.waitSignal(form.values_changed):
        form.set_values({"steps": 3})


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_every_task_has_a_form_whose_defaults_are_valid(qtbot, task):
    form = ParameterForm(task.train_parameters)
    qtbot.addWidget(form)
    values = form.values()
    assert validated_values(task.train_parameters, values) == values
    assert values == {row.name: pytest.approx(row.default) for row in task.train_parameters}


def test_what_makes_no_sense_is_neither_shown_nor_given(form):
    form.set_present("steps", is_present=False)
    assert "steps" not in form.values()
    assert not form.findChild(QSpinBox).isVisibleTo(form)
    form.set_present("steps", is_present=True)
    assert form.values()["steps"] == 500
    assert form.findChild(QSpinBox).isVisibleTo(form)
