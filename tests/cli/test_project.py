"""``gvtstudio project``: info, find-moved and pack, and what they refuse."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from gvtstudio.__main__ import main
from gvtstudio.domain.project import Project, ProjectResult, ProjectStack
from gvtstudio.io.project_file import create_project, load_project, save_project
from gvtstudio.io.project_links import link_file, measured
from gvtstudio.io.project_lock import ProjectLock
from tests.services.stacks import write_stack


@pytest.fixture
def project(tmp_path: Path) -> Path:
    stack = write_stack(tmp_path / "data" / "Zelle 中.tif")
    path = create_project(tmp_path / "p", "Leber")
    link = measured(link_file(path.parent, stack))
    save_project(path, Project("Leber", (ProjectStack(link),)))
    return path


def run(*words: object) -> int:
    return main(["project", *map(str, words)])


def test_info_says_where_everything_is(project, tmp_path, capsys):
    assert run("info", project) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == ["Leber: 1 stacks, 0 results", f"stack {tmp_path / 'data' / 'Zelle 中.tif'}"]
    (tmp_path / "data" / "Zelle 中.tif").unlink()
    assert run("info", project, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["missing"] == [str(tmp_path / "data" / "Zelle 中.tif")]
    assert (answer["lock"], answer["open"]) == ("free", "")


def test_what_was_said_of_a_stack_is_told_packed_and_linked_anew(project, tmp_path, capsys):
    content = load_project(project)
    (bare,) = content.stacks
    stack = ProjectStack(bare.file, axes="zc2", voxel_size="0.5,0.25,0.2")
    save_project(project, Project("Leber", (stack,)))
    assert run("info", project) == 0
    said = capsys.readouterr().out.splitlines()[1]
    assert said.endswith("中.tif, planes ZC2, voxel size 0.5,0.25,0.2 µm")
    assert run("pack", project, "--out", tmp_path / "packed") == 0
    (packed,) = load_project(tmp_path / "packed" / project.name).stacks
    assert packed.reading == stack.reading
    shutil.rmtree(tmp_path / "packed")
    shutil.move(tmp_path / "data" / "Zelle 中.tif", tmp_path / "p" / "b.tif")
    assert run("find-moved", project, "--in", tmp_path / "p") == 0
    (moved,) = load_project(project).stacks
    assert (Path(moved.file.absolute).name, moved.reading) == ("b.tif", stack.reading)


def test_info_says_who_has_it_open(project, capsys):
    lock = ProjectLock(project)
    lock.take()
    assert run("info", project) == 0
    assert "open by" in capsys.readouterr().out
    lock.release()


def test_moved_files_are_linked_anew(project, tmp_path, capsys):
    new = tmp_path / "1" / "2" / "3" / "4" / "5" / "Zelle 中.tif"
    new.parent.mkdir(parents=True)
    (tmp_path / "data" / "Zelle 中.tif").rename(new)
    before = project.read_bytes()
    assert run("find-moved", project, "--in", tmp_path, "--dry-run", "--json") == 0
    assert list(json.loads(capsys.readouterr().out)["moved"].values()) == [str(new)]
    assert project.read_bytes() == before
    assert run("find-moved", project, "--in", tmp_path) == 0
    said = capsys.readouterr()
    assert said.out == f"Zelle 中.tif was found in {tmp_path}.\n"
    assert f"is now {new}." in said.err
    assert load_project(project).stacks[0].file.absolute == str(new)
    assert not list(project.parent.glob("*.lock"))


def test_a_project_that_is_open_elsewhere_is_not_changed(project, tmp_path, capsys):
    new = tmp_path / "1" / "2" / "3" / "4" / "5" / "Zelle 中.tif"
    new.parent.mkdir(parents=True)
    (tmp_path / "data" / "Zelle 中.tif").rename(new)
    lock = ProjectLock(project)
    lock.take()
    before = project.read_bytes()
    assert run("find-moved", project, "--in", tmp_path) == 4
    assert "is open by" in capsys.readouterr().err
    assert project.read_bytes() == before
    assert lock.look().state == "ours"
    lock.release()


def test_pack_makes_one_file(project, tmp_path, capsys):
    out = tmp_path / "for Ada.zip"
    assert run("pack", project, "--out", out) == 0
    assert capsys.readouterr().out == f"{out}\n"
    with zipfile.ZipFile(out) as file:
        assert sorted(file.namelist()) == [
            "for Ada/Leber.gvtproject",
            "for Ada/data/Zelle 中.tif",
        ]
        assert file.testzip() is None


def test_the_models_of_the_results_are_packed(project, tmp_path, stack, tiny_model, capsys):
    model = Path(shutil.copy(tiny_model, tmp_path))  # the other tests want theirs
    words = ["restore", str(stack), "--model", str(model), "--out", str(tmp_path / "out")]
    assert main([*words, "--device", "cpu"]) == 0
    made = Path(capsys.readouterr().out.splitlines()[-1])
    content = load_project(project)
    result = ProjectResult(link_file(project.parent, made))
    save_project(project, Project("Leber", content.stacks, (result,)))
    assert run("pack", project, "--out", tmp_path / "packed") == 0
    packed = tmp_path / "packed" / "models" / model.name
    assert packed.read_bytes() == model.read_bytes()
    model.unlink()
    assert run("pack", project, "--out", tmp_path / "without") == 0
    assert "is not in the pack" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("find-moved", "{project}"), 2, "--in DIR"),
        (("find-moved", "{project}", "--in", "gone"), 3, "There is no folder"),
        (("pack", "{project}"), 2, "--out"),
        (("pack", "{project}", "--out", "{project}"), 4, "exists already"),
        (("info", "gone.gvtproject"), 3, "was not found"),
        (("pack", "gone.gvtproject", "--out", "x"), 3, "was not found"),
    ],
)
def test_what_is_refused(project, words, code, said, capsys):
    assert run(*(word.format(project=project) for word in words)) == code
    assert said in capsys.readouterr().err


def test_a_missing_file_is_named_when_packing(project, tmp_path, capsys):
    (tmp_path / "data" / "Zelle 中.tif").unlink()
    assert run("pack", project, "--out", tmp_path / "packed", "--json") == 0
    said = capsys.readouterr()
    assert "Zelle 中.tif was not found and is not in the pack" in said.err
    assert "1 missing" in json.loads(said.out)["verdict"]
