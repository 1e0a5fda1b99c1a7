"""Measuring on the page Compare, with the real engine."""

import csv

import numpy as np
import pytest
import tifffile
from PySide6.QtGui import QGuiApplication

from gvtstudio.ui.dialogs.evaluate_dialog import EvaluateDialog
from gvtstudio.ui.dialogs.evaluation_dialog import EvaluationDialog


@pytest.fixture
def page(qtbot, window, tmp_path):
    """A restored stack and its truth side by side."""
    rng = np.random.default_rng(0)
    truth = rng.gamma(2, 200, (8, 32, 32))
    paths = [tmp_path / name for name in ("restored.tif", "truth.tif")]
    for path, volume in zip(paths, (truth + rng.normal(0, 20, truth.shape), truth), strict=True):
        tifffile.imwrite(path, volume.astype(np.float32), imagej=True, metadata={"axes": "ZYX"})
    session = window.workbench.session
    session.compare_paths([str(path) for path in paths], ("restored", "truth"))
    qtbot.waitUntil(lambda: len(session.comparison) == 2, timeout=20_000)
    return window.show_page("compare")


@pytest.fixture
def table(qtbot, window, page) -> EvaluationDialog:
    """What has been measured."""
    window.entries["measure"].trigger()
    (dialog,) = page.findChildren(EvaluateDialog)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: bool(page.findChildren(EvaluationDialog)), timeout=60_000)
    (table,) = page.findChildren(EvaluationDialog)
    yield table
    table.close()


def test_numbers_are_shown_with_their_normalisation(table):
    headings = [table.table.horizontalHeaderItem(i).text() for i in range(6)]
    assert headings == ["Time", "Channel", "PSNR (dB)", "SSIM", "NRMSE", "Pearson r"]
    assert float(table.table.item(0, 5).text()) > 0.99
    assert "gain and offset fitted (care)" in table.words.text()


def test_the_table_is_copied_and_saved(table, tmp_path):
    table.copy_button.click()
    head, row = QGuiApplication.clipboard().text().splitlines()
    assert head.split("\t")[-1] == "normalisation"
    assert row.split("\t")[-1] == "care"
    table.save(str(tmp_path / "scores.csv"))
    with (tmp_path / "scores.csv").open(newline="", encoding="utf-8") as file:
        (saved,) = csv.DictReader(file)
    assert saved["restored"] == str(tmp_path / "restored.tif")
    assert float(saved["psnr_db"]) > 20
    assert "saved as" in table.words.text()
    table.save(str(tmp_path / "scores.csv" / "inside a file.csv"))
    assert "inside a file.csv" in table.words.text()
    assert "saved as" not in table.words.text()


def test_the_table_stays_on_the_page_jobs(qtbot, window, table):
    jobs = window.show_page("jobs")
    qtbot.waitUntil(lambda: jobs._buttons["Show table"].isEnabled(), timeout=5000)
    assert "restored.tif against" in jobs._request.text().replace("\\", "/")
    jobs._buttons["Show table"].click()
    (again,) = jobs.findChildren(EvaluationDialog)
    assert again.table.item(0, 5).text() == table.table.item(0, 5).text()
    again.close()


def test_with_nothing_to_measure_against_the_page_says_so(window, notices):
    window.entries["measure"].trigger()
    assert "nothing to measure against" in notices[-1].sentence


def test_the_scene_that_is_open_is_measured(qtbot, window, tmp_path):
    rng = np.random.default_rng(1)
    truth = rng.gamma(2, 200, (8, 32, 32)).astype(np.float32)
    path = tmp_path / "two scenes.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        for volume in (rng.gamma(2, 200, truth.shape).astype(np.float32), 2 * truth + 5):
            file.write(volume, metadata={"axes": "ZYX"})
    tifffile.imwrite(tmp_path / "truth.tif", truth, imagej=True, metadata={"axes": "ZYX"})
    session = window.workbench.session
    session.open_datasets([(str(path), 0), (str(path), 1), (str(tmp_path / "truth.tif"), 0)])
    qtbot.waitUntil(lambda: len(session.stacks) == 3, timeout=20_000)
    page = window.show_page("compare")
    page.measure()
    (dialog,) = page.findChildren(EvaluateDialog)
    dialog.restored_box.choose((str(path), 1))
    dialog.truth_box.choose((str(tmp_path / "truth.tif"), 0))
    dialog.start_button.click()
    qtbot.waitUntil(lambda: bool(page.findChildren(EvaluationDialog)), timeout=60_000)
    (table,) = page.findChildren(EvaluationDialog)
    # the first scene is noise; the second is the truth with another gain
    assert float(table.table.item(0, 5).text()) == pytest.approx(1)
    assert "scene 2" in window.workbench.queue.jobs[-1].title
    table.close()
