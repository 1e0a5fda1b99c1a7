import pytest
import shiboken6
from PySide6.QtCore import Qt

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.job import EvaluateRequest
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.measures import MEASURES, USUAL
from gvtstudio.ui.dialogs.evaluate_dialog import EvaluateDialog

SHAPE = (1, 8, 1, 32, 32)
RESTORED, TRUTH, SMALLER = (
    StackInfo(path, shape, "uint16", default_channels(1), Calibration())
    for path, shape in (("r.tif", SHAPE), ("t.tif", SHAPE), ("s.tif", (1, 8, 1, 32, 30)))
)


@pytest.fixture
def make_dialog(qtbot):
    dialogs = []

    def make(restored=RESTORED, truth=TRUTH) -> EvaluateDialog:
        dialogs.append(EvaluateDialog((RESTORED, TRUTH, SMALLER), restored, truth))
        dialogs[-1].show()
        return dialogs[-1]

    yield make
    for dialog in dialogs:
        if shiboken6.isValid(dialog):  # an accepted dialog has deleted itself
            dialog.close()


def test_the_columns_of_compare_and_the_usual_measures_are_proposed(qtbot, make_dialog):
    dialog = make_dialog()
    with qtbot.waitSignal(dialog.evaluation_requested) as heard:
        dialog.start_button.click()
    assert heard.args[0] == EvaluateRequest(
        restored=("r.tif",), target=("t.tif",), metrics=USUAL, normalisation="care"
    )


def test_what_is_chosen_is_asked(qtbot, make_dialog):
    dialog = make_dialog()
    dialog.normalisation_box.setCurrentIndex(dialog.normalisation_box.findData("none"))
    dialog.plane_box.setChecked(True)
    for row, name in enumerate(MEASURES):
        state = Qt.CheckState.Checked if name == "frc" else Qt.CheckState.Unchecked
        dialog.measures.item(row).setCheckState(state)
    with qtbot.waitSignal(dialog.evaluation_requested) as heard:
        dialog.start_button.click()
    request = heard.args[0]
    assert (request.metrics, request.normalisation, request.per_plane) == (("frc",), "none", True)


def test_labels_are_measured_by_their_overlap_alone(qtbot, make_dialog):
    dialog = make_dialog()
    dialog.labels_box.setChecked(True)
    assert not dialog.measures.isEnabled()
    with qtbot.waitSignal(dialog.evaluation_requested) as heard:
        dialog.start_button.click()
    assert heard.args[0].labels
    assert heard.args[0].metrics == ()


@pytest.mark.parametrize(
    ("restored", "truth", "words"),
    [
        (RESTORED, None, "Choose the stack"),
        (RESTORED, RESTORED, "same stack twice"),
        (RESTORED, SMALLER, "different sizes"),
    ],
)
def test_what_cannot_be_compared_is_refused(make_dialog, restored, truth, words):
    dialog = make_dialog(restored, truth)
    assert not dialog.start_button.isEnabled()
    assert words in dialog._verdict.text()


def test_something_must_be_measured(make_dialog):
    dialog = make_dialog()
    for row in range(len(MEASURES)):
        dialog.measures.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert not dialog.start_button.isEnabled()
    dialog.labels_box.setChecked(True)
    assert dialog.start_button.isEnabled()
