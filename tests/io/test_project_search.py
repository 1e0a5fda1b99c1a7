import json
import os
import shutil
from pathlib import Path

import pytest

from gvtstudio.domain.errors import Cancelled
from gvtstudio.domain.project import LinkedFile, Project, ProjectResult, ProjectStack
from gvtstudio.io.project_links import link_file, measured
from gvtstudio.io.project_search import find_moved, missing_links, relinks
from tests.io.sequences_for_tests import (
    planes,
    write_new_micromanager,
    write_old_micromanager,
    write_sequence,
)


def silent(*_):
    pass


@pytest.fixture
def old(tmp_path) -> Path:
    folder = tmp_path / "old" / "day 1"
    folder.mkdir(parents=True)
    return folder


def linked(path: Path, content: bytes = b"voxels") -> LinkedFile:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return measured(link_file(path.parents[1], path))


def write_zarr(folder: Path, content: bytes = b"chunk") -> Path:
    (folder / "c").mkdir(parents=True)
    (folder / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group"}))
    (folder / "c" / "0").write_bytes(content)
    return folder


def test_files_are_found_by_name_however_deep(old, tmp_path):
    links = [linked(old / "Zelle 1 中.tif", b"one"), linked(old / "b.tif", b"second")]
    new = tmp_path / "new" / "a" / "b" / "c" / "d" / "e" / "day 1"
    new.parent.mkdir(parents=True)
    old.rename(new)
    answer = find_moved(links, tmp_path / "new", silent)
    assert answer.moved == {link.absolute: str(new / Path(link.absolute).name) for link in links}
    assert answer.verdict.startswith("All 2 missing files were found")
    assert str(new / "b.tif") in answer.lines[1]


def test_a_renamed_file_is_found_by_its_content(old, tmp_path):
    link = linked(old / "a.tif", b"unique")
    (old / "a.tif").unlink()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "other.tif").write_bytes(b"UNIQUE")
    (tmp_path / "new" / "renamed.tif").write_bytes(b"unique")
    answer = find_moved([link], tmp_path / "new", silent)
    assert answer.moved == {link.absolute: str(tmp_path / "new" / "renamed.tif")}


def test_a_namesake_with_another_content_is_named_but_not_taken(old, tmp_path):
    link, gone = linked(old / "a.tif", b"voxels"), linked(old / "gone.tif", b"x")
    shutil.rmtree(old)
    namesake = tmp_path / "new" / "a.tif"
    namesake.parent.mkdir()
    namesake.write_bytes(b"VOXELS")
    answer = find_moved([link, gone], namesake.parent, silent)
    assert answer.moved == {}
    assert answer.lines[0] == f"a.tif was not found: {namesake} has its name, but another content."
    assert answer.lines[1] == "gone.tif was not found."
    assert "0 of 2" in answer.verdict
    assert "not found: a.tif, gone.tif" in answer.verdict


def test_without_a_hash_name_and_size_decide_and_known_folders_come_first(tmp_path):
    link = LinkedFile("", "D:\\study\\day 1\\a.tif", 6)
    for folder, content in (("0", b"VOXELS"), ("day 1", b"voxels"), ("z", b"seven b")):
        linked(tmp_path / folder / "a.tif", content)
    answer = find_moved([link], tmp_path, silent)
    assert answer.moved == {link.absolute: str(tmp_path / "day 1" / "a.tif")}


@pytest.mark.parametrize("name", ["cells.zarr", "renamed.zarr"])
def test_a_stack_that_is_a_folder_is_found(old, tmp_path, name):
    folder = write_zarr(old / "cells.zarr")
    link = measured(link_file(old, folder))
    assert link.size == 5 + len((folder / "zarr.json").read_bytes())
    write_zarr(tmp_path / "new" / "1" / "cells.zarr", b"other")
    new = tmp_path / "new" / "2" / name
    new.parent.mkdir()
    folder.rename(new)
    answer = find_moved([link], tmp_path / "new", silent)
    assert answer.moved == {link.absolute: str(new)}


def write_numbered(folder: Path) -> Path:
    return write_sequence(folder, "img_{z:03d}.tif", planes()[:1, :, :1])


def write_old(folder: Path) -> Path:
    return write_old_micromanager(folder, planes())


def write_new(folder: Path) -> Path:
    return write_new_micromanager(folder, {"Pos0": planes()})


@pytest.mark.parametrize("name", ["cells", "of Tuesday"])
@pytest.mark.parametrize("write", [write_numbered, write_old, write_new, write_zarr])
def test_folders_of_planes_and_of_micro_manager_are_found(old, tmp_path, write, name):
    folder = write(old / "cells")
    link, image = measured(link_file(old, folder)), linked(old / "a.tif")
    other = write(tmp_path / "new" / "1" / "cells")
    part = next(path for path in sorted(other.rglob("*")) if path.is_file())
    part.write_bytes(part.read_bytes()[:-1] + b"!")
    new = tmp_path / "new" / "2" / name
    new.parent.mkdir()
    folder.rename(new)
    (new / ".DS_Store").write_bytes(b"looked at")  # no content
    (old / "a.tif").unlink()
    answer = find_moved([image, link], tmp_path / "new", silent)
    assert answer.moved == {link.absolute: str(new)}
    assert measured(relinks(old, [link], answer.moved)[0][1]).sha256 == link.sha256


def test_folders_are_not_counted_for_a_file(old, tmp_path, monkeypatch):
    link = linked(old / "a.tif")
    (old / "a.tif").unlink()
    write_numbered(tmp_path / "new" / "cells")
    monkeypatch.delattr("gvtstudio.io.project_search.size_and_time")
    assert find_moved([link], tmp_path / "new", silent).moved == {}


def test_the_search_can_be_stopped_and_tells_how_far_it_is(old, tmp_path):
    link = linked(old / "a.tif")
    for i in range(5):
        (tmp_path / "new" / str(i)).mkdir(parents=True)
    heard = []

    def report(stage, done, total, unit):
        heard.append((stage, done, total))
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        find_moved([link], tmp_path / "new", report)
    assert [done for _, done, _ in heard] == [0, 1, 2, 3]
    assert all(done <= total for _, done, total in heard)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_ring_of_links_ends(old, tmp_path):
    link = linked(old / "a.tif")
    new = tmp_path / "new"
    new.mkdir()
    (new / "ring").symlink_to(new, target_is_directory=True)
    (old / "a.tif").unlink()
    assert find_moved([link], new, silent).moved == {}


def test_one_file_of_several_entries_is_looked_for_once_and_linked_everywhere(old, tmp_path):
    link = linked(old / "a.tif")
    project = Project("p", (ProjectStack(link, 0), ProjectStack(link, 1)), (ProjectResult(link),))
    links = missing_links(project, frozenset({link.absolute}))
    assert links == [link]
    new = tmp_path / "new" / "a.tif"
    ((before, after),) = relinks(tmp_path / "new" / "p", links, {link.absolute: str(new)})
    assert before == link
    assert (after.relative, after.absolute) == ("../a.tif", str(new))
    assert (after.size, after.sha256) == (link.size, link.sha256)


def test_nothing_missing_is_said():
    assert "No file" in find_moved([], Path.cwd(), silent).verdict
