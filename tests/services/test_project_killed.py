"""A program that is killed while it edits a project leaves the project of before or after."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gvtstudio.io.project_file import create_project, load_project
from gvtstudio.io.project_lock import ProjectLock
from tests.services.stacks import write_stack

KILLS = 50


@contextmanager
def editing(project: Path, stack: Path, journal: Path, root: Path) -> Iterator[subprocess.Popen]:
    """A program that edits the project; it has begun, and is killed in the end."""
    journal.unlink(missing_ok=True)
    command = (sys.executable, "-m", "tests.services.editing_for_tests", project, stack, journal)
    process = subprocess.Popen([str(word) for word in command], cwd=root)
    try:
        deadline = time.monotonic() + 60
        while not (journal.exists() and journal.stat().st_size) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        yield process
    finally:
        process.kill()
        process.wait()


def killed(project: Path, stack: Path, journal: Path, root: Path, seconds: float) -> list[str]:
    """What a program had said when it was ended that long after its first change."""
    with editing(project, stack, journal, root) as process:
        time.sleep(seconds)
        assert process.poll() is None
    return [line for line in journal.read_text().splitlines(keepends=False) if line[-1:] in "?!"]


def test_a_program_of_another_process_has_it_until_it_is_killed(qtbot, workbench, tmp_path, root):
    project = create_project(tmp_path / "p", "p")
    stack = write_stack(tmp_path / "a.tif")
    heard = []
    workbench.notifications.noticed.connect(heard.append)
    with editing(project, stack, tmp_path / "journal", root) as process:
        workbench.projects.open(project)
        qtbot.waitUntil(lambda: workbench.projects.current is not None)
        assert workbench.projects.current.is_read_only
        assert "(this computer)" in heard[0].sentence
        assert ProjectLock(project).look().holder.pid == process.pid
    workbench.projects._guard.beat()
    qtbot.waitUntil(lambda: heard[-1].action == "take_over_project")
    workbench.projects.take_over()
    qtbot.waitUntil(lambda: not workbench.projects.current.is_read_only, timeout=20_000)
    assert any("was not closed" in notice.sentence for notice in heard)


@pytest.mark.slow
def test_killed_fifty_times_while_editing(tmp_path, root):
    project = create_project(tmp_path / "p", "p")
    stack = write_stack(tmp_path / "a.tif")
    chance = random.Random(4)
    edits, between = 0, 0
    for _ in range(KILLS):
        said = killed(project, stack, tmp_path / "journal", root, chance.uniform(0, 0.12))
        edits += len(said) // 2
        count = len(load_project(project).stacks)
        last = said[-1]
        after = int(last[:-1])
        if last.endswith("!"):
            assert count == after
        else:
            between += 1
            before = {int(line[:-1]) for line in said[-2:-1]} or {after - 1, after + 1}
            assert count in {after, *before}
        assert ProjectLock(project).look().state == "left"
    assert edits > KILLS
    assert between > 0
    # what the last one was ended in the middle of is tidied away by the next that opens it
    killed(project, stack, tmp_path / "journal", root, 0)
    torn = list(project.parent.glob(".writing-*"))
    assert len(torn) <= 1
