import time
from pathlib import Path

import pytest

from gvtstudio.domain.job import InspectRequest, RestoreRequest, SimulateRequest
from gvtstudio.domain.region import Region
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notifications


@pytest.fixture
def queue(qtbot, tmp_path, engine_command):
    queue = JobQueue(tmp_path / "jobs", Notifications(), engine_command)
    yield queue
    queue.shut_down()
    queue.deleteLater()


def restoration(behaviour: str, **fields) -> RestoreRequest:
    return RestoreRequest(input="a.tif", model=behaviour, output_dir="out", **fields)


def states(queue: JobQueue) -> list[str]:
    return [job.state for job in queue.jobs]


def wait_until_over(qtbot, queue: JobQueue) -> None:
    qtbot.waitUntil(lambda: all(job.is_over for job in queue.jobs), timeout=15_000)


def test_heavy_jobs_run_one_after_the_other(qtbot, queue):
    first = queue.submit(restoration("wait"), "First")
    queue.submit(restoration("finish"), "Second")
    assert states(queue) == ["running", "waiting"]
    queue.cancel(first.id)
    wait_until_over(qtbot, queue)
    assert states(queue) == ["stopped", "finished"]


def test_closing_takes_seconds_however_many_jobs_ignore_it(qtbot, queue):
    for _ in range(3):
        queue.submit(SimulateRequest(recipe="stubborn", output_dir="out"), "Stubborn")
    heavy = queue.submit(restoration("stubborn"), "Stubborn")
    qtbot.waitUntil(lambda: all(job.progress for job in queue.jobs), timeout=20_000)
    ended = []
    queue.job_ended.connect(lambda job: ended.append(job.state))
    started = time.monotonic()
    queue.shut_down()
    assert time.monotonic() - started < 3
    assert ended == ["stopped"] * 4
    assert (Path(heavy.folder) / "result.json").is_file()


def test_preview_and_inspection_run_beside_a_heavy_job(qtbot, queue):
    queue.submit(restoration("wait"), "Heavy")
    region = Region.whole((1, 2, 1, 8, 8))
    queue.submit(restoration("finish", region=region), "Preview")
    queue.submit(InspectRequest(paths=("a.tif",)), "Opening")
    assert states(queue) == ["running", "running", "running"]
    qtbot.waitUntil(lambda: states(queue)[1:] == ["finished", "finished"], timeout=15_000)
    assert [job.title for job in queue.unfinished] == ["Heavy"]


def test_waiting_job_can_be_cancelled(qtbot, queue):
    first = queue.submit(restoration("wait"), "First")
    second = queue.submit(restoration("finish"), "Second")
    queue.cancel(second.id)
    assert queue.job(second.id).state == "stopped"
    assert queue.job(first.id).state == "running"


def test_cancel_all_starts_nothing_more(qtbot, queue):
    for title in ("First", "Second", "Third"):
        queue.submit(restoration("wait"), title)
    queue.cancel_all()
    wait_until_over(qtbot, queue)
    assert states(queue) == ["stopped"] * 3


def test_retry_asks_the_same_again(qtbot, queue):
    job = queue.submit(restoration("fail"), "Once")
    wait_until_over(qtbot, queue)
    again = queue.retry(job.id)
    wait_until_over(qtbot, queue)
    assert again.id != job.id
    assert again.request == job.request
    assert states(queue) == ["failed", "failed"]


def test_empty_output_folder_means_the_job_folder_also_when_retried(qtbot, queue):
    job = queue.submit(SimulateRequest(recipe="finish", output_dir=""), "Simulating")
    assert job.request.output_dir == job.folder
    wait_until_over(qtbot, queue)
    again = queue.retry(job.id)
    assert again.request.output_dir == again.folder


def test_change_signal_carries_a_snapshot_with_progress(qtbot, queue):
    def has_progress(jobs) -> bool:
        return jobs[0].progress is not None

    changed = queue.jobs_changed
    with qtbot.waitSignal(changed, timeout=10_000, check_params_cb=has_progress) as heard:
        queue.submit(restoration("wait"), "Slow")
    snapshot = heard.args[0]
    queue.cancel_all()
    wait_until_over(qtbot, queue)
    assert snapshot[0].state == "running"
    assert snapshot[0].progress.seconds_left == 90.0


def test_removing_keeps_the_folder_of_a_result_and_deletes_that_of_an_inspection(qtbot, queue):
    kept = queue.submit(restoration("finish"), "Restoring")
    passing = queue.submit(InspectRequest(paths=("a.tif",)), "Opening")
    wait_until_over(qtbot, queue)
    queue.remove(kept.id)
    queue.remove(passing.id)
    assert queue.jobs == ()
    assert Path(kept.folder, "request.json").exists()
    assert not Path(passing.folder).exists()


def test_running_job_cannot_be_removed(qtbot, queue):
    job = queue.submit(restoration("wait"), "Slow")
    queue.remove(job.id)
    queue.remove_finished()
    assert queue.job(job.id) is not None


def test_unwritable_jobs_folder_gives_a_notice(qtbot, tmp_path, engine_command):
    in_the_way = tmp_path / "a file"
    in_the_way.write_text("", encoding="utf-8")
    notifications = Notifications()
    queue = JobQueue(in_the_way / "jobs", notifications, engine_command)
    with qtbot.waitSignal(notifications.noticed) as heard:
        job = queue.submit(restoration("finish"), "Restoring")
    assert job is None
    assert heard.args[0].level == "error"
    assert heard.args[0].remedy
