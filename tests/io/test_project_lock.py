import json
import os
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.io.project_lock import STALE_AFTER_S, LockHolder, ProjectLock, held_by_another


@pytest.fixture
def project(tmp_path):
    path = tmp_path / "Ünï 中文.gvtproject"
    path.write_text("{}")
    return path


def write_holder(project, **fields):
    holder = {"host": "elsewhere", "user": "ada", "pid": 7, "since": "2026-11-20T10:00:00+00:00"}
    path = project.with_name(f"{project.name}.lock")
    path.write_text(json.dumps(holder | {"token": "x"} | fields))
    return path


def grow_old(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_one_of_two_windows_gets_the_project(project):
    first, second = ProjectLock(project), ProjectLock(project)
    assert first.take().state == "ours"
    seen = second.take()
    assert seen.state == "held"
    assert (seen.holder.host, seen.holder.pid) == (socket.gethostname(), os.getpid())
    assert "this computer" in seen.holder.words()
    first.release()
    assert second.take().state == "ours"
    assert [p.name for p in project.parent.iterdir() if p != project] == [f"{project.name}.lock"]
    second.release()
    assert list(project.parent.iterdir()) == [project]


def test_of_many_at_once_one_gets_it(project):
    locks = [ProjectLock(project) for _ in range(16)]
    barrier, states = threading.Barrier(len(locks)), []

    def take(lock):
        barrier.wait()
        states.append(lock.take().state)

    threads = [threading.Thread(target=take, args=(lock,)) for lock in locks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states) == ["held"] * 15 + ["ours"]


def test_the_lock_of_a_program_that_has_ended_is_taken_at_once(project):
    program = "import os, psutil; print(os.getpid(), psutil.Process().create_time())"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    pid, started = said.stdout.split()
    write_holder(project, host=socket.gethostname(), pid=int(pid), pid_started=float(started))
    lock = ProjectLock(project)
    assert lock.look().state == "left"
    assert lock.take().state == "ours"


def test_a_number_used_again_by_another_process_is_not_the_holder(project):
    began = psutil.Process().create_time()
    write_holder(project, host=socket.gethostname(), pid=os.getpid(), pid_started=began - 3600)
    assert ProjectLock(project).look().state == "left"
    write_holder(project, host=socket.gethostname(), pid=os.getpid(), pid_started=began)
    assert ProjectLock(project).look().state == "held"


def test_on_another_computer_only_the_heartbeat_counts(project):
    path = write_holder(project)
    lock = ProjectLock(project)
    assert lock.take().state == "held"
    grow_old(path, STALE_AFTER_S + 60)
    seen = lock.take()
    assert seen.state == "silent"
    assert seen.silent_s == pytest.approx(STALE_AFTER_S + 60, abs=20)
    error = held_by_another(project, seen)
    assert "ada on elsewhere since 2026-11-20" in error.message
    assert "no sign of life for 3 minutes" in error.message
    assert "Take Over" in error.remedy


def test_a_heartbeat_keeps_the_lock(project):
    first, second = ProjectLock(project), ProjectLock(project)
    first.take()
    grow_old(first.path, 600)
    assert second.look().state == "silent"
    first.renew()
    assert second.look().state == "held"


def test_who_was_taken_over_neither_renews_nor_releases_the_new_lock(project):
    first, second = ProjectLock(project), ProjectLock(project)
    first.take()
    second.take_over()
    assert first.look().state == "held"
    grow_old(second.path, 600)
    first.renew()
    first.release()
    assert second.look().state == "ours"
    assert first.look().state == "silent"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_lock_just_being_written_or_damaged_is_somebodys(project, content):
    path = write_holder(project)
    path.write_bytes(content)
    lock = ProjectLock(project)
    seen = lock.take()
    assert (seen.state, seen.holder) == ("held", LockHolder())
    assert "open in another window" in held_by_another(project, seen).message
    grow_old(path, 600)
    assert lock.look().state == "silent"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(project):
    project.parent.chmod(0o500)
    try:
        with pytest.raises(OutputUnwritable):
            ProjectLock(project).take()
    finally:
        project.parent.chmod(0o700)


def test_a_lock_that_cannot_be_read_says_nothing_of_another_window(project):
    lock = ProjectLock(project)
    lock.path.mkdir()
    seen = lock.take()
    assert seen.state == "unreachable"
    assert "does not answer" in held_by_another(project, seen).message


def test_a_folder_that_is_gone_is_told(tmp_path):
    with pytest.raises(OutputUnwritable, match="no folder"):
        ProjectLock(tmp_path / "gone" / "p.gvtproject").take()
