"""What the list of models offers, and what can be set for learning from the stack itself."""

import pytest
from PySide6.QtGui import QGuiApplication

from gvtstudio.tasks import ZERO_SHOT
from gvtstudio.ui.widgets.model_picker import ModelPicker
from tests.services.stacks import write_stack


@pytest.fixture
def picker(qtbot) -> ModelPicker:
    picker = ModelPicker()
    qtbot.addWidget(picker)
    picker.offer("denoising", None)
    picker.show()
    return picker


def test_learning_from_the_stack_itself_is_always_offered_and_never_proposed(picker):
    titles = [picker._box.itemText(i) for i in range(picker._box.count())]
    assert titles[-1] == "No model: learn from the stack itself (Noise2Fast)"
    assert picker.model is not None
    assert picker.model.zero_shot is None
    picker.offer("isotropic", None)
    assert picker.model is None


@pytest.mark.parametrize("name", ZERO_SHOT)
def test_what_can_be_set_is_shown_only_where_it_is_chosen(picker, name):
    form = picker._forms[name]
    assert not form.isVisible()
    assert picker.values == {}
    picker.choose(name)
    assert form.isVisible()
    form.set_values({"seed": 7})
    assert picker.values == {p.name: p.default for p in ZERO_SHOT[name].parameters} | {"seed": 7}


def test_the_page_asks_for_it_and_copies_the_command(qtbot, window, open_in, tmp_path):
    page = window.show_page("restore")
    info = open_in(write_stack(tmp_path / "a.tif"))
    page.form.models.choose("noise2fast")
    page.form.models._forms["noise2fast"].set_values({"seed": 7})
    request = page.form.request(info)
    assert (request.model, request.parameters["seed"]) == ("noise2fast", 7)
    page.copy_command()
    command = QGuiApplication.clipboard().text()
    assert "--model noise2fast" in command
    assert "--seed 7 --out" in command
