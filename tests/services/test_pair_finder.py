"""Files to learn from are found, described by the engine, and judged."""

import sys
from pathlib import Path

import pytest

from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.pair_finder import FoundFiles, PairFinder
from gvtstudio.services.workbench import Workbench
from tests.services.stacks import write_stack
from tests.services.test_pair_checks import write_pair


@pytest.fixture
def heard(workbench: Workbench) -> list[FoundFiles]:
    heard: list[FoundFiles] = []
    workbench.pairs.found.connect(heard.append)
    return heard


def wait(qtbot, heard: list[FoundFiles]) -> FoundFiles:
    qtbot.waitUntil(lambda: bool(heard) and heard[-1].is_complete, timeout=20_000)
    return heard[-1]


def folders(tmp_path: Path) -> tuple[str, str]:
    return str(tmp_path / "noisy"), str(tmp_path / "good")


def test_pairs_are_listed_at_once_and_then_described(qtbot, workbench, heard, tmp_path):
    for name in ("b.tif", "a.tif"):
        write_pair(tmp_path, name)
    write_stack(tmp_path / "good" / "lonely.tif")
    workbench.pairs.look_at_folders(*folders(tmp_path), compares_noise=False)
    files = wait(qtbot, heard)
    assert not heard[0].is_complete
    assert [Path(pair.input_path).name for pair in heard[0].pairs] == ["a.tif", "b.tif"]
    assert heard[0].first is None
    assert [pair.target.shape for pair in files.pairs] == [(1, 1, 1, 64, 64)] * 2
    assert files.first == files.pairs[0].input
    assert files.lonely == ("lonely.tif in good",)
    assert workbench.queue.jobs == ()


def test_swapped_folders_are_told_at_last(qtbot, workbench, heard, tmp_path):
    write_pair(tmp_path, "a.tif")
    noisy, good = folders(tmp_path)
    workbench.pairs.look_at_folders(good, noisy, compares_noise=True)
    qtbot.waitUntil(lambda: bool(heard) and heard[-1].is_swapped, timeout=20_000)


def test_a_missing_folder_is_a_sentence(qtbot, workbench, heard, tmp_path):
    workbench.pairs.look_at_folders(*folders(tmp_path), compares_noise=False)
    assert "There is no folder" in wait(qtbot, heard).failure


def test_a_broken_file_is_named_and_the_others_are_kept(qtbot, workbench, heard, tmp_path):
    good = write_stack(tmp_path / "good.tif")
    broken = tmp_path / "broken.tif"
    broken.write_bytes(good.read_bytes()[:100])
    workbench.pairs.look_at_stacks([str(good), str(broken)])
    files = wait(qtbot, heard)
    assert files.stacks[0].info.shape == (1, 5, 1, 24, 32)
    assert "broken.tif" in files.stacks[1].refused


def test_only_the_last_search_is_answered(qtbot, workbench, heard, tmp_path):
    stacks = [str(write_stack(tmp_path / name)) for name in ("a.tif", "b.tif")]
    workbench.pairs.look_at_stacks(stacks[:1])
    workbench.pairs.look_at_stacks(stacks[1:])
    files = wait(qtbot, heard)
    assert [stack.path for stack in files.stacks] == stacks[1:]
    qtbot.waitUntil(lambda: workbench.queue.jobs == (), timeout=20_000)
    assert [stack.path for stack in heard[-1].stacks] == stacks[1:]


# Stops without a word at one file, as where a library crashes on it.
CRASHING = """
import json, sys
from pathlib import Path
request = json.loads(Path(sys.argv[1], "request.json").read_text(encoding="utf-8"))
if any("deadly" in path for path in request["paths"]):
    sys.exit(7)
print(json.dumps({"type": "finished", "refused": {p: "seen" for p in request["paths"]}}))
"""


def test_a_file_that_brings_the_engine_down_is_found_by_halving(qtbot, tmp_path):
    program = tmp_path / "engine.py"
    program.write_text(CRASHING, encoding="utf-8")
    queue = JobQueue(tmp_path / "jobs", Notifications(), (sys.executable, str(program)))
    finder = PairFinder(queue)
    heard: list[FoundFiles] = []
    finder.found.connect(heard.append)
    finder.look_at_stacks(["a", "b", "deadly", "c", "d"])
    stacks = wait(qtbot, heard).stacks
    assert [stack.refused for stack in stacks if stack.path != "deadly"] == ["seen"] * 4
    assert "stopped unexpectedly" in stacks[2].refused
    finder.shut_down()
    queue.shut_down()
    finder.deleteLater()
    queue.deleteLater()
