"""What the user says of the planes and voxels of a stack belongs to the project."""

import json
import shutil
from pathlib import Path

import pytest

from gvtstudio.domain.reading import Reading
from gvtstudio.services.workbench import Workbench
from tests.io.sequences_for_tests import planes, write_sequence
from tests.services.stacks import write_plain


def said(path: Path) -> list[tuple[str, str]]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return [(stack["axes"], stack["voxel_size"]) for stack in content["stacks"]]


def shapes(bench: Workbench) -> list[tuple[int, ...]]:
    return [info.shape[:3] for info in bench.session.stacks]


def open_plain(qtbot, bench: Workbench, *paths: Path) -> None:
    count = len(bench.session.stacks) + len(paths)
    bench.open_paths([str(write_plain(path)) for path in paths])
    qtbot.waitUntil(lambda: len(bench.session.stacks) == count, timeout=20_000)


def read_again(qtbot, bench: Workbench, voxel_size: str, axes: str, **options: bool) -> None:
    with qtbot.waitSignal(bench.session.readings_said, timeout=20_000):
        bench.session.read_again(bench.session.current, voxel_size, axes, **options)


def open_again(qtbot, bench: Workbench, path: Path, count: int = 1) -> None:
    """Open a project as it is opened on another day."""
    bench.projects.close()
    bench.projects.open(path)
    qtbot.waitUntil(lambda: len(bench.session.stacks) == count, timeout=20_000)


@pytest.fixture
def asked(workbench) -> list:
    """Stacks of which the user was asked."""
    heard = []
    workbench.session.axes_unclear.connect(heard.append)
    return heard


@pytest.fixture
def told(workbench) -> list[str]:
    heard = []
    workbench.notifications.noticed.connect(lambda notice: heard.append(notice.sentence))
    return heard


@pytest.fixture
def project(qtbot, workbench, tmp_path) -> Path:
    """A project with one stack of twelve planes, of which nothing has been said."""
    workbench.projects.create(tmp_path / "p")
    open_plain(qtbot, workbench, tmp_path / "data" / "a.tif")
    return workbench.projects.current.path


def test_what_was_typed_is_kept_and_can_be_taken_back(qtbot, workbench, project):
    projects = workbench.projects
    assert said(project) == [("", "")]
    read_again(qtbot, workbench, "0.5,0.25,0.2", "ZC2")
    assert said(project) == [("ZC2", "0.5,0.25,0.2")]
    assert projects.history.undo_words == "Axes and Voxel Size of a.tif"
    projects.undo()
    assert said(project) == [("", "")]
    qtbot.waitUntil(lambda: shapes(workbench) == [(1, 12, 1)], timeout=20_000)
    assert workbench.session.current.calibration.typed == ""
    projects.redo()
    qtbot.waitUntil(lambda: shapes(workbench) == [(1, 6, 2)], timeout=20_000)
    assert workbench.session.current.reading == Reading("0.5,0.25,0.2", "ZC2")
    assert said(project) == [("ZC2", "0.5,0.25,0.2")]
    assert projects.history.redo_words == ""


def test_a_project_opens_as_it_says_whatever_this_computer_remembers(
    qtbot, workbench, project, asked, tmp_path
):
    read_again(qtbot, workbench, "0.5,0.25,0.2", "ZC2")
    asked.clear()
    workbench.settings.remember_axes(str(tmp_path / "data"), "T")
    open_again(qtbot, workbench, project)
    assert shapes(workbench) == [(1, 6, 2)]
    assert workbench.session.current.calibration.typed == "0.5,0.25,0.2"
    assert asked == []


def test_where_the_project_says_nothing_it_is_asked(qtbot, workbench, project, asked, tmp_path):
    asked.clear()
    workbench.settings.remember_axes(str(tmp_path / "data"), "T")
    open_again(qtbot, workbench, project)
    assert shapes(workbench) == [(1, 12, 1)]
    assert [info.name for info in asked] == ["a.tif"]


def test_what_is_open_brings_along_what_was_said_of_it(qtbot, workbench, tmp_path):
    open_plain(qtbot, workbench, tmp_path / "a.tif")
    read_again(qtbot, workbench, "", "T")
    workbench.projects.create(tmp_path / "p")
    assert said(workbench.projects.current.path) == [("T", "")]


def test_what_is_known_of_the_folder_comes_with_the_stack(qtbot, workbench, project, tmp_path):
    workbench.settings.remember_axes(str(tmp_path / "data"), "T")
    open_plain(qtbot, workbench, tmp_path / "data" / "b.tif")
    assert said(project) == [("", ""), ("T", "")]
    assert shapes(workbench) == [(1, 12, 1), (12, 1, 1)]
    assert workbench.projects.history.undo_words == "Adding b.tif"


