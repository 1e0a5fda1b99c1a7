import json
import os

import pytest

from gvtstudio import __version__
from gvtstudio.domain.errors import FileUnreadable, OutputUnwritable
from gvtstudio.domain.project import PROJECT_VERSION, LinkedFile, Project, ProjectStack
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.project_file import create_project, load_project, save_project
from gvtstudio.io.project_links import link_file, resolve_link


@pytest.fixture
def world(tmp_path):
    """A project and its data in two folders beside each other."""
    data = tmp_path / "home" / "Daten Ünï 中文" / "day 1" / "cell 1.tif"
    data.parent.mkdir(parents=True)
    data.write_bytes(b"voxels")
    project = create_project(tmp_path / "home" / "project", "Leber 3")
    return project, data


def with_hash(link: LinkedFile) -> LinkedFile:
    from pathlib import Path

    from msgspec.structs import replace

    return replace(link, sha256=sha256_of_file(Path(link.absolute)))


def test_a_new_project_has_its_folders_and_opens(tmp_path):
    path = create_project(tmp_path / "neu", 'Leber: "3" / 肝')
    assert path.name == "Leber- -3- - 肝.gvtproject"
    assert {p.name for p in path.parent.iterdir()} == {path.name, "jobs", "results"}
    project = load_project(path)
    assert project.name == 'Leber: "3" / 肝'
    assert project.created
    assert (project.version, project.program_version) == (PROJECT_VERSION, __version__)


@pytest.mark.parametrize("name", ["", "...", "   "])
def test_any_name_gives_a_file(tmp_path, name):
    assert create_project(tmp_path / "p", name).name == "project.gvtproject"


def test_a_second_project_in_a_folder_is_refused(world):
    project, _ = world
    before = project.read_bytes()
    with pytest.raises(OutputUnwritable, match="already"):
        create_project(project.parent, "other")
    assert project.read_bytes() == before


def test_a_project_comes_back_as_it_was(world):
    path, data = world
    link = link_file(path.parent, data)
    project = Project(
        name="Ü", stacks=(ProjectStack(link, 2, "note"),), program_version=__version__
    )
    save_project(path, project)
    assert load_project(path) == project
    readable = json.loads(path.read_text(encoding="utf-8"))
    assert readable["stacks"][0]["file"]["relative"] == "../Daten Ünï 中文/day 1/cell 1.tif"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"version": "x"}', b'{"version": 1}', b'{"version": 0}']
)
def test_a_damaged_project_is_told(tmp_path, content):
    path = tmp_path / "p.gvtproject"
    path.write_bytes(content)
    with pytest.raises(FileUnreadable, match=r"p.gvtproject"):
        load_project(path)


def test_a_project_of_a_newer_version_asks_for_an_update(tmp_path):
    path = tmp_path / "p.gvtproject"
    path.write_text(json.dumps({"name": "n", "version": PROJECT_VERSION + 1, "new": {}}))
    with pytest.raises(FileUnreadable, match="newer version") as caught:
        load_project(path)
    assert "Update" in caught.value.remedy


def test_a_missing_project_is_told(tmp_path):
    with pytest.raises(FileUnreadable, match="not found"):
        load_project(tmp_path / "gone.gvtproject")


def test_link_has_forward_slashes_and_size(world):
    path, data = world
    link = link_file(path.parent, data)
    changed_ns = data.stat().st_mtime_ns
    place = "../Daten Ünï 中文/day 1/cell 1.tif"
    assert link == LinkedFile(place, str(data), 6, modified_ns=changed_ns)
    assert resolve_link(path.parent, link) == data


def test_linking_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FileUnreadable, match="not found"):
        link_file(tmp_path, tmp_path / "gone.tif")


def test_project_and_data_moved_together(world, tmp_path):
    path, data = world
    link = link_file(path.parent, data)
    (tmp_path / "home").rename(tmp_path / "stick")
    folder = tmp_path / "stick" / "project"
    assert (
        resolve_link(folder, link) == tmp_path / "stick" / "Daten Ünï 中文" / "day 1" / "cell 1.tif"
    )


def test_only_the_project_moved(world, tmp_path):
    path, data = world
    link = link_file(path.parent, data)
    path.parent.rename(tmp_path / "elsewhere")
    assert resolve_link(tmp_path / "elsewhere", link) == data


@pytest.mark.parametrize("place", ["project/data", "data", "Daten Ünï 中文/day 2"])
def test_only_the_data_moved(world, tmp_path, place):
    path, data = world
    link = with_hash(link_file(path.parent, data))
    target = tmp_path / "home" / place / data.name
    target.parent.mkdir(parents=True)
    data.rename(target)
    assert resolve_link(path.parent, link) == target


def test_another_file_of_the_same_name_and_size_is_not_taken(world, tmp_path):
    path, data = world
    link = with_hash(link_file(path.parent, data))
    data.unlink()
    other = tmp_path / "home" / "other" / data.name
    other.parent.mkdir()
    other.write_bytes(b"VOXELS")
    assert resolve_link(path.parent, link) is None


def test_of_two_places_the_one_of_the_right_size_is_taken(world, tmp_path):
    path, data = world
    link = link_file(path.parent, data)
    path.parent.rename(tmp_path / "project")
    decoy = tmp_path / "Daten Ünï 中文" / "day 1" / data.name
    decoy.parent.mkdir(parents=True)
    decoy.write_bytes(b"something else")
    assert resolve_link(tmp_path / "project", link) == data


def test_a_file_changed_in_its_place_is_still_found(world):
    path, data = world
    link = link_file(path.parent, data)
    data.write_bytes(b"more voxels than before")
    assert resolve_link(path.parent, link) == data


def test_paths_of_more_than_260_characters(tmp_path):
    deep = tmp_path.joinpath(*["Zellen der Leber, 中文, " + 40 * "x"] * 4)
    data = deep / "data" / "cell.tif"
    data.parent.mkdir(parents=True)
    data.write_bytes(b"voxels")
    path = create_project(deep / "project", "long")
    assert len(str(path)) > 260
    link = link_file(path.parent, data)
    assert link.relative == "../data/cell.tif"
    save_project(path, Project("long", (ProjectStack(link),)))
    deep.rename(deep.with_name("y" * 100))
    moved = deep.with_name("y" * 100) / "project" / path.name
    (stack,) = load_project(moved).stacks
    assert resolve_link(moved.parent, stack.file) == moved.parents[1] / "data" / "cell.tif"


def test_a_file_that_is_gone_is_not_found(world):
    path, data = world
    link = link_file(path.parent, data)
    data.unlink()
    assert resolve_link(path.parent, link) is None


def test_the_search_stays_short(world, tmp_path):
    path, data = world
    link = link_file(path.parent, data)
    deep = tmp_path / "home" / "a" / "b" / "c" / "d" / "e" / data.name
    deep.parent.mkdir(parents=True)
    data.rename(deep)
    assert resolve_link(path.parent, link) is None


def test_a_path_of_another_system_is_not_found_but_does_no_harm(tmp_path):
    link = LinkedFile("", "D:\\data\\cell.tif", 6)
    assert resolve_link(tmp_path, link) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_that_is_no_text_is_told(world):
    path, _ = world
    broken = ProjectStack(LinkedFile("", "/data/\udcff.tif", 1))
    with pytest.raises(OutputUnwritable, match="name that is not text"):
        save_project(path, Project(name="n", stacks=(broken,)))
    assert load_project(path).stacks == ()
