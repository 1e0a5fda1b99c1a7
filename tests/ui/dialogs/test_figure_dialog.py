"""Save Figure proposes what is on screen, previews it, copies it, and writes it by the engine."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QGuiApplication
from shiboken6 import isValid

from gvtstudio.domain.figure import FigureColumn, FigureRequest
from gvtstudio.ui.actions.figures import save_figure
from gvtstudio.ui.dialogs.figure_dialog import FigureDialog
from tests.services.stacks import write_stack

PATIENCE_MS = 60_000


@pytest.fixture
def make_dialog(qtbot, workbench, tmp_path):
    dialogs = []

    def make(**options) -> FigureDialog:
        column = FigureColumn(path=str(write_stack(tmp_path / "a.tif")), title="Input")
        request = FigureRequest(columns=(column,), zoom=9.5, **options)
        dialogs.append(FigureDialog(request, workbench))
        with qtbot.waitSignal(dialogs[-1].preview_shown, timeout=PATIENCE_MS):
            dialogs[-1].show()
        return dialogs[-1]

    yield make
    for dialog in dialogs:
        if isValid(dialog):
            dialog.close()


def test_choices_become_the_request_and_a_new_preview(qtbot, make_dialog):
    dialog = make_dialog(part=((0, 5), (2, 20), (1, 30)))
    form = dialog.form
    before = form.request()
    assert before.part == ((0, 5), (2, 20), (1, 30))
    assert before.zoom == 9.5
    assert before.out == ""
    width = dialog._picture.width()
    with qtbot.waitSignal(dialog.preview_shown, timeout=PATIENCE_MS):
        form.planes_box.setCurrentIndex(1)
        form.part_box.setCurrentIndex(1)
        form.zoom_box.setCurrentIndex(1)
        form.scale_box.setCurrentText("3×")
        form.background_box.setCurrentText("Transparent")
        form.bar_box.setCurrentText("0.5")
        form.crosshair_box.setChecked(False)
        form.caption_edit.setPlainText("Mine")
    chosen = form.request()
    assert (chosen.only_xy, chosen.part, chosen.zoom, chosen.scale) == (True, None, 0.0, 3)
    assert (chosen.background, chosen.scale_bar) == ("transparent", "0.5")
    assert (chosen.has_crosshair, chosen.caption, chosen.has_caption) == (False, "Mine", True)
    assert dialog._picture.width() != width
    assert dialog._picture.pixelColor(0, 0).alpha() == 0
    assert dialog._size.text().startswith(f"{3 * dialog._picture.width()} × ")


def test_a_length_that_is_none_is_said_before_anything_is_drawn(make_dialog):
    dialog = make_dialog()
    dialog.form.bar_box.setCurrentText("long")
    assert "is no length of a scale bar" in dialog._problem.text()
    assert not dialog.save_button.isEnabled()
    assert not dialog.copy_button.isEnabled()
    dialog.form.bar_box.setCurrentText("none")
    assert dialog._problem.isHidden()
    assert dialog.save_button.isEnabled()


def test_a_refusal_of_the_engine_is_shown(qtbot, make_dialog):
    dialog = make_dialog()
    dialog.form.bar_box.setCurrentText("90")
    qtbot.waitUntil(lambda: "wider than the image" in dialog._problem.text(), timeout=PATIENCE_MS)


def test_the_clipboard_gets_the_figure_and_no_job_is_left(qtbot, make_dialog, workbench):
    dialog = make_dialog()
    dialog.form.scale_box.setCurrentText("2×")
    with qtbot.waitSignal(dialog.figure_copied, timeout=PATIENCE_MS):
        dialog.copy_button.click()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (
        2 * dialog._picture.width(),
        2 * dialog._picture.height(),
    )
    qtbot.waitUntil(lambda: not dialog._jobs and not dialog._timer.isActive(), timeout=PATIENCE_MS)
    assert workbench.queue.jobs == ()


def test_a_file_is_written_and_told(qtbot, make_dialog, workbench, notices, tmp_path):
    dialog = make_dialog()
    out = tmp_path / "figure"
    ends = [dialog.finished, workbench.queue.job_ended]
    with qtbot.waitSignals(ends, timeout=PATIENCE_MS):
        dialog.save(str(out))
    with Image.open(f"{out}.png") as image:
        assert np.asarray(image).shape[2] == 3
    assert any(f"{out}.png" in notice.remedy for notice in notices)


def test_the_window_begins_with_what_is_on_screen(qtbot, window, open_in, tmp_path):
    open_in(write_stack(tmp_path / "a.tif"))
    view = window.viewer()
    qtbot.waitUntil(lambda: view.is_settled, timeout=PATIENCE_MS)
    view.set_lut("magenta")
    save_figure(window)
    dialog = window.findChild(FigureDialog)
    request = dialog.form.request()
    assert [column.path for column in request.columns] == [str(tmp_path / "a.tif")]
    assert request.columns[0].lut == "magenta"
    at = view.position
    assert request.position == (at.t, at.z, at.c, at.y, at.x)
    with qtbot.waitSignal(dialog.preview_shown, timeout=PATIENCE_MS):
        pass
    assert dialog._picture.width() > 100
    dialog.close()
