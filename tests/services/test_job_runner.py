import os
import signal
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QDeadlineTimer

from gvtstudio.domain.job import SimulateRequest
from gvtstudio.domain.messages import Failed, Finished, Log, Progress, Stopped
from gvtstudio.io.job_folder import JobFolder, new_job_folder
from gvtstudio.services import job_runner
from gvtstudio.services.job_runner import FOREIGN_FILE, JobRunner


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return new_job_folder(tmp_path / "jobs", "simulate")


@pytest.fixture
def make_runner(qtbot, folder, engine_command):
    runners = []

    def make(command=None) -> JobRunner:
        runner = JobRunner("job", folder, command or engine_command)
        runners.append(runner)
        return runner

    yield make
    for runner in runners:
        runner.hang_up()
        runner.end_by(QDeadlineTimer(10_000))
        runner.deleteLater()


def request(behaviour: str) -> SimulateRequest:
    return SimulateRequest(recipe=behaviour, output_dir="somewhere")


def ending_of(qtbot, runner: JobRunner, behaviour: str):
    with qtbot.waitSignal(runner.job_ended, timeout=10_000) as caught:
        runner.start(request(behaviour))
    return caught.args[0].ending


def test_job_finishes_with_its_outputs(qtbot, make_runner, folder):
    ending = ending_of(qtbot, make_runner(), "finish")
    assert ending == Finished(outputs=("somewhere/made.tif",))
    assert folder.read_request() == request("finish")


def test_line_that_arrives_in_pieces_is_one_message(qtbot, make_runner):
    runner = make_runner()
    heard = []
    runner.job_progressed.connect(lambda news: heard.append(news.message))
    ending_of(qtbot, runner, "pieces")
    assert heard[0] == Progress("Working", 3, 4)
    assert len(heard) == 2


def test_foreign_lines_become_details_of_the_log(qtbot, make_runner, folder):
    runner = make_runner()
    heard: list[Log] = []
    runner.job_logged.connect(lambda news: heard.append(news.message))
    assert isinstance(ending_of(qtbot, runner, "foreign"), Finished)
    details = " ".join(line.text for line in heard if line.level == "detail")
    assert "a library says hello" in details
    assert "broken bytes" in details
    assert "a warning on the other stream" in details
    assert Log("A sentence.") in heard
    assert "library says hello" in (folder.path / FOREIGN_FILE).read_text(encoding="utf-8")


def test_failure_keeps_its_remedy(qtbot, make_runner):
    ending = ending_of(qtbot, make_runner(), "fail")
    assert ending == Failed("The stack is empty.", "Choose another.", 3)


def test_cancel_stops_the_engine(qtbot, make_runner):
    runner = make_runner()
    with qtbot.waitSignal(runner.job_progressed, timeout=10_000):
        runner.start(request("wait"))
    with qtbot.waitSignal(runner.job_ended, timeout=10_000) as caught:
        runner.cancel()
    assert caught.args[0].ending == Stopped()


def test_engine_that_does_not_listen_is_killed(qtbot, make_runner, folder, monkeypatch):
    monkeypatch.setattr(job_runner, "CANCEL_PATIENCE_MS", 100)
    runner = make_runner()
    with qtbot.waitSignal(runner.job_progressed, timeout=10_000):
        runner.start(request("stubborn"))
    with qtbot.waitSignal(runner.job_ended, timeout=5_000) as caught:
        runner.cancel()
    assert caught.args[0].ending == Stopped()
    assert folder.read_result() == Stopped()


def test_engine_that_cannot_even_be_killed_does_not_keep_the_queue(
    qtbot, make_runner, folder, monkeypatch
):
    # as one that waits for a network drive that is gone
    monkeypatch.setattr(job_runner, "CANCEL_PATIENCE_MS", 100)
    runner = make_runner()
    with qtbot.waitSignal(runner.job_progressed, timeout=10_000):
        runner.start(request("stubborn"))
    process, kill = runner._process, runner._process.kill
    monkeypatch.setattr(process, "kill", lambda: None)
    with qtbot.waitSignal(runner.job_ended, timeout=5_000) as caught:
        runner.cancel()
    assert caught.args[0].ending == Stopped()
    assert job_runner._unkillable.pop() is process
    kill()
    assert process.waitForFinished(5_000)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_killed_engine_is_told_with_signal_and_place(qtbot, make_runner, folder):
    runner = make_runner()
    with qtbot.waitSignal(runner.job_progressed, timeout=10_000):
        runner.start(request("wait"))
    with qtbot.waitSignal(runner.job_ended, timeout=10_000) as caught:
        os.kill(runner.pid, signal.SIGKILL)
    ending = caught.args[0].ending
    assert isinstance(ending, Failed)
    assert "signal 9" in ending.message
    assert "again" in ending.remedy
    assert str(folder.path) in ending.remedy
    assert folder.read_result() == ending


def test_engine_that_ends_without_a_word_is_a_failure(qtbot, make_runner):
    ending = ending_of(qtbot, make_runner(), "silent")
    assert isinstance(ending, Failed)
    assert "exit code 7" in ending.message


def test_missing_engine_is_a_failure(qtbot, make_runner, tmp_path):
    runner = make_runner((str(tmp_path / "no such program"),))
    ending = ending_of(qtbot, runner, "finish")
    assert isinstance(ending, Failed)
    assert "could not be started" in ending.message


def test_vanished_job_folder_is_a_failure(qtbot, make_runner, folder):
    folder.path.rmdir()
    folder.path.write_text("a file in the way", encoding="utf-8")
    ending = ending_of(qtbot, make_runner(), "finish")
    assert isinstance(ending, Failed)
    assert ending.remedy


def test_shut_down_ends_the_engine(qtbot, make_runner):
    runner = make_runner()
    with qtbot.waitSignal(runner.job_progressed, timeout=10_000):
        runner.start(request("wait"))
    runner.hang_up()
    runner.end_by(QDeadlineTimer(10_000))
    assert runner.pid == 0
