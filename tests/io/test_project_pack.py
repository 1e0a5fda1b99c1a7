import json
import os
import random
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from gvtstudio.domain.errors import Cancelled, FileUnreadable, OutputUnwritable, ResourcesMissing
from gvtstudio.domain.project import Project, ProjectResult, ProjectStack
from gvtstudio.io.project_file import create_project, load_project, save_project
from gvtstudio.io.project_links import link_file, measured, resolve_project
from gvtstudio.io.project_pack import plan_pack, write_pack
from tests.io.test_project_search import write_zarr


def silent(*_):
    pass


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def world(tmp_path):
    """A project with two files of one name, a folder, a dataset of two parts, and a result."""
    home = tmp_path / "home"
    sources = [
        write(home / "day 1" / "cell 中.tif", b"one"),
        write(home / "day 2" / "Cell 中.tif", b"second"),
        write_zarr(home / "cells.zarr"),
        write(home / "scan.oif", b"settings"),
    ]
    write(home / "scan.oif.files" / "s_C001.tif", b"plane")
    path = create_project(home / "p", "Leber")
    made = write(path.parent / "results" / "cell_d.tif", b"restored")
    write(made.with_name("cell_d.tif.json"), b"{}")
    write(path.parent / "jobs" / "job-1" / "request.json", b"{}")
    write(path.parent / "jobs" / "job-1" / "unfinished.gvtscratch", b"large")
    links = [measured(link_file(path.parent, source)) for source in sources]
    stacks = (*map(ProjectStack, links), ProjectStack(links[0], 1))
    result = ProjectResult(link_file(path.parent, made), "job-1", links[0].sha256)
    project = Project("Leber", stacks, (result,))
    save_project(path, project)
    return path


def pack(path: Path, out: Path, report=silent, models=()):
    resolved = resolve_project(path.parent, load_project(path))
    plan = plan_pack(path, resolved.project, resolved.missing, models, out)
    write_pack(plan, path, out, report)
    return plan


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


EXPECTED = {
    "data/cell 中.tif": b"one",
    "data/2/Cell 中.tif": b"second",
    "data/cells.zarr/c/0": b"chunk",
    "data/scan.oif": b"settings",
    "data/scan.oif.files/s_C001.tif": b"plane",
    "results/cell_d.tif": b"restored",
    "results/cell_d.tif.json": b"{}",
    "jobs/job-1/request.json": b"{}",
    "models/mine.gvtmodel": b"weights",
}


@pytest.mark.parametrize("name", ["packed", "packed.zip"])
def test_everything_is_in_the_pack_and_is_found_elsewhere(world, tmp_path, name):
    before = tree(tmp_path / "home")
    model = write(tmp_path / "models" / "mine.gvtmodel", b"weights")
    heard = []
    out = tmp_path / "out" / name
    pack(world, out, lambda done, total: heard.append((done, total)), [model])
    assert tree(tmp_path / "home") == before
    assert heard[-1][0] == heard[-1][1]
    colleague = tmp_path / "colleague" / "packed"
    if out.suffix:
        with zipfile.ZipFile(out) as file:
            file.extractall(colleague.parent)
    else:
        shutil.move(out, colleague)
    shutil.rmtree(tmp_path / "home")
    files = tree(colleague)
    marker = json.loads(files.pop("data/cells.zarr/zarr.json"))
    assert marker["zarr_format"] == 3
    project = json.loads(files.pop("Leber.gvtproject"))
    assert files == EXPECTED
    assert [stack["file"]["relative"] for stack in project["stacks"]] == [
        "data/cell 中.tif", "data/2/Cell 中.tif", "data/cells.zarr", "data/scan.oif",
        "data/cell 中.tif",
    ]  # fmt: skip
    resolved = resolve_project(colleague, load_project(colleague / "Leber.gvtproject"))
    assert not resolved.missing
    places = [Path(stack.file.absolute) for stack in resolved.project.stacks]
    assert all(place.is_relative_to(colleague) for place in places)