def test_what_is_said_of_a_folder_is_taken_back_at_once(qtbot, workbench, project, tmp_path):
    folder = tmp_path / "data"
    open_plain(qtbot, workbench, folder / "b.tif", folder / "c.tif")
    read_again(qtbot, workbench, "1,1,1", "ZC2", with_folder=True)
    # the voxel size was said of the current one alone
    assert said(project) == [("ZC2", ""), ("ZC2", "1,1,1"), ("ZC2", "")]
    assert workbench.projects.history.undo_words == "Axes and Voxel Size of 3 Stacks"
    workbench.projects.undo()
    qtbot.waitUntil(lambda: shapes(workbench) == [(1, 12, 1)] * 3, timeout=20_000)
    assert said(project) == [("", "")] * 3


def test_a_closed_stack_comes_back_as_it_was_read(qtbot, workbench, project):
    read_again(qtbot, workbench, "", "T")
    workbench.session.remove(workbench.session.current)
    workbench.projects.undo()
    qtbot.waitUntil(lambda: shapes(workbench) == [(12, 1, 1)], timeout=20_000)


def test_a_stack_that_changed_so_that_it_does_not_fit_still_opens(
    qtbot, workbench, project, told, tmp_path
):
    read_again(qtbot, workbench, "", "ZC2")
    write_plain(tmp_path / "data" / "a.tif", planes=7)
    open_again(qtbot, workbench, project)
    assert shapes(workbench) == [(1, 7, 1)]
    (warning,) = [sentence for sentence in told if "does not fit" in sentence]
    assert "a.tif: What was said of it earlier (planes ZC2)" in warning
    assert said(project) == [("ZC2", "")]


def test_a_moved_stack_is_read_as_before(qtbot, workbench, project, tmp_path):
    read_again(qtbot, workbench, "", "T")
    workbench.projects.close()
    place = tmp_path / "1" / "2" / "3" / "4" / "5"
    shutil.move(tmp_path / "data", place)
    workbench.projects.open(project)
    qtbot.waitUntil(lambda: workbench.projects.current is not None, timeout=20_000)
    assert workbench.projects.current.missing
    workbench.project_jobs.find_moved(tmp_path / "1")
    qtbot.waitUntil(lambda: shapes(workbench) == [(12, 1, 1)], timeout=20_000)
    assert workbench.session.current.path == str(place / "a.tif")
    assert said(project) == [("T", "")]


def test_a_stack_that_is_put_back_is_read_as_before(qtbot, workbench, project, tmp_path):
    read_again(qtbot, workbench, "0.5,0.25,0.2", "")
    workbench.projects.close()
    (tmp_path / "data").rename(tmp_path / "away")
    (tmp_path / "away" / "a.tif").rename(tmp_path / "away" / "b.tif")
    workbench.projects.open(project)
    qtbot.waitUntil(lambda: workbench.projects.current is not None, timeout=20_000)
    assert workbench.projects.current.missing
    open_plain(qtbot, workbench, tmp_path / "data" / "a.tif")
    qtbot.waitUntil(
        lambda: workbench.session.current.calibration.typed == "0.5,0.25,0.2", timeout=20_000
    )
    assert not workbench.projects.current.missing


def test_what_is_read_anew_when_it_is_closed_stays_closed(qtbot, workbench, project):
    session = workbench.session
    session.read_again(session.current, "", "T")
    assert len(workbench.queue.jobs) == 1
    session.remove(session.current)
    qtbot.waitUntil(lambda: not workbench.queue.jobs, timeout=20_000)
    assert session.stacks == ()
    assert said(project) == []


def test_what_a_project_was_opening_stays_out_of_the_next(qtbot, workbench, project, tmp_path):
    workbench.projects.close()
    workbench.projects.open(project)
    qtbot.waitUntil(lambda: bool(workbench.queue.jobs), timeout=20_000)
    workbench.projects.close()
    workbench.projects.create(tmp_path / "q")
    qtbot.waitUntil(lambda: not workbench.queue.jobs, timeout=20_000)
    assert workbench.session.stacks == ()
    assert said(workbench.projects.current.path) == []


def test_what_is_remarked_of_the_files_of_a_project_is_told_at_once(qtbot, workbench, tmp_path):
    folders = [
        write_sequence(tmp_path / name, "img_t{t}_c{c}.tif", planes()[:, :1]) for name in "ab"
    ]
    workbench.projects.create(tmp_path / "p")
    workbench.open_paths([str(folder) for folder in folders])
    qtbot.waitUntil(lambda: len(workbench.session.stacks) == 2, timeout=20_000)
    heard = []
    workbench.notifications.noticed.connect(heard.append)
    open_again(qtbot, workbench, workbench.projects.current.path, count=2)
    (notice,) = heard
    assert notice.sentence == "There are 2 remarks on files of the project."
    assert [line[:2] for line in notice.details.splitlines()] == ["a:", "b:"]
