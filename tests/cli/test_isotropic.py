"""One command from an anisotropic stack to an isotropic one and the model that made it."""

import json
from pathlib import Path

import pytest

from gvtstudio.__main__ import main
from gvtstudio.io.model_package import read_card
from gvtstudio.io.stacks import inspect_stack
from tests.engine.stacks_for_tests import files_below
from tests.tasks.test_isotropic import anisotropic, unfit, write

SMALL = [
    "--steps", "4", "--validation-every", "2", "--patch-yx", "24", "--partner-channels", "4",
    "--warm-up", "2", "--seed", "3", "--set", "base_channels=2", "--precision", "float32",
]  # fmt: skip


def command(stack: Path, out: Path, *options: str) -> list[str]:
    return ["isotropic", str(stack), "--out", str(out), *SMALL, *options]


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    return write(tmp_path / "cells.ome.tif", anisotropic())


def test_a_stack_becomes_isotropic_and_the_model_is_kept(stack, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(command(stack, out, "--variant", "athena")) == 0
    result, model = out / "cells_isotropic.ome.tif", out / "cells_isotropic.gvtmodel"
    printed = capsys.readouterr()
    assert printed.out.splitlines()[:2] == [str(model), str(result)]
    assert "as restored" in printed.err
    assert set(files_below(out)) == {model.name, result.name, f"{result.name}.json"}
    info = inspect_stack(result)
    assert info.shape == (1, 48, 1, 40, 44)
    assert info.calibration.anisotropy == pytest.approx(1)
    assert read_card(model).training["steps"] == 4

    before = result.read_bytes()
    assert main(command(stack, out)) == 4
    assert "exists already" in capsys.readouterr().err
    assert result.read_bytes() == before

    again = tmp_path / "again"
    assert main(["restore", str(stack), "--model", str(model), "--out", str(again)]) == 0
    (restored,) = again.glob("*.tif")
    assert inspect_stack(restored).shape == info.shape


def test_json_tells_of_training_and_restoring(stack, tmp_path, capsys):
    assert main(command(stack, tmp_path / "out", "--json", "--light-sheet")) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["training"]["numbers"]["best_step"] in (2, 4)
    assert answer["restoring"]["outputs"] == [str(tmp_path / "out" / "cells_isotropic.ome.tif")]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("isotropic already", "isotropic already"),
        ("no voxel size", "--voxel-size"),
        ("too few planes", "too few planes"),
    ],
)
def test_a_stack_that_cannot_be_learned_from_is_refused_in_one_line(
    kind: str, words: str, tmp_path: Path, capsys
):
    out = tmp_path / "out"
    assert main(command(unfit(kind, tmp_path), out)) == 3
    errors = [line for line in capsys.readouterr().err.splitlines() if "%" not in line]
    assert len(errors) == 1
    assert words in errors[0]
    assert not out.exists() or not files_below(out)


def test_the_voxel_size_can_be_given(tmp_path, capsys):
    stack = unfit("no voxel size", tmp_path)
    assert main(command(stack, tmp_path / "out", "--voxel-size", "0.6,0.2,0.2")) == 0
    (result,) = (tmp_path / "out").glob("*.tif")
    size = inspect_stack(result).calibration
    assert (size.z_um, size.x_um) == pytest.approx((0.2, 0.2))


@pytest.mark.parametrize(
    "options",
    [["--architecture", "isotropc_generator"], ["--set", "chanels=2"], ["--format", "png"]],
)
def test_wrong_names_are_refused_before_anything_is_done(options, stack, tmp_path, capsys):
    assert main(command(stack, tmp_path / "out", *options)) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_same_can_be_done_in_two_steps(stack, tmp_path):
    model = tmp_path / "m.gvtmodel"
    train = ["train", "--task", "isotropic", "--stacks", str(stack), "--out", str(model), *SMALL]
    assert main(train) == 0
    restore = ["restore", str(stack), "--model", str(model), "--out", str(tmp_path / "out")]
    assert main(restore) == 0
    (result,) = (tmp_path / "out").glob("*.tif")
    assert result.name == "cells_isotropic_m.ome.tif"
