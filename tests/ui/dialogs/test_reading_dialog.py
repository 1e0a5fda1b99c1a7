"""Saying what the planes of a stack are: asked once, remembered for the folder, used everywhere."""

import pytest
import tifffile

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.region import Region
from gvtstudio.ui.dialogs.reading_dialog import ReadingDialog
from tests.services.stacks import write_plain, write_stack


def dialogs(window) -> list[ReadingDialog]:
    return [each for each in window.findChildren(ReadingDialog) if each.isVisible()]


def shapes(window) -> list[tuple[int, ...]]:
    return [info.shape[:3] for info in window.workbench.session.stacks]


def test_it_is_asked_once_for_a_folder_and_remembered(qtbot, window, open_in, tmp_path):
    open_in(write_plain(tmp_path / "a.tif"))
    (dialog,) = dialogs(window)
    assert "12 planes" in dialog.question.text()
    assert dialog.consequence.text() == "28 × 24 pixels, 12 slices, 1 channel"
    dialog.kind_buttons["T"].setChecked(True)
    assert dialog.consequence.text().endswith("12 time points")
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: shapes(window) == [(12, 1, 1)], timeout=20_000)
    assert window.workbench.session.current.axes == "T"
    open_in(write_plain(tmp_path / "b.tif", planes=7))
    qtbot.waitUntil(lambda: shapes(window)[-1] == (7, 1, 1), timeout=20_000)
    assert dialogs(window) == []
    assert window.workbench.settings.settings.recent_axes == {str(tmp_path): "T"}


def test_files_of_the_folder_that_are_open_follow(qtbot, window, tmp_path):
    paths = [write_plain(tmp_path / name) for name in ("a.tif", "b.tif")]
    window.open_paths([str(path) for path in paths])
    qtbot.waitUntil(lambda: len(shapes(window)) == 2, timeout=20_000)
    (dialog,) = dialogs(window)
    dialog.order_edit.setFocus()
    qtbot.keyClicks(dialog.order_edit, "zc2")
    assert dialog.kind_buttons["several"].isChecked()
    assert "6 slices, 2 channels" in dialog.consequence.text()
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: shapes(window) == [(1, 6, 2)] * 2, timeout=20_000)


def test_what_does_not_fit_cannot_be_chosen(window, open_in, notices, tmp_path):
    open_in(write_plain(tmp_path / "a.tif"))
    (dialog,) = dialogs(window)
    dialog.order_edit.setText("ZC5")
    dialog.kind_buttons["several"].setChecked(True)
    assert not dialog.accept_button.isEnabled()
    assert "12 planes" in dialog.problem.text()
    dialog.order_edit.setText("ZC2")
    dialog.voxel_edit.setText("1,2")
    assert "no voxel size" in dialog.problem.text()
    dialog.reject()
    assert shapes(window) == [(1, 12, 1)]
    open_in(write_plain(tmp_path / "b.tif"))
    assert dialogs(window) == []  # it is asked once, and told from then on
    assert ["b.tif" in notice.sentence for notice in notices] == [True]


def test_a_voxel_size_is_typed_and_goes_everywhere(qtbot, window, open_in, tmp_path):
    info = open_in(write_stack(tmp_path / "a.ome.tif"))
    assert dialogs(window) == []  # the file says what its planes are
    window.entries["reading"].trigger()
    (dialog,) = dialogs(window)
    assert dialog.axes == ""
    assert not dialog.remember_box.isChecked()
    dialog.voxel_edit.setText("0.5,0.25,0.2")
    dialog.accept_button.click()
    session = window.workbench.session
    qtbot.waitUntil(lambda: session.current.calibration.source == "typed", timeout=20_000)
    assert session.current.calibration == Calibration(0.5, 0.25, 0.2, source="typed")
    assert session.current.shape == info.shape
    page = window.show_page("restore")
    assert page.form.request(session.current).voxel_size == "0.5,0.25,0.2"


def test_what_is_shown_has_the_planes_that_were_said(qtbot, window, open_in, tmp_path):
    path = write_plain(tmp_path / "a.tif")
    open_in(path)
    (dialog,) = dialogs(window)
    dialog.kind_buttons["T"].setChecked(True)
    dialog.accept_button.click()
    session, planes = window.workbench.session, window.workbench.planes
    qtbot.waitUntil(lambda: session.current.axes == "T", timeout=20_000)
    info = session.current
    key = planes.open(info.path, info.scene, info.axes)
    source = planes._sources[key]
    region = Region.whole(info.shape).only(t=5)
    assert (source.read(region)[0, 0, 0] == tifffile.imread(path)[5]).all()
    planes.close(key)


@pytest.mark.parametrize(("given", "button"), [("T", "T"), ("ZC2", "several")])
def test_what_was_said_before_is_proposed(qtbot, window, open_in, tmp_path, given, button):
    info = open_in(write_plain(tmp_path / "a.tif"))
    dialogs(window)[0].reject()
    window.workbench.session.read_again(info, "", given)
    qtbot.waitUntil(lambda: window.workbench.session.current.axes == given, timeout=20_000)
    window.entries["reading"].trigger()
    (dialog,) = dialogs(window)
    assert dialog.kind_buttons[button].isChecked()
    assert dialog.axes == given
    dialog.kind_buttons[""].setChecked(True)
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: shapes(window) == [(1, 12, 1)], timeout=20_000)


def test_of_what_is_opened_for_comparing_it_is_told(qtbot, window, notices, tmp_path):
    paths = [str(write_plain(tmp_path / name)) for name in ("a.tif", "b.tif")]
    session = window.workbench.session
    session.compare_paths(paths, ("restored", "truth"))
    qtbot.waitUntil(lambda: len(session.comparison) == 2, timeout=20_000)
    assert dialogs(window) == []
    assert [name for name in ("a.tif", "b.tif") if any(name in n.sentence for n in notices)] == [
        "a.tif", "b.tif",
    ]  # fmt: skip
