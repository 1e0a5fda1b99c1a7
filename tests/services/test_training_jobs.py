"""A training ends with its best, or goes on from its checkpoint, in this window or the next."""

from pathlib import Path

import pytest

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished, encode_message
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.workbench import Workbench


@pytest.fixture
def make_queue(qtbot, tmp_path, engine_command):
    queues = []

    def make() -> JobQueue:
        queues.append(JobQueue(tmp_path / "jobs", Notifications(), engine_command))
        return queues[-1]

    yield make
    for queue in queues:
        queue.shut_down()
        queue.deleteLater()


def training(recipe: str = "train") -> TrainRequest:
    return TrainRequest(task="denoising", recipe=recipe, out="somewhere/mine.gvtmodel")


def start(qtbot, queue: JobQueue):
    job = queue.submit(training(), "Training mine")
    qtbot.waitUntil(lambda: queue.job(job.id).score is not None, timeout=15_000)
    return queue.job(job.id)


def wait(qtbot, queue: JobQueue, job_id: str):
    qtbot.waitUntil(lambda: queue.job(job_id).is_over, timeout=15_000)
    return queue.job(job_id)


def test_a_training_ends_with_the_best_and_leaves_no_checkpoint(qtbot, make_queue):
    queue = make_queue()
    job = start(qtbot, queue)
    assert job.can_keep_best
    queue.keep_best(job.id)
    assert queue.job(job.id).is_finishing
    assert not queue.job(job.id).can_keep_best
    over = wait(qtbot, queue, job.id)
    assert isinstance(over.ending, Finished)
    assert not over.can_continue
    assert not JobFolder(Path(job.folder)).checkpoint_dir.exists()


def test_nothing_is_kept_before_the_first_validation_nor_of_other_jobs(qtbot, make_queue):
    queue = make_queue()
    job = queue.submit(training("wait"), "Training mine")
    assert not job.can_keep_best
    queue.keep_best(job.id)
    assert not queue.job(job.id).is_finishing
    queue.keep_best("no such job")


def test_validations_stand_in_the_log_in_words(qtbot, make_queue):
    queue = make_queue()
    job = start(qtbot, queue)
    assert [line.text for line in queue.log(job.id)] == [
        "Step 20: validation PSNR 24.50 dB; the best so far."
    ]


def test_a_stopped_training_goes_on_from_its_checkpoint(qtbot, make_queue):
    queue = make_queue()
    job = start(qtbot, queue)
    queue.cancel(job.id)
    assert wait(qtbot, queue, job.id).can_continue
    again = queue.resume(job.id)
    assert (again.id, again.folder) == (job.id, job.folder)
    assert again.request.resume
    assert wait(qtbot, queue, job.id).state == "finished"


def test_a_retried_training_begins_anew(qtbot, make_queue):
    queue = make_queue()
    job = start(qtbot, queue)
    queue.cancel(job.id)
    wait(qtbot, queue, job.id)
    queue.resume(job.id)
    wait(qtbot, queue, job.id)
    again = queue.retry(job.id)
    assert again.id != job.id
    assert not again.request.resume
    queue.cancel(again.id)


def test_removing_a_stopped_training_removes_its_checkpoint(qtbot, make_queue):
    queue = make_queue()
    job = start(qtbot, queue)
    queue.cancel(job.id)
    wait(qtbot, queue, job.id)
    assert JobFolder(Path(job.folder)).checkpoint_dir.exists()
    queue.remove(job.id)
    assert not JobFolder(Path(job.folder)).checkpoint_dir.exists()


def test_the_next_window_lists_a_training_that_was_stopped(qtbot, make_queue):
    first = make_queue()
    job = start(qtbot, first)
    first.shut_down()
    # the real engine keeps what it says, see tests/engine
    JobFolder(Path(job.folder)).log_path.write_bytes(encode_message(job.score))
    later = make_queue()
    later.find_interrupted()
    qtbot.waitUntil(lambda: bool(later.jobs), timeout=5000)
    (found,) = later.jobs
    assert (found.id, found.title) == (job.id, "Training mine")
    assert found.can_continue
    assert found.score.step == 20
    assert "24.50 dB" in later.log(found.id)[0].text
    later.resume(found.id)
    assert wait(qtbot, later, found.id).state == "finished"


def test_the_verdict_is_told_and_stays(qtbot, engine_command):
    bench = Workbench(engine_command)
    heard = []
    bench.notifications.noticed.connect(heard.append)
    job = start(qtbot, bench.queue)
    bench.queue.keep_best(job.id)
    wait(qtbot, bench.queue, job.id)
    (notice,) = heard
    assert notice.sentence == "Training mine: done. It is better than the filter."
    assert notice.stays
    assert "saved as" in notice.remedy
    bench.shut_down()
    bench.deleteLater()
