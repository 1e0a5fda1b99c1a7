from pathlib import Path

import pytest

from gvtstudio.domain.job import RestoreRequest, SweepRequest
from gvtstudio.domain.messages import Log, Progress
from gvtstudio.services.job_runner import JobNews
from gvtstudio.ui.dialogs.context_plot_dialog import ContextPlotDialog
from tests.services.stacks import write_stack


@pytest.fixture
def page(window):
    return window.show_page("jobs")


def queue_restoration(window, tmp_path, model: str = "tiny"):
    path = write_stack(tmp_path / "a.tif")
    request = RestoreRequest(input=str(path), model=model, output_dir=str(tmp_path / "out"))
    return window.workbench.queue.submit(request, "Restoring a.tif")


def row(page) -> list[str]:
    return [page.table.item(0, column).text() for column in range(page.table.columnCount())]


def wait_until_over(qtbot, window) -> None:
    queue = window.workbench.queue
    qtbot.waitUntil(lambda: all(job.is_over for job in queue.jobs), timeout=60_000)


def test_failed_job_says_why_and_can_be_retried(qtbot, window, page, notices, tmp_path):
    queue_restoration(window, tmp_path, model="no such model")
    wait_until_over(qtbot, window)
    qtbot.waitUntil(lambda: row(page)[1] == "failed")
    assert "no such model" in row(page)[4]
    assert notices[-1].level == "error"
    assert "no such model" in notices[-1].sentence
    page._buttons["Retry"].click()
    qtbot.waitUntil(lambda: page.table.rowCount() == 2)
    wait_until_over(qtbot, window)


def test_finished_job_opens_its_result(qtbot, window, page, tiny_model, tmp_path):
    queue_restoration(window, tmp_path)
    wait_until_over(qtbot, window)
    window.show_page("jobs")
    qtbot.waitUntil(lambda: row(page)[1] == "done")
    assert "a_denoised_tiny.ome.tif" in row(page)[4]
    assert row(page)[3].startswith("took")
    page._buttons["Open in Compare"].click()
    assert window.show_page("compare").viewer() is not None


def test_running_job_is_cancelled_and_removed(qtbot, window, page, tiny_model, tmp_path):
    queue_restoration(window, tmp_path)
    qtbot.waitUntil(lambda: page.table.rowCount() == 1)
    page._buttons["Cancel"].click()
    wait_until_over(qtbot, window)
    qtbot.waitUntil(lambda: row(page)[1] == "stopped")
    page._buttons["Remove"].click()
    qtbot.waitUntil(lambda: window.workbench.queue.jobs == ())
    assert not (tmp_path / "out").exists()


def test_details_are_folded_away(qtbot, window, page, tiny_model, tmp_path):
    job = queue_restoration(window, tmp_path)
    qtbot.waitUntil(lambda: page.table.rowCount() == 1)
    for line in (Log("A library speaks.", "detail"), Log("Read.", "info")):
        window.workbench.queue._on_log(JobNews(job.id, line))
    assert "Read." in page.log.toPlainText()
    assert "A library speaks." not in page.log.toPlainText()
    page.details_box.setChecked(True)
    assert "A library speaks." in page.log.toPlainText()
    window.workbench.queue._on_progress(
        JobNews(job.id, Progress("Restoring", 1, 4, "voxels", 95.0))
    )
    qtbot.waitUntil(lambda: row(page)[3] == "1 min 35 s left")
    assert "1 min 35 s left" in window.job_status._label.text()


def test_inspections_are_not_listed(qtbot, window, page, open_in, tmp_path):
    open_in(write_stack(tmp_path / "a.tif"))
    assert window.show_page("jobs").table.rowCount() == 0


def test_contexts_of_a_model_are_measured_and_plotted(qtbot, window, page, tiny_model, tmp_path):
    noisy, good = (write_stack(tmp_path / f"{i}.tif", (8, 24, 32), seed=i) for i in range(2))
    request = SweepRequest(
        input=str(noisy), target=str(good), model="tiny", contexts=("4,8,8", "4,16,16")
    )
    window.workbench.queue.submit(request, "Measuring contexts of 0.tif")
    qtbot.waitUntil(lambda: page.table.rowCount() == 1)
    assert not page._buttons["Show plot"].isEnabled()
    wait_until_over(qtbot, window)
    qtbot.waitUntil(lambda: row(page)[1] == "done")
    assert row(page)[4] == "3 contexts"
    page._buttons["Show plot"].click()
    (dialog,) = page.findChildren(ContextPlotDialog)
    lines = dialog.table().splitlines()
    assert [line.split("\t")[0] for line in lines[1:]] == ["input", "4,8,8", "4,16,16", "whole"]
    dialog.close()


def test_a_model_without_context_is_refused_in_words(qtbot, window, page, notices, tmp_path):
    noisy, good = (write_stack(tmp_path / f"{i}.tif", (8, 24, 32), seed=i) for i in range(2))
    request = SweepRequest(input=str(noisy), target=str(good), model="no such model")
    window.workbench.queue.submit(request, "Measuring contexts of 0.tif")
    wait_until_over(qtbot, window)
    qtbot.waitUntil(lambda: row(page)[1] == "failed")
    assert "no such model" in row(page)[4]
    assert not page._buttons["Show plot"].isEnabled()


def test_the_real_engine_goes_on_where_it_was_stopped(qtbot, window, page, tiny_model, tmp_path):
    path = write_stack(tmp_path / "a.tif", (16, 96, 96))
    request = RestoreRequest(
        input=str(path), model="tiny", output_dir=str(tmp_path / "out"), device="cpu", tile="4,8,8"
    )
    queue = window.workbench.queue
    job = queue.submit(request, "Restoring a.tif")

    def is_half_done() -> bool:
        told = queue.job(job.id).progress
        return told is not None and told.stage == "Restoring" and told.done > told.total / 2

    qtbot.waitUntil(is_half_done, timeout=60_000)
    queue.cancel(job.id)
    wait_until_over(qtbot, window)
    assert queue.job(job.id).state == "stopped"
    qtbot.waitUntil(lambda: page._buttons["Continue"].isEnabled())
    done = queue.job(job.id).progress.done
    told = []
    queue.jobs_changed.connect(lambda jobs: told.append(jobs[0].progress))
    page._buttons["Continue"].click()
    wait_until_over(qtbot, window)
    assert queue.job(job.id).state == "finished"
    first = next(each for each in told if each and each.stage == "Restoring")
    assert first.done > done / 2
    assert (tmp_path / "out" / "a_denoised_tiny.ome.tif").is_file()
    assert not list(Path(job.folder).glob("*.gvtscratch"))
