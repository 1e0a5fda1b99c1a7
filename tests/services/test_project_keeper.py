import hashlib
import json
import shutil
import time
from pathlib import Path

import msgspec
import pytest

from gvtstudio.domain.job import InspectRequest
from gvtstudio.services.session import StackResult
from gvtstudio.services.workbench import Workbench
from tests.services.stacks import write_scenes, write_stack


def open_stack(qtbot, bench: Workbench, path: Path) -> None:
    count = len(bench.session.stacks)
    bench.open_paths([str(path)])
    qtbot.waitUntil(lambda: len(bench.session.stacks) == count + 1, timeout=20_000)


def content(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def wait_for_hash(qtbot, path: Path) -> None:
    qtbot.waitUntil(lambda: all(s["file"].get("sha256") for s in content(path)["stacks"]))


def test_project_takes_what_is_open_and_saves_itself_with_hashes(qtbot, workbench, tmp_path):
    first, second = write_stack(tmp_path / "a.tif"), write_stack(tmp_path / "b.tif", seed=1)
    open_stack(qtbot, workbench, first)
    workbench.projects.create(tmp_path / "Mein Projekt")
    path = workbench.projects.current.path
    open_stack(qtbot, workbench, second)
    wait_for_hash(qtbot, path)
    saved = content(path)["stacks"]
    assert [Path(stack["file"]["absolute"]) for stack in saved] == [first, second]
    expected = hashlib.sha256(second.read_bytes()).hexdigest()
    assert saved[1]["file"]["sha256"] == expected
    assert workbench.settings.settings.recent_projects == (str(path),)


def test_scenes_and_what_was_made_of_them_come_back(qtbot, workbench, tmp_path):
    source = write_scenes(tmp_path / "two.ome.tif")
    made = write_stack(tmp_path / "made.tif", seed=2)
    workbench.projects.create(tmp_path / "p")
    path = workbench.projects.current.path
    workbench.session.open_datasets([(str(source), 0), (str(source), 1)])
    qtbot.waitUntil(lambda: len(workbench.session.stacks) == 2, timeout=20_000)
    wait_for_hash(qtbot, path)
    info = _renamed(workbench.session.current, made)
    workbench.session.add_result(StackResult(info, str(source), "job-1", source_scene=1))
    workbench.projects.close()
    workbench.projects.open(path)
    session = workbench.session
    qtbot.waitUntil(lambda: bool(session.results and session.stacks), timeout=20_000)
    assert [info.scene for info in session.stacks] == [0, 1]
    assert session.results[0].source == (str(source), 1)


def test_project_round_trip_after_moving_folder_and_data(qtbot, workbench, tmp_path):
    old = tmp_path / "old place"
    source, made = (
        write_stack(old / "a.tif"),
        write_stack(old / "p" / "results" / "a_d.tif", seed=2),
    )
    open_stack(qtbot, workbench, source)
    workbench.projects.create(old / "p")
    path = workbench.projects.current.path
    wait_for_hash(qtbot, path)
    info = workbench.session.current
    workbench.session.add_result(StackResult(_renamed(info, made), str(source), "job-1"))
    qtbot.waitUntil(lambda: bool(content(path)["results"][0]["file"]["sha256"]))
    workbench.projects.close()
    assert workbench.session.stacks == ()
    assert len(content(path)["stacks"]) == 1

    new = tmp_path / "new place"
    shutil.move(old, new)
    workbench.open_paths([str(new / "p" / path.name)])
    qtbot.waitUntil(lambda: len(workbench.session.results) == 1, timeout=20_000)
    qtbot.waitUntil(lambda: len(workbench.session.stacks) == 1, timeout=20_000)
    assert workbench.session.stacks[0].path == str(new / "a.tif")
    result = workbench.session.results[0]
    assert result.info.path == str(new / "p" / "results" / "a_d.tif")
    assert result.source_path == str(new / "a.tif")


def _renamed(info, path: Path):
    return msgspec.structs.replace(info, path=str(path))


def test_closing_does_not_wait_for_the_hash_of_a_large_file(qtbot, workbench, tmp_path):
    workbench.projects.create(tmp_path / "p")
    source = write_stack(tmp_path / "a.tif")
    open_stack(qtbot, workbench, source)
    wait_for_hash(qtbot, workbench.projects.current.path)
    huge = tmp_path / "huge.tif"
    with huge.open("wb") as file:
        file.truncate(40 << 30)  # takes no room on the disk, but minutes to read
    info = _renamed(workbench.session.current, huge)
    workbench.session.add(info)
    started = time.monotonic()
    workbench.projects.shut_down()
    assert time.monotonic() - started < 3
    saved = content(workbench.projects.current.path)["stacks"]
    assert [bool(stack["file"].get("sha256")) for stack in saved] == [True, False]


def test_missing_file_is_told_and_stays_in_the_project(qtbot, workbench, tmp_path):
    source = write_stack(tmp_path / "data" / "a.tif")
    open_stack(qtbot, workbench, source)
    workbench.projects.create(tmp_path / "deep" / "p")
    path = workbench.projects.current.path
    workbench.projects.close()
    shutil.rmtree(tmp_path / "data")
    with qtbot.waitSignal(workbench.notifications.noticed, timeout=10_000) as heard:
        workbench.open_paths([str(path)])
    assert "a.tif" in heard.args[0].sentence
    assert len(content(path)["stacks"]) == 1


def test_closed_stack_leaves_the_project(qtbot, workbench, tmp_path):
    open_stack(qtbot, workbench, write_stack(tmp_path / "a.tif"))
    workbench.projects.create(tmp_path / "p")
    workbench.session.remove(workbench.session.current)
    assert content(workbench.projects.current.path)["stacks"] == []


def test_jobs_of_a_project_lie_in_its_folder(qtbot, workbench, tmp_path):
    workbench.projects.create(tmp_path / "p")
    job = workbench.queue.submit(InspectRequest(paths=()), "Opening")
    assert Path(job.folder).parent == tmp_path / "p" / "jobs"


def test_second_project_in_one_folder_is_refused_with_a_remedy(qtbot, workbench, tmp_path):
    workbench.projects.create(tmp_path / "p")
    with qtbot.waitSignal(workbench.notifications.noticed) as heard:
        workbench.projects.create(tmp_path / "p")
    assert heard.args[0].remedy


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"version": 99, "name": "x"}'])
def test_damaged_project_gives_a_notice(qtbot, workbench, tmp_path, data):
    path = tmp_path / "x.gvtproject"
    path.write_bytes(data)
    with qtbot.waitSignal(workbench.notifications.noticed, timeout=10_000) as heard:
        workbench.open_paths([str(path)])
    assert heard.args[0].level == "error"
    assert heard.args[0].remedy
    assert workbench.projects.current is None
