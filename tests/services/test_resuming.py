"""Restorations that were interrupted are gone on with, in this window and in the next."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from gvtstudio.domain.job import RestoreRequest, SimulateRequest
from gvtstudio.domain.messages import (
    Failed,
    Finished,
    Log,
    Progress,
    Started,
    Stopped,
    encode_message,
)
from gvtstudio.domain.region import Region
from gvtstudio.io.job_folder import JobFolder, new_job_folder
from gvtstudio.services.interrupted_jobs import find_interrupted
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notifications


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


HALF = Progress("Restoring", 2, 4, "voxels")


def restoration(behaviour: str, **fields) -> RestoreRequest:
    return RestoreRequest(input="a.tif", model=behaviour, output_dir="out", **fields)


def start_growing(qtbot, queue: JobQueue):
    job = queue.submit(restoration("grow"), "Restoring a.tif")
    qtbot.waitUntil(lambda: bool(queue.job(job.id).preview), timeout=15_000)
    return queue.job(job.id)


def stop(qtbot, queue: JobQueue, job_id: str):
    queue.cancel(job_id)
    qtbot.waitUntil(lambda: queue.job(job_id).is_over, timeout=15_000)
    return queue.job(job_id)


def leave(root: Path, *, ending: object = None, journal: bool = True) -> JobFolder:
    """The folder of a job that an earlier window left."""
    folder = new_job_folder(root, "restore")
    folder.write_request(restoration("grow", resumable=True))
    if journal:
        folder.journal_path.write_bytes(b"so far")
    folder.log_path.write_bytes(
        b"".join(encode_message(said) for said in (Started(1, "test"), HALF, Log("Half is done.")))
    )
    if ending is not None:
        folder.write_result(ending)
    return folder


def test_restorations_can_be_resumed_and_previews_and_others_cannot(make_queue):
    queue = make_queue()
    whole = queue.submit(restoration("wait"), "Whole")
    part = queue.submit(restoration("wait", region=Region.whole((1, 2, 1, 8, 8))), "Preview")
    other = queue.submit(SimulateRequest(recipe="finish", output_dir="out"), "Simulating")
    assert whole.request.resumable
    assert not part.request.resumable
    assert not hasattr(other.request, "resumable")


def test_a_stopped_restoration_goes_on_in_its_folder_under_its_name(qtbot, make_queue):
    queue = make_queue()
    job = start_growing(qtbot, queue)
    stopped = stop(qtbot, queue, job.id)
    assert stopped.state == "stopped"
    assert stopped.can_continue
    assert stopped.preview == ""  # nothing grows any more
    again = queue.resume(job.id)
    assert (again.id, again.folder, again.request) == (job.id, job.folder, job.request)
    assert again.state == "running"
    assert not again.can_continue
    qtbot.waitUntil(lambda: queue.job(job.id).is_over, timeout=15_000)
    finished = queue.job(job.id)
    assert finished.state == "finished"
    assert not finished.can_continue
    assert isinstance(JobFolder(Path(job.folder)).read_result(), Finished)


def test_a_resumed_job_waits_for_its_turn(qtbot, make_queue):
    queue = make_queue()
    job = stop(qtbot, queue, start_growing(qtbot, queue).id)
    other = queue.submit(restoration("wait"), "Another")
    assert queue.resume(job.id).state == "waiting"
    assert queue.job(job.id).ending is None
    queue.cancel(other.id)
    qtbot.waitUntil(lambda: queue.job(job.id).state == "finished", timeout=15_000)


def test_a_job_without_a_journal_cannot_be_resumed(qtbot, make_queue):
    queue = make_queue()
    job = queue.submit(restoration("fail"), "Restoring")
    qtbot.waitUntil(lambda: queue.job(job.id).is_over, timeout=15_000)
    assert not queue.job(job.id).can_continue
    assert queue.resume(job.id) is None
    assert queue.job(job.id).state == "failed"


def test_what_is_of_no_use_for_going_on_is_not_kept(qtbot, make_queue):
    queue = make_queue()
    job = queue.submit(restoration("wait"), "Restoring")
    qtbot.waitUntil(lambda: queue.job(job.id).progress is not None, timeout=15_000)
    scratch = JobFolder(Path(job.folder)).unfinished_path
    scratch.write_bytes(b"begun, but no page of a journal was written")
    assert not stop(qtbot, queue, job.id).can_continue
    assert not scratch.exists()


def test_removing_frees_what_was_kept_and_retrying_does_not(qtbot, make_queue):
    queue = make_queue()
    job = stop(qtbot, queue, start_growing(qtbot, queue).id)
    folder = JobFolder(Path(job.folder))
    anew = queue.retry(job.id)
    assert anew.folder != job.folder
    assert folder.unfinished_path.is_file()
    queue.remove_finished()  # tidies, and throws no work away
    assert queue.job(job.id) is not None
    queue.remove(job.id)
    assert queue.job(job.id) is None
    assert not folder.unfinished_path.exists()
    assert not folder.journal_path.exists()
    assert folder.request_path.is_file()


def test_closing_keeps_it_and_the_next_window_lists_it_and_goes_on(qtbot, make_queue):
    queue = make_queue()
    job = start_growing(qtbot, queue)
    queue.shut_down()
    assert JobFolder(Path(job.folder)).unfinished_path.is_file()
    later = make_queue()
    with qtbot.waitSignal(later.jobs_changed, timeout=5000):
        later.find_interrupted()
    (found,) = later.jobs
    assert (found.id, found.title, found.state) == (job.id, "Restoring a.tif", "stopped")
    assert found.can_continue
    later.resume(found.id)
    qtbot.waitUntil(lambda: later.job(found.id).state == "finished", timeout=15_000)


def test_jobs_of_a_project_are_listed_once_when_it_is_opened(qtbot, make_queue, tmp_path):
    root = tmp_path / "project" / "jobs"
    folder = leave(root)
    queue = make_queue()
    for _ in range(2):
        queue.set_jobs_root(root)
        qtbot.waitUntil(lambda: len(queue.jobs) == 1, timeout=5000)
    queue._pool.waitForDone()
    qtbot.wait(10)
    (job,) = queue.jobs
    assert job.folder == str(folder.path)
    assert [line.text for line in queue.log(job.id)] == ["Half is done."]


def test_what_a_dead_program_left_is_told_as_a_failure(tmp_path):
    leave(tmp_path)
    (found,) = find_interrupted(tmp_path)
    assert found.job.state == "failed"
    assert found.job.ending.message == "The program ended before the job did."
    assert found.job.ending.remedy
    assert found.job.progress == HALF


@pytest.mark.parametrize("ending", [Stopped(), Failed("The disk is full.", "Free some.", 4)])
def test_an_ending_that_was_written_is_told(tmp_path, ending):
    leave(tmp_path, ending=ending)
    (found,) = find_interrupted(tmp_path)
    assert found.job.ending == ending


def test_only_restorations_that_can_go_on_are_found(tmp_path):
    leave(tmp_path, ending=Finished())
    leave(tmp_path, journal=False)
    damaged = leave(tmp_path)
    damaged.request_path.write_bytes(b"{")
    (tmp_path / "a file.txt").write_text("", encoding="utf-8")
    assert find_interrupted(tmp_path) == ()
    assert find_interrupted(tmp_path / "no such folder") == ()


def test_a_job_of_another_window_is_left_alone(tmp_path):
    folder = leave(tmp_path)
    program = [sys.executable, "-c", "print('at work', flush=True); input()", str(folder.path)]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        folder.log_path.write_bytes(encode_message(Started(process.pid, "test")))
        assert find_interrupted(tmp_path) == ()
    finally:
        process.communicate(b"\n")
    assert len(find_interrupted(tmp_path)) == 1


def test_the_request_of_a_found_job_is_the_one_it_was_started_with(tmp_path):
    leave(tmp_path)
    (found,) = find_interrupted(tmp_path)
    assert found.job.request == msgspec.structs.replace(restoration("grow"), resumable=True)
