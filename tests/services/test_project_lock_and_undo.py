"""A project that two windows want, and changes that are taken back."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtstudio.io.places import jobs_dir
from gvtstudio.io.project_file import create_project
from gvtstudio.io.project_lock import ProjectLock
from gvtstudio.services.workbench import Workbench
from tests.services.stacks import write_stack


def open_stacks(qtbot, bench: Workbench, *paths: Path) -> None:
    count = len(bench.session.stacks) + len(paths)
    bench.open_paths([str(path) for path in paths])
    qtbot.waitUntil(lambda: len(bench.session.stacks) == count, timeout=20_000)


def open_project(qtbot, bench: Workbench, path: Path) -> None:
    bench.projects.open(path)
    qtbot.waitUntil(lambda: bench.projects.current is not None, timeout=20_000)


def saved_names(path: Path) -> list[str]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return [Path(stack["file"]["absolute"]).name for stack in content["stacks"]]


def lock_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


@pytest.fixture
def other(qtbot) -> Iterator[Workbench]:
    """Another window."""
    bench = Workbench()
    yield bench
    bench.shut_down()
    bench.deleteLater()


@pytest.fixture
def told(workbench) -> list:
    heard = []
    workbench.notifications.noticed.connect(heard.append)
    return heard


@pytest.fixture
def project(qtbot, workbench, tmp_path) -> Path:
    """A project with one stack, open in this window."""
    open_stacks(qtbot, workbench, write_stack(tmp_path / "a.tif"))
    workbench.projects.create(tmp_path / "p")
    path = workbench.projects.current.path
    qtbot.waitUntil(lambda: '"sha256": ""' not in path.read_text(encoding="utf-8"))
    return path


def test_second_window_gets_it_read_only_and_saves_nothing(
    qtbot, workbench, other, project, tmp_path
):
    heard = []
    other.notifications.noticed.connect(heard.append)
    open_project(qtbot, other, project)
    assert other.projects.current.is_read_only
    assert "is open by" in heard[0].sentence
    assert "(this computer) since" in heard[0].sentence
    assert heard[0].action == "save_project_as"
    qtbot.waitUntil(lambda: len(other.session.stacks) == 1, timeout=20_000)
    before = project.read_bytes()
    open_stacks(qtbot, other, write_stack(tmp_path / "b.tif", seed=1))
    assert len(other.projects.current.project.stacks) == 2
    assert not other.projects.save()
    assert heard[-1].remedy.endswith("in the menu Project.")
    assert project.read_bytes() == before
    assert other.projects.folder is None
    assert Path(other.queue.submit(_inspect(), "x").folder).parent == jobs_dir()
    other.projects.close()
    assert project.read_bytes() == before
    assert ProjectLock(project).look().state == "held"


def _inspect():
    from gvtstudio.domain.job import InspectRequest

    return InspectRequest(paths=())


def test_a_copy_of_a_read_only_project_keeps_what_was_added(
    qtbot, workbench, other, project, tmp_path
):
    open_project(qtbot, other, project)
    qtbot.waitUntil(lambda: len(other.session.stacks) == 1, timeout=20_000)
    open_stacks(qtbot, other, write_stack(tmp_path / "b.tif", seed=1))
    other.projects.save_as(tmp_path / "elsewhere" / "copy")
    copy = other.projects.current.path
    assert not other.projects.current.is_read_only
    assert saved_names(copy) == ["a.tif", "b.tif"]
    assert json.loads(copy.read_text())["stacks"][1]["file"]["relative"] == "../../b.tif"
    assert saved_names(project) == ["a.tif"]
    assert ProjectLock(project).look().state == "held"
    other.projects.close()


def test_the_lock_goes_with_the_project(qtbot, workbench, other, project, tmp_path):
    assert lock_path(project).is_file()
    workbench.projects.close()
    assert not lock_path(project).exists()
    open_project(qtbot, other, project)
    assert not other.projects.current.is_read_only
    other.shut_down()
    assert not lock_path(project).exists()


def test_opening_it_again_in_the_same_window_keeps_it(qtbot, workbench, project, told):
    with qtbot.waitSignal(workbench.projects.project_changed):
        workbench.projects.open(project)
    assert not workbench.projects.current.is_read_only
    assert lock_path(project).is_file()


def test_a_silent_window_is_taken_over_and_notices_before_it_saves(
    qtbot, workbench, other, project, told, tmp_path
):
    heard = []
    other.notifications.noticed.connect(heard.append)
    open_project(qtbot, other, project)
    other.projects.take_over()  # while the first one is at work
    qtbot.waitUntil(lambda: heard[-1].level == "error")
    assert other.projects.current.is_read_only
    then = time.time() - 600
    os.utime(lock_path(project), (then, then))
    other.projects.take_over()
    qtbot.waitUntil(lambda: not other.projects.current.is_read_only, timeout=20_000)
    qtbot.waitUntil(lambda: len(other.session.stacks) == 1, timeout=20_000)
    open_stacks(qtbot, other, write_stack(tmp_path / "b.tif", seed=1))
    qtbot.waitUntil(lambda: project.read_text().count('"sha256": ""') == 0)
    theirs = project.read_bytes()
    open_stacks(qtbot, workbench, write_stack(tmp_path / "c.tif", seed=2))
    assert project.read_bytes() == theirs
    assert workbench.projects.current.is_read_only
    assert "changed by somebody else" in told[-1].sentence
    assert len(workbench.projects.current.project.stacks) == 2
    workbench.projects.close()
    assert ProjectLock(project).look().state == "held"


def test_a_lock_taken_by_another_is_noticed_though_nothing_was_changed(
    qtbot, workbench, project, told
):
    thief = ProjectLock(project)
    thief.take_over()
    before = project.read_bytes()
    workbench.session.remove(workbench.session.current)
    assert project.read_bytes() == before
    assert workbench.projects.current.is_read_only
    assert "is open by" in told[-1].sentence
    thief.release()
    # the next heartbeat sees that it is free, and offers it
    workbench.projects._guard.beat()
    qtbot.waitUntil(lambda: told[-1].action == "take_over_project")
    workbench.projects.take_over()
    qtbot.waitUntil(lambda: not workbench.projects.current.is_read_only, timeout=20_000)
    qtbot.waitUntil(lambda: len(workbench.session.stacks) == 1, timeout=20_000)


def test_a_heartbeat_notices_that_the_lock_is_gone_to_another(qtbot, workbench, project, told):
    thief = ProjectLock(project)
    thief.take_over()
    with qtbot.waitSignal(workbench.projects.project_changed):
        workbench.projects._guard.beat()
    assert workbench.projects.current.is_read_only
    thief.release()


def test_a_heartbeat_renews_the_lock(qtbot, workbench, project):
    then = time.time() - 600
    os.utime(lock_path(project), (then, then))
    workbench.projects._guard.beat()
    qtbot.waitUntil(lambda: lock_path(project).stat().st_mtime > then + 500)
    assert not workbench.projects.current.is_read_only


def test_a_lock_that_vanished_is_made_again_if_nobody_changed_the_project(
    workbench, project, tmp_path
):
    lock_path(project).unlink()
    workbench.session.remove(workbench.session.current)
    assert saved_names(project) == []
    assert ProjectLock(project).look().state == "held"


def test_a_lock_that_vanished_with_a_changed_project_overwrites_nothing(workbench, project, told):
    lock_path(project).unlink()
    theirs = project.read_bytes().replace(b'"note": ""', b'"note": "x"')
    project.write_bytes(theirs)
    workbench.session.remove(workbench.session.current)
    assert project.read_bytes() == theirs
    assert "nothing was overwritten" in told[-1].sentence


def test_a_drive_that_is_gone_for_a_moment_takes_nothing_away(
    qtbot, workbench, project, told, tmp_path
):
    project.parent.rename(tmp_path / "unplugged")
    workbench.session.remove(workbench.session.current)
    assert told[-1].level == "error"
    workbench.projects._guard.beat()
    workbench.projects._guard._pool.waitForDone()
    assert not workbench.projects.current.is_read_only
    assert saved_names(tmp_path / "unplugged" / project.name) == ["a.tif"]
    (tmp_path / "unplugged").rename(project.parent)
    assert workbench.projects.save()
    assert saved_names(project) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_project_on_a_read_only_disk_can_be_looked_at(qtbot, workbench, tmp_path):
    path = create_project(tmp_path / "p", "p")
    path.parent.chmod(0o500)
    try:
        open_project(qtbot, workbench, path)
        assert "cannot be written" in workbench.projects.current.refusal
        assert "Save Project As" in workbench.projects.current.remedy
        assert not workbench.projects.save()
    finally:
        path.parent.chmod(0o700)


def names(bench: Workbench) -> list[str]:
    return [info.name for info in bench.session.stacks]


def test_adding_and_removing_are_undone_and_done_again(qtbot, workbench, project, tmp_path):
    projects = workbench.projects
    assert projects.history.undo_words == ""
    paths = [write_stack(tmp_path / f"{name}.tif", seed=3) for name in "bc"]
    open_stacks(qtbot, workbench, *paths)
    qtbot.waitUntil(lambda: projects.history._is_group_open is False)
    workbench.session.remove(workbench.session.stacks[0])
    assert saved_names(project) == names(workbench) == ["b.tif", "c.tif"]
    assert projects.history.undo_words == "Removing a.tif"
    projects.undo()
    qtbot.waitUntil(lambda: len(workbench.session.stacks) == 3, timeout=20_000)
    assert saved_names(project) == ["a.tif", "b.tif", "c.tif"]
    assert (projects.history.undo_words, projects.history.redo_words) == (
        "Adding 2 Stacks",
        "Removing a.tif",
    )
    projects.undo()
    assert saved_names(project) == names(workbench) == ["a.tif"]
    projects.undo()  # there is nothing more
    assert saved_names(project) == ["a.tif"]
    projects.redo()
    qtbot.waitUntil(lambda: len(workbench.session.stacks) == 3, timeout=20_000)
    assert saved_names(project) == ["a.tif", "b.tif", "c.tif"]
    projects.redo()
    assert saved_names(project) == ["b.tif", "c.tif"]
    assert sorted(names(workbench)) == ["b.tif", "c.tif"]
    projects.redo()
    assert projects.history.redo_words == ""
    qtbot.waitUntil(lambda: '"sha256": ""' not in project.read_text(encoding="utf-8"))


def test_a_new_change_ends_what_can_be_done_again(qtbot, workbench, project, tmp_path):
    workbench.session.remove(workbench.session.current)
    workbench.projects.undo()
    qtbot.waitUntil(lambda: len(workbench.session.stacks) == 1, timeout=20_000)
    open_stacks(qtbot, workbench, write_stack(tmp_path / "b.tif"))
    assert workbench.projects.history.redo_words == ""
    assert workbench.projects.history.undo_words == "Adding b.tif"


def test_undo_leaves_results_and_hashes_alone(qtbot, workbench, project, tmp_path):
    from gvtstudio.services.session import StackResult

    made = workbench.session.current
    open_stacks(qtbot, workbench, write_stack(tmp_path / "b.tif", seed=1))
    workbench.session.add_result(StackResult(made, str(tmp_path / "b.tif"), "job-1"))
    qtbot.waitUntil(lambda: '"sha256": ""' not in project.read_text(encoding="utf-8"))
    workbench.projects.undo()
    content = json.loads(project.read_text(encoding="utf-8"))
    assert saved_names(project) == ["a.tif"]
    assert content["stacks"][0]["file"]["sha256"]
    assert len(content["results"]) == 1


def test_moved_files_are_found_linked_and_unlinked(qtbot, workbench, project, told, tmp_path):
    workbench.projects.close()
    new = tmp_path / "far" / "1" / "2" / "3" / "4" / "renamed.tif"
    new.parent.mkdir(parents=True)
    shutil.move(tmp_path / "a.tif", new)
    open_project(qtbot, workbench, project)
    qtbot.waitUntil(lambda: any(notice.action == "find_moved" for notice in told))
    assert workbench.session.stacks == ()
    workbench.project_jobs.find_moved(tmp_path / "far")
    qtbot.waitUntil(lambda: names(workbench) == ["renamed.tif"], timeout=20_000)
    assert saved_names(project) == ["renamed.tif"]
    assert f"a.tif is now {new}." in told[-1].details
    assert workbench.projects.history.undo_words == "Finding a.tif"
    workbench.projects.undo()
    assert saved_names(project) == ["a.tif"]
    assert names(workbench) == []
    workbench.projects.redo()
    qtbot.waitUntil(lambda: names(workbench) == ["renamed.tif"], timeout=20_000)


def test_what_is_not_found_is_said(qtbot, workbench, project, told, tmp_path):
    workbench.projects.close()
    (tmp_path / "a.tif").unlink()
    (tmp_path / "empty").mkdir()
    open_project(qtbot, workbench, project)
    workbench.project_jobs.find_moved(tmp_path / "empty")
    qtbot.waitUntil(lambda: "a.tif was not found in" in told[-1].sentence, timeout=20_000)
    assert told[-1].level == "warning"
    assert workbench.projects.history.undo_words == ""
    assert saved_names(project) == ["a.tif"]


def test_a_stack_changed_in_its_place_is_told_and_read_again(
    qtbot, workbench, project, told, tmp_path
):
    before = json.loads(project.read_text())["stacks"][0]["file"]
    workbench.projects.close()
    write_stack(tmp_path / "a.tif", seed=9)
    open_project(qtbot, workbench, project)
    qtbot.waitUntil(lambda: any("has been changed" in n.sentence for n in told), timeout=20_000)
    after = json.loads(project.read_text())["stacks"][0]["file"]
    assert after["sha256"] != before["sha256"]
    assert after["modified_ns"] == (tmp_path / "a.tif").stat().st_mtime_ns


def test_a_file_of_known_size_and_time_is_not_read_again(qtbot, workbench, project, monkeypatch):
    workbench.projects.close()

    def refuse(*_):
        raise AssertionError("it was read")

    before = project.read_bytes()
    monkeypatch.setattr("gvtstudio.io.project_links.sha256_of_file", refuse)
    open_project(qtbot, workbench, project)
    qtbot.waitUntil(lambda: len(workbench.session.stacks) == 1, timeout=20_000)
    assert project.read_bytes() == before


def test_packing_makes_a_project_that_opens(qtbot, workbench, other, project, told, tmp_path):
    workbench.project_jobs.pack(tmp_path / "out" / "packed")
    qtbot.waitUntil(lambda: any("is packed" in n.sentence for n in told), timeout=20_000)
    open_project(qtbot, other, tmp_path / "out" / "packed" / project.name)
    qtbot.waitUntil(lambda: len(other.session.stacks) == 1, timeout=20_000)
    assert other.session.stacks[0].path == str(tmp_path / "out" / "packed" / "data" / "a.tif")
