"""Registering on the page Compare, with the real engine."""

import numpy as np
import pytest
import shiboken6
import tifffile

from gvtstudio.ui.dialogs.register_dialog import RegisterDialog
from tests.cli.test_register import FINE_UM, write
from tests.imaging.test_registration import imaged, known, scene


@pytest.fixture
def pair(tmp_path):
    """One field at two magnifications; the coarser is turned by 4°, darker, and in a file later."""
    high = scene(1)
    low = imaged(high, known(high, 2.0, 4.0, 3.0, -5.0), 2.0)
    return (
        write(tmp_path / "z low.ome.tif", low // 4, 2 * FINE_UM),
        write(tmp_path / "high.ome.tif", high, FINE_UM),
    )


@pytest.fixture
def dialog(qtbot, window, open_in, pair) -> RegisterDialog:
    for path in reversed(pair):
        open_in(path)
    window.entries["register"].trigger()
    (dialog,) = window.show_page("compare").findChildren(RegisterDialog)
    yield dialog
    if shiboken6.isValid(dialog):  # one that has saved has deleted itself
        dialog.close()


def wait_until_over(qtbot, dialog) -> None:
    qtbot.waitUntil(lambda: dialog._job is None, timeout=60_000)


def test_a_look_says_how_well_they_fit_and_writes_nothing(
    qtbot, window, dialog, pair, notices, tmp_path
):
    assert dialog.boxes["Low magnification"].dataset == (str(pair[0]), 0)
    assert dialog.boxes["High magnification"].dataset == (str(pair[1]), 0)
    assert dialog.magnification_edit.placeholderText() == "2, from the voxel sizes"
    assert not dialog.found.isVisible()
    before = sorted(tmp_path.iterdir())
    dialog.look_button.click()
    assert dialog._progress.isVisible()
    assert not dialog.save_button.isEnabled()
    wait_until_over(qtbot, dialog)
    said = {name: label.text() for name, label in dialog.found.values.items()}
    assert float(said["Turned by"].split("°")[0]) == pytest.approx(4, abs=0.1)
    assert said["Turned by"].endswith("° clockwise")
    assert float(said["Magnification"]) == pytest.approx(2, rel=0.01)
    assert said["Shifted by"] == "3 down and 5 to the left, in pixels of the coarser image"
    assert float(said["Still apart by"].split()[0]) < 0.6
    assert int(said["Features that agree"].split()[0]) > 50
    assert dialog.found.isVisible()
    assert "Nothing has been written" in dialog.verdict.text()
    assert sorted(tmp_path.iterdir()) == before
    assert notices == []
    assert window.workbench.queue.jobs == ()
    dialog.magnification_edit.setText("2")  # what was found is not true of another choice
    assert not dialog.found.isVisible()


def test_what_is_saved_is_opened_beside_the_frame(qtbot, window, dialog, pair, notices, tmp_path):
    out = tmp_path / "z low_registered.ome.tif"
    dialog.save(str(out))
    session = window.workbench.session
    qtbot.waitUntil(lambda: len(session.comparison) == 2, timeout=60_000)
    assert [column.info.path for column in session.comparison] == [str(out), str(pair[1])]
    assert str(out) in [info.path for info in session.stacks]
    qtbot.waitUntil(lambda: not shiboken6.isValid(dialog), timeout=5000)
    assert notices[-1].sentence.startswith("z low.ome.tif: registered by ")
    assert str(out) in notices[-1].remedy
    image, high = tifffile.imread(out), tifffile.imread(pair[1])
    seen = image > 0
    assert np.corrcoef(image[seen], high[seen].astype(float))[0, 1] > 0.85
    # each with limits of its own: the coarser image is four times darker
    assert not window.entries["link_contrast"].isChecked()
    jobs = window.show_page("jobs")
    session.compare(())
    qtbot.waitUntil(lambda: jobs._buttons["Open in Compare"].isEnabled(), timeout=5000)
    assert "in the frame of" in jobs._request.text()
    jobs._buttons["Open in Compare"].click()
    assert [column.info.path for column in session.comparison] == [str(out), str(pair[1])]


def test_a_name_that_is_free_is_proposed_beside_the_stack(qtbot, dialog, pair, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "gvtstudio.ui.dialogs.register_dialog.ask_save_file",
        lambda _parent, _title, proposed, *_: asked.append(proposed),
    )
    dialog.save_button.click()
    assert asked == [pair[0].parent / "z low_registered.ome.tif"]
    asked[0].touch()
    dialog.save_button.click()
    assert asked[1] == pair[0].parent / "z low_registered_2.ome.tif"


def test_a_failure_is_told_in_the_dialog_with_what_to_do(qtbot, window, dialog, pair, notices):
    dialog.swap_button.click()
    dialog.look_button.click()
    wait_until_over(qtbot, dialog)
    assert dialog.problem.isVisible()
    assert "z low.ome.tif" not in dialog.verdict.text()
    assert "Swap the two" in dialog.problem.text()
    assert notices == []
    before = pair[1].read_bytes()
    dialog.swap_button.click()
    assert not dialog.problem.isVisible()
    dialog.save(str(pair[1]))  # onto one of the two
    wait_until_over(qtbot, dialog)
    assert "is one of the two stacks" in dialog.problem.text()
    assert pair[1].read_bytes() == before


def test_a_file_that_is_not_open_is_found_and_opened(qtbot, window, dialog, tmp_path):
    other = write(tmp_path / "closed.ome.tif", scene(1))
    dialog.boxes["High magnification"].take_files([str(other)])
    assert dialog.magnification_edit.placeholderText() == "Found by the registration"
    out = tmp_path / "over.ome.tif"
    dialog.save(str(out))
    session = window.workbench.session
    qtbot.waitUntil(lambda: len(session.comparison) == 2, timeout=60_000)
    assert [column.info.path for column in session.comparison] == [str(out), str(other)]


def test_closing_the_dialog_ends_a_look(qtbot, window, dialog):
    dialog.look_button.click()
    assert len(window.workbench.queue.jobs) == 1
    dialog.reject()
    qtbot.waitUntil(lambda: window.workbench.queue.jobs == (), timeout=20_000)


def test_what_is_being_saved_goes_on_without_the_dialog(qtbot, window, dialog, tmp_path):
    out = tmp_path / "later.ome.tif"
    dialog.save(str(out))
    dialog.reject()
    session = window.workbench.session
    qtbot.waitUntil(lambda: len(session.comparison) == 2, timeout=60_000)
    assert session.comparison[0].info.path == str(out)


def test_a_job_is_cancelled_from_the_dialog(qtbot, window, dialog, tmp_path):
    dialog.save(str(tmp_path / "never.ome.tif"))
    dialog.cancel_button.click()
    wait_until_over(qtbot, dialog)
    assert dialog.isVisible()
    assert dialog.save_button.isEnabled()
    assert not (tmp_path / "never.ome.tif").exists()
