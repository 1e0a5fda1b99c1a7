"""Links of a project to folders that are stacks."""

from pathlib import Path

import msgspec

from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.project_file import create_project
from gvtstudio.io.project_links import link_file, resolve_link


def with_hash(link):
    return msgspec.structs.replace(link, sha256=sha256_of_file(Path(link.absolute)))


def test_a_folder_that_is_a_stack_is_linked_and_found_again(tmp_path):
    project = create_project(tmp_path / "home" / "project", "p")
    stack = tmp_path / "home" / "data" / "cell.zarr"
    stack.mkdir(parents=True)
    (stack / ".zgroup").write_text('{"zarr_format": 2}')
    for number in range(3):
        (stack / str(number)).write_bytes(bytes([number]))
    link = with_hash(link_file(project.parent, stack))
    assert (link.size, resolve_link(project.parent, link)) == (0, stack)
    moved = tmp_path / "home" / "other" / "cell.zarr"
    moved.parent.mkdir()
    stack.rename(moved)
    # one of the same name with other content, and one that is no stack
    decoy = tmp_path / "home" / "data" / "cell.zarr"
    decoy.mkdir()
    (decoy / ".zgroup").write_text("{}")
    (tmp_path / "home" / "project" / "cell.zarr").mkdir()
    (decoy / ".zgroup").rename(decoy / "no longer described")
    assert resolve_link(project.parent, link) == moved


def test_the_search_does_not_go_into_folders_that_are_stacks(tmp_path):
    project = create_project(tmp_path / "home" / "project", "p")
    many = tmp_path / "home" / "aaa.zarr"
    many.mkdir()
    for number in range(6000):
        (many / str(number)).touch()
    data = tmp_path / "home" / "zzz" / "cell.tif"
    data.parent.mkdir()
    data.write_bytes(b"voxels")
    link = with_hash(link_file(project.parent, data))
    moved = tmp_path / "home" / "yyy" / "cell.tif"
    moved.parent.mkdir()
    data.rename(moved)
    assert resolve_link(project.parent, link) == moved
