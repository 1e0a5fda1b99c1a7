"""A program that is killed while it edits a project leaves the project of before or after."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gvtstudio.io.project_file import create_project, load_project
from gvtstudio.io.project_lock import ProjectLock
from tests.services.stacks import write_stack

KILLS = 50


def killed(project: Path, stack: Path, journal: Path, root: Path, seconds: float) -> list[str]:
    """What a program had said when it was ended that long after its first change."""
    journal.unlink(missing_ok=True)
    command = (sys.executable, "-m", "tests.services.editing_for_tests", project, stack, journal)
    process = subprocess.Popen([str(word) for word in command], cwd=root)
    try:
        deadline = time.monotonic() + 60
        while not (journal.exists() and journal.stat().st_size) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(seconds)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    return [line for line in journal.read_text().splitlines(keepends=False) if line[-1:] in "?!"]


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
