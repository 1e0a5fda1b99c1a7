import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.stack import StackInfo
from gvtstudio.ui.dialogs.register_dialog import RegisterDialog, proposed_pair


def stack(name: str, side: int, pixel_um: float | None = None, scene: int = 0) -> StackInfo:
    size = Calibration(y_um=pixel_um, x_um=pixel_um)
    shape = (1, 1, 1, side, side)
    return StackInfo(name, shape, "uint16", default_channels(1), size, scene=scene)


COARSE, FINE = stack("c.tif", 200, 0.4), stack("f.tif", 100, 0.1)
SMALL, LARGE = stack("s.tif", 64), stack("l.tif", 128)
SECOND = stack("f.tif", 300, 0.1, scene=1)


@pytest.mark.parametrize(
    ("stacks", "expected"),
    [
        ((FINE, COARSE), (COARSE, FINE)),  # the voxel size counts more than the pixels
        ((LARGE, SMALL), (SMALL, LARGE)),
        ((LARGE, COARSE, SMALL), (SMALL, COARSE)),  # one has no voxel size
        ((SECOND, FINE), (FINE, SECOND)),  # the same pixels
        ((COARSE,), None),
        ((), None),
    ],
)
def test_the_coarser_pixels_come_first(stacks, expected):
    assert proposed_pair(stacks) == expected


@pytest.fixture
def make_dialog(qtbot, workbench):
    dialogs = []

    def make(stacks, compared=()) -> RegisterDialog:
        dialogs.append(RegisterDialog(stacks, compared, workbench))
        dialogs[-1].show()
        return dialogs[-1]

    yield make
    for dialog in dialogs:
        dialog.close()


def test_what_is_compared_is_proposed(make_dialog):
    dialog = make_dialog((SMALL, COARSE, FINE, LARGE), (FINE, COARSE))
    assert [box.info for box in dialog.boxes.values()] == [COARSE, FINE]


def test_scenes_of_one_file_are_told_apart(make_dialog):
    request = make_dialog((FINE, SECOND))._request()
    assert (request.low, request.low_scene) == ("f.tif", 0)
    assert (request.high, request.high_scene) == ("f.tif", 1)


@pytest.mark.parametrize(
    ("typed", "magnification"),
    [("", 0.0), ("2,5", 2.5), (" 4 ", 4.0), ("x", None), ("0", None), ("-2", None), ("nan", None)],
)
def test_the_magnification_is_a_number_or_nothing(make_dialog, typed, magnification):
    dialog = make_dialog((COARSE, FINE))
    dialog.magnification_edit.setText(typed)
    assert dialog.look_button.isEnabled() == (magnification is not None)
    assert dialog.problem.isVisible() == (magnification is None)
    if magnification is not None:
        assert dialog._request().magnification == magnification


def test_two_stacks_are_needed(make_dialog):
    dialog = make_dialog((COARSE,))
    assert not dialog.save_button.isEnabled()
    assert "Choose the stack" in dialog.problem.text()
    for box in dialog.boxes.values():
        box.choose(("c.tif", 0))
    assert "same stack twice" in dialog.problem.text()