def test_nothing_of_this_computer_is_in_the_packed_links(world, tmp_path):
    out = tmp_path / "out" / "packed"
    pack(world, out)
    assert str(tmp_path / "home") not in (out / "Leber.gvtproject").read_text(encoding="utf-8")


def test_a_copy_keeps_its_time_so_that_it_is_not_read_again(world, tmp_path):
    out = tmp_path / "packed"
    pack(world, out)
    resolved = resolve_project(out, load_project(out / "Leber.gvtproject"))
    link = resolved.project.stacks[0].file
    assert measured(link) == link


@pytest.mark.parametrize("name", ["packed", "packed.zip"])
def test_stopped_halfway_leaves_nothing(world, tmp_path, name):
    def stop(done, total):
        if done > total // 2:
            raise Cancelled

    before = tree(tmp_path)
    with pytest.raises(Cancelled):
        pack(world, tmp_path / "out" / name, stop)
    assert tree(tmp_path) == before
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("name", ["packed", "packed.zip"])
def test_a_full_disk_is_told_before_anything_is_copied(world, tmp_path, name, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**6, 10**6, 1000))
    with pytest.raises(ResourcesMissing, match="are free in"):
        pack(world, tmp_path / "out" / name)
    assert not (tmp_path / "out").exists()


def test_what_exists_is_never_replaced(world, tmp_path):
    out = write(tmp_path / "packed.zip", b"precious")
    with pytest.raises(OutputUnwritable, match="exists already"):
        pack(world, out)
    assert out.read_bytes() == b"precious"


def test_a_pack_inside_a_stack_is_refused(world, tmp_path):
    with pytest.raises(OutputUnwritable, match=r"cells\.zarr"):
        pack(world, tmp_path / "home" / "cells.zarr" / "c" / "pack")
    assert (tmp_path / "home" / "cells.zarr" / "c").is_dir()
    assert len(list((tmp_path / "home" / "cells.zarr" / "c").iterdir())) == 1


def test_a_missing_file_is_named_and_the_rest_is_packed(world, tmp_path):
    (tmp_path / "home" / "day 2" / "Cell 中.tif").unlink()
    out = tmp_path / "packed"
    plan = pack(world, out)
    assert plan.missing == ("Cell 中.tif",)
    resolved = resolve_project(out, load_project(out / "Leber.gvtproject"))
    assert len(resolved.project.stacks) == 5
    assert len(resolved.missing) == 1


def test_a_file_that_vanishes_meanwhile_is_told(world, tmp_path):
    def vanish(done, total):
        (tmp_path / "home" / "scan.oif").unlink(missing_ok=True)

    with pytest.raises(FileUnreadable, match=r"scan\.oif"):
        pack(world, tmp_path / "packed", vanish)
    assert not (tmp_path / "packed").exists()


def test_in_a_zip_only_what_shrinks_is_made_smaller(tmp_path):
    sources = [
        write(tmp_path / "flat.tif", bytes(3_000_000)),
        write(tmp_path / "noise.tif", random.Random(1).randbytes(3_000_000)),
        write(tmp_path / "empty.tif", b""),
    ]
    path = create_project(tmp_path / "p", "p")
    stacks = tuple(ProjectStack(link_file(path.parent, source)) for source in sources)
    save_project(path, Project("p", stacks))
    pack(path, tmp_path / "p.zip")
    with zipfile.ZipFile(tmp_path / "p.zip") as file:
        assert file.testzip() is None
        packed = {Path(entry.filename).name: entry for entry in file.infolist()}
    assert packed["flat.tif"].compress_size < 100_000
    assert packed["noise.tif"].compress_size == packed["noise.tif"].file_size == 3_000_000


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_that_windows_refuses_are_changed_in_the_pack(tmp_path):
    source = write(tmp_path / 'a:"1"?.tif', b"x")
    path = create_project(tmp_path / "p", "p")
    stack = ProjectStack(link_file(path.parent, source))
    save_project(path, Project("p", (stack,)))
    pack(path, tmp_path / "packed")
    assert (tmp_path / "packed" / "data" / "a-1-.tif").read_bytes() == b"x"
