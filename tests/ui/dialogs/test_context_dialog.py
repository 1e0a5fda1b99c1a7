import pytest
import shiboken6

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.settings import Settings
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.model_shelf import ShelfModel
from gvtstudio.ui.dialogs.context_dialog import ContextDialog


def stack(path, shape=(1, 8, 1, 32, 32)) -> StackInfo:
    return StackInfo(str(path), shape, "uint16", default_channels(1), Calibration())


@pytest.fixture
def model(tmp_path) -> ShelfModel:
    card = ModelCard(
        name="m", title="M", summary="S.", task="denoising", architecture="gvtnet_denoising_3d",
        architecture_parameters={}, parameter_count=1, axes="ZYX",
        normalisation_percentiles=(2.0, 99.8),
    )  # fmt: skip
    return ShelfModel(tmp_path / "m.gvtmodel", card, is_bundled=False)


@pytest.fixture
def make_dialog(qtbot, model):
    dialogs = []

    def make(stacks, good: str = "", models=None) -> ContextDialog:
        offered = (model,) if models is None else models
        dialogs.append(ContextDialog(stacks, good, offered, Settings(precision="float32")))
        dialogs[-1].show()
        return dialogs[-1]

    yield make
    for dialog in dialogs:
        if shiboken6.isValid(dialog):  # an accepted dialog has deleted itself
            dialog.close()


@pytest.fixture
def dialog(make_dialog, tmp_path) -> ContextDialog:
    noisy, good = tmp_path / "noisy" / "a.tif", tmp_path / "truth" / "a.tif"
    return make_dialog([stack(noisy), stack(good)], str(good))


def test_what_is_chosen_is_asked(qtbot, dialog, model, tmp_path):
    dialog.contexts_edit.setText("4,8,8 whole")
    dialog.table_edit.setText(str(tmp_path / "table.csv"))
    with qtbot.waitSignal(dialog.sweep_requested) as heard:
        dialog._buttons.accepted.emit()
    request = heard.args[0]
    assert request.input == str(tmp_path / "noisy" / "a.tif")
    assert request.target == str(tmp_path / "truth" / "a.tif")
    assert request.model == str(model.path)
    assert request.contexts == ("4,8,8", "whole")
    assert request.normalisation == "care"
    assert request.precision == "float32"
    assert request.csv == str(tmp_path / "table.csv")
    assert not request.overwrite


def test_stacks_of_the_same_name_are_told_apart(dialog):
    box = dialog.stack_boxes["Noisy stack"]
    assert [box.itemText(i) for i in range(box.count())] == ["a.tif  in  noisy", "a.tif  in  truth"]


def test_files_that_are_not_open_can_be_used(make_dialog, tmp_path):
    dialog = make_dialog([])
    assert dialog._verdict.text() == "Choose a noisy stack."
    dialog.take_file("Noisy stack", [str(tmp_path / "a.tif")])
    assert "good stack" in dialog._verdict.text()
    dialog.take_file("Good stack", [str(tmp_path / "b.tif")])
    assert dialog.can_start()


def test_same_stack_twice_and_other_sizes_are_refused(make_dialog, tmp_path):
    dialog = make_dialog([stack(tmp_path / "a.tif"), stack(tmp_path / "b.tif", (1, 8, 1, 16, 32))])
    dialog.stack_boxes["Good stack"].setCurrentIndex(0)
    assert "same stack twice" in dialog._verdict.text()
    dialog.stack_boxes["Good stack"].setCurrentIndex(1)
    assert "different sizes" in dialog._verdict.text()
    assert not dialog.can_start()


def test_no_model_is_told(make_dialog, tmp_path):
    dialog = make_dialog([stack(tmp_path / "a.tif")], models=())
    assert dialog._verdict.text().startswith("No model on this computer")
    assert not dialog.can_start()


@pytest.mark.parametrize("text", ["8,8", "8,0,8", "a,b,c", "8;8;8", "-1,8,8"])
def test_sizes_that_are_none_are_told(dialog, text):
    dialog.contexts_edit.setText(f"4,8,8 {text}")
    assert "such as" in dialog._verdict.text()
    assert not dialog.can_start()


def test_existing_table_is_replaced_only_when_ticked(qtbot, dialog, tmp_path):
    (tmp_path / "table.csv").write_text("mine", encoding="utf-8")
    dialog.table_edit.setText(str(tmp_path / "table.csv"))
    assert not dialog.can_start()
    dialog.replace_box.setChecked(True)
    with qtbot.waitSignal(dialog.sweep_requested) as heard:
        dialog._buttons.accepted.emit()
    assert heard.args[0].overwrite
