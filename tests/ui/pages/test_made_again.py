"""What a result tells of itself: made again, and written about, in the window."""

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from gvtstudio.domain.job import RestoreRequest
from gvtstudio.ui.dialogs.methods_dialog import MethodsDialog
from gvtstudio.ui.dialogs.rerun_dialog import RerunDialog
from tests.services.stacks import write_stack


@pytest.fixture
def result(qtbot, window, tmp_path, tiny_model) -> Path:
    """A stack that was restored in the window."""
    queue, session = window.workbench.queue, window.workbench.session
    stack = write_stack(tmp_path / "in" / "a.ome.tif")
    request = RestoreRequest(
        input=str(stack), model="tiny", output_dir=str(tmp_path / "out"), device="cpu"
    )
    job = queue.submit(request, "Restoring a")
    qtbot.waitUntil(lambda: queue.job(job.id).is_over, timeout=60_000)
    qtbot.waitUntil(lambda: bool(session.results), timeout=20_000)
    return Path(session.results[0].info.path)


def test_a_result_is_made_again(qtbot, window, result, notices):
    window.entries["rerun"].trigger()
    (dialog,) = window.findChildren(RerunDialog)
    assert dialog.result_box.dataset == (str(result), 0)
    dialog.keep_box.setChecked(True)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: any("made again" in n.sentence for n in notices), timeout=60_000)
    (told,) = [n for n in notices if "made again" in n.sentence]
    assert "is the same: all" in told.sentence
    assert str(result.parent / "made-again" / result.name) in told.remedy
    assert (result.parent / "made-again" / result.name).is_file()
    assert len(window.workbench.session.results) == 1


def test_an_input_that_was_moved_is_named(qtbot, window, result, notices, tmp_path):
    (tmp_path / "in" / "a.ome.tif").rename(tmp_path / "b.tif")
    for given in ("", str(tmp_path / "b.tif")):
        window.entries["rerun"].trigger()
        dialog = window.findChildren(RerunDialog)[-1]
        if given:
            dialog.input_box.take_files([given])
        count = len(notices)
        dialog.start_button.click()
        qtbot.waitUntil(lambda count=count: len(notices) > count, timeout=60_000)
        if not given:
            assert "a.ome.tif, from which" in notices[-1].sentence
            assert "Choose…" in notices[-1].remedy
    assert "is the same" in notices[-1].sentence


def test_without_a_result_one_can_be_chosen(window):
    window.entries["rerun"].trigger()
    (dialog,) = window.findChildren(RerunDialog)
    assert not dialog.start_button.isEnabled()
    dialog.result_box.take_files(["/data/r.tif"])
    assert dialog.start_button.isEnabled()
    dialog.reject()


def test_the_methods_text_is_shown_and_copied(qtbot, window, result, tmp_path):
    window.entries["methods"].trigger()
    (dialog,) = window.findChildren(MethodsDialog)
    text = dialog.texts["Methods"]
    qtbot.waitUntil(lambda: bool(text.toPlainText()), timeout=20_000)
    assert text.toPlainText().startswith("One stack was denoised with GVT Studio")
    assert "model tiny" in text.toPlainText()
    dialog.copy_buttons["BibTeX"].click()
    assert QGuiApplication.clipboard().text().startswith("@article{wang2021gvtnet,")
    dialog.show_files([str(tmp_path / "in" / "a.ome.tif")])
    qtbot.waitUntil(dialog.problem.isVisible, timeout=20_000)
    assert "a.ome.tif" in dialog.problem.text()
    dialog.close()


def test_without_a_result_the_dialog_says_what_to_do(window):
    window.entries["methods"].trigger()
    (dialog,) = window.findChildren(MethodsDialog)
    assert "Choose files" in dialog.problem.text()
    dialog.close()
