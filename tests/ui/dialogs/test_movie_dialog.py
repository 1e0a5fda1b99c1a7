"""Save Movie begins with what is on screen, and the engine writes the file."""

import av
import numpy as np
import pytest
import tifffile
from shiboken6 import isValid

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.figure import FigureColumn, FigureRequest
from gvtstudio.domain.stack import StackInfo
from gvtstudio.ui.actions.figures import save_movie
from gvtstudio.ui.dialogs.movie_dialog import MovieDialog
from tests.services.stacks import write_stack

PATIENCE_MS = 60_000


@pytest.fixture
def make_dialog(qtbot, workbench, tmp_path):
    dialogs = []

    def make(shape=(3, 5, 1, 24, 32), **options) -> MovieDialog:
        path = str(write_stack(tmp_path / "a.tif"))
        info = StackInfo(path, shape, "uint16", default_channels(1), Calibration())
        column = FigureColumn(path=path, title="Input", limits=(10, 80), lut="fire")
        request = FigureRequest(columns=(column,), zoom=3.3, **options)
        dialogs.append(MovieDialog(request, info, workbench))
        dialogs[-1].show()
        return dialogs[-1]

    yield make
    for dialog in dialogs:
        if isValid(dialog):
            dialog.close()


def test_what_is_on_screen_is_proposed(make_dialog, tmp_path):
    part = ((0, 5), (2, 20), (1, 30))
    asked = make_dialog(part=part, position=(0, 2, 0, 11, 15)).request(tmp_path / "m.gif")
    assert (asked.axis, asked.first, asked.last, asked.fps) == ("z", 1, 5, 10)
    assert asked.figure.part == part
    assert asked.figure.position == (0, 2, 0, 11, 15)
    assert (asked.figure.columns[0].limits, asked.figure.columns[0].lut) == ((10, 80), "fire")
    assert asked.figure.only_xy
    assert not asked.figure.has_caption
    assert not asked.figure.has_crosshair
    assert not asked.overwrite


def test_choices_become_the_request(make_dialog, tmp_path):
    dialog = make_dialog()
    way = dialog.way
    way.axis_box.setCurrentIndex(1)
    assert way.last_box.value() == 3
    way.first_box.setValue(2)
    way.fps_box.setValue(2.5)
    way.back_box.setChecked(True)
    way.text_box.setChecked(False)
    way.limits_box.setCurrentIndex(1)
    dialog.frame.planes_box.setCurrentIndex(0)
    dialog.frame.crosshair_box.setChecked(True)
    dialog.frame.background_box.setCurrentText("White")
    assert dialog._length.text() == "2 frames, 0.8 s"
    asked = dialog.request(tmp_path / "m.mp4", overwrite=True)
    assert (asked.axis, asked.first, asked.last, asked.fps) == ("t", 2, 3, 2.5)
    assert asked.forth_and_back
    assert not asked.has_text
    assert asked.figure.columns[0].limits is None
    assert not asked.figure.only_xy
    assert asked.figure.has_crosshair
    assert asked.figure.background == "white"
    assert asked.overwrite


@pytest.mark.parametrize(("shape", "axes"), [((1, 5, 1, 9, 9), ["z"]), ((4, 1, 2, 9, 9), ["t"])])
def test_only_ways_that_there_are_can_be_chosen(make_dialog, shape, axes):
    box = make_dialog(shape).way.axis_box
    assert [box.itemData(index)[0] for index in range(box.count())] == axes


def test_no_movie_has_a_transparent_page_or_a_caption(make_dialog):
    frame = make_dialog().frame
    assert frame.background_box.findData("transparent") == -1
    assert frame.caption_edit.isHidden()


def test_a_range_that_is_none_cannot_be_saved(make_dialog):
    dialog = make_dialog()
    dialog.way.first_box.setValue(5)
    assert not dialog.save_button.isEnabled()
    assert "after the first" in dialog._problem.text()
    dialog.way.first_box.setValue(4)
    assert dialog.save_button.isEnabled()
    assert dialog._length.text() == "2 frames, 0.2 s"


def test_a_file_is_written_and_told(qtbot, make_dialog, workbench, notices, tmp_path):
    dialog = make_dialog((1, 5, 1, 24, 32))
    with qtbot.waitSignal(workbench.queue.job_ended, timeout=PATIENCE_MS):
        dialog.save(str(tmp_path / "sweep"))
    with av.open(str(tmp_path / "sweep.mp4")) as container:
        assert container.streams.video[0].frames == 5
    assert any("sweep.mp4" in notice.remedy for notice in notices)


def test_the_window_begins_with_what_is_on_screen(qtbot, window, open_in, tmp_path):
    open_in(write_stack(tmp_path / "a.tif"))
    view = window.viewer()
    qtbot.waitUntil(lambda: view.is_settled, timeout=PATIENCE_MS)
    view.set_lut("magenta")
    save_movie(window)
    dialog = window.findChild(MovieDialog)
    asked = dialog.request(tmp_path / "m.mp4")
    assert [column.path for column in asked.figure.columns] == [str(tmp_path / "a.tif")]
    assert asked.figure.columns[0].lut == "magenta"
    assert asked.last == 5
    dialog.close()


def test_a_single_slice_is_refused_in_words(qtbot, window, open_in, notices, tmp_path):
    path = tmp_path / "one.tif"
    tifffile.imwrite(path, np.zeros((20, 30), np.uint8))
    open_in(path)
    qtbot.waitUntil(lambda: window.viewer() is not None, timeout=PATIENCE_MS)
    save_movie(window)
    assert window.findChild(MovieDialog) is None
    assert any("nothing to go through" in notice.sentence for notice in notices)
