"""A training on the page Jobs, with the real engine."""

import pytest
from PySide6.QtGui import QImage

from gvtstudio.domain.job import TrainRequest
from gvtstudio.ui.dialogs.crop_dialog import CropDialog
from gvtstudio.ui.dialogs.table_dialog import TableDialog


@pytest.fixture
def page(window):
    return window.show_page("jobs")


@pytest.fixture
def training(qtbot, window, page, tmp_path):
    """A training that would take all day, after its first validation."""
    request = TrainRequest(
        task="denoising",
        architecture="care_2d",
        recipe="fluorescence-cells",
        parameters={
            "steps": 1_000_000, "validation_every": 2, "simulated_stacks": 2, "patch_yx": 16,
            "batch_size": 1,
        },
        architecture_parameters={"base_channels": 2},
        out=str(tmp_path / "mine.gvtmodel"),
        device="cpu",
        precision="float32",
    )  # fmt: skip
    queue = window.workbench.queue
    job = queue.submit(request, "Training mine")
    qtbot.waitUntil(lambda: has_validated(queue.job(job.id)), timeout=60_000)
    return queue.job(job.id)


def has_validated(job) -> bool:
    return job.score is not None and job.score.step > 0


def wait(qtbot, window, training, state: str) -> None:
    queue = window.workbench.queue
    qtbot.waitUntil(lambda: queue.job(training.id).is_over, timeout=60_000)
    assert queue.job(training.id).state == state, queue.job(training.id).ending


def test_a_training_is_stopped_continued_and_ended_with_its_best(
    qtbot, window, page, training, tmp_path
):
    button = page._buttons
    qtbot.waitUntil(lambda: button["Stop and keep best"].isEnabled(), timeout=5000)
    assert not button["Continue"].isVisible()
    assert "validation PSNR" in page._request.text()
    button["Cancel"].click()
    wait(qtbot, window, training, "stopped")
    qtbot.waitUntil(lambda: button["Continue"].isEnabled(), timeout=5000)
    assert not button["Stop and keep best"].isVisible()
    step = window.workbench.queue.job(training.id).score.step
    button["Continue"].click()
    qtbot.waitUntil(lambda: button["Stop and keep best"].isEnabled(), timeout=60_000)
    assert window.workbench.queue.job(training.id).score.step > step
    window.entries["keep_best"].trigger()
    wait(qtbot, window, training, "finished")
    assert (tmp_path / "mine.gvtmodel").is_file()
    qtbot.waitUntil(lambda: button["Continue"].isVisible(), timeout=5000)


def test_the_card_of_the_new_model_is_shown(qtbot, window, page, training):
    window.workbench.queue.keep_best(training.id)
    wait(qtbot, window, training, "finished")
    qtbot.waitUntil(lambda: page._buttons["Show card"].isEnabled(), timeout=5000)
    page._buttons["Show card"].click()
    (dialog,) = page.findChildren(TableDialog)
    assert dialog.windowTitle() == "mine"
    dialog.close()


def test_one_can_see_it_learn(qtbot, window, page, training):
    qtbot.waitUntil(lambda: page._buttons["See it learn"].isEnabled(), timeout=5000)
    page._buttons["See it learn"].click()
    (dialog,) = page.findChildren(CropDialog)
    qtbot.waitUntil(lambda: list(dialog.images) == ["input", "now", "target"], timeout=15_000)
    before = drawn(dialog, "now")
    assert before.width() > 100
    qtbot.waitUntil(lambda: drawn(dialog, "now") != before, timeout=60_000)
    assert "validation PSNR" in dialog.words.text()
    target = drawn(dialog, "target")
    window.workbench.queue.cancel(training.id)
    wait(qtbot, window, training, "stopped")
    assert drawn(dialog, "target") == target
    dialog.close()


def drawn(dialog: CropDialog, name: str) -> QImage:
    return dialog.images[name].pixmap().toImage()


def test_nothing_to_keep_is_said(window, page, notices):
    window.entries["keep_best"].trigger()
    assert notices[-1].sentence == "No training has anything to keep yet."
