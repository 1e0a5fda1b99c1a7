import pytest

from gvtstudio.domain.training_parameters import PRESETS
from gvtstudio.tasks import TASKS
from gvtstudio.ui.widgets.training_parameters import PROPOSED, TrainingParameters


@pytest.fixture
def parameters(qtbot):
    made = TrainingParameters(TASKS["denoising"])
    qtbot.addWidget(made)
    return made


def shown(parameters: TrainingParameters, name: str):
    return (parameters.top.values() | parameters.advanced.values())[name]


def test_a_preset_is_proposed_and_seen_in_what_it_sets(parameters):
    assert parameters.given == {"preset": PROPOSED}
    for name, value in PRESETS[PROPOSED].items():
        assert shown(parameters, name) == value


def test_only_what_is_touched_is_given(parameters):
    parameters.set_values({"batch_size": 2})
    assert parameters.given == {"preset": PROPOSED, "batch_size": 2}


def test_a_length_of_ones_own_wins_until_another_preset_is_chosen(parameters):
    parameters.set_values({"minutes": 7.0})
    assert parameters.effective["minutes"] == 7.0
    parameters.set_values({"preset": "quick"})
    assert "minutes" not in parameters.given
    assert shown(parameters, "minutes") == PRESETS["quick"]["minutes"]


def test_adapting_shows_its_own_defaults(parameters):
    rate, patience = (shown(parameters, name) for name in ("learning_rate", "patience"))
    parameters.set_adapts(True)
    assert shown(parameters, "learning_rate") == pytest.approx(rate / 4)
    assert shown(parameters, "patience") > patience
    parameters.set_values({"learning_rate": 0.01})
    parameters.set_adapts(False)
    assert shown(parameters, "learning_rate") == 0.01
    assert shown(parameters, "patience") == patience


@pytest.mark.parametrize("name", TASKS)
def test_every_parameter_of_every_task_has_a_field(qtbot, name):
    made = TrainingParameters(TASKS[name])
    qtbot.addWidget(made)
    fields = made.top.values() | made.advanced.values()
    assert set(fields) == {row.name for row in TASKS[name].train_parameters}
    folded = {row.name for row in TASKS[name].train_parameters if row.is_advanced}
    assert set(made.advanced.values()) == folded
    assert not made.advanced.isVisibleTo(made)
    made.more.button.setChecked(True)
    assert made.advanced.isVisibleTo(made)
