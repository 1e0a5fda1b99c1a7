"""Leave-one-out from the command line: a model per pair and a table of their scores."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from gvtstudio.__main__ import main
from gvtstudio.io.model_package import read_card
from tests.engine.stacks_for_tests import write_stack

QUICK = [
    "--steps", "2", "--validation-every", "2", "--batch-size", "1", "--patch-z", "8",
    "--patch-yx", "16", "--set", "base_channels=4", "--set", "references=4", "--device", "cpu",
]  # fmt: skip


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("labelled")
    for i in range(3):
        labels = np.zeros((8, 24, 32), np.uint8)
        labels[:, 4 + i : 16 + i, 6:26] = 3
        image = np.random.default_rng(i).normal(200 + 60.0 * labels, 5).astype(np.uint16)
        write_stack(folder / "in" / f"field {i}.ome.tif", image)
        write_stack(folder / "labels" / f"field {i}.ome.tif", labels)
    return folder / "in", folder / "labels"


def command(pairs: tuple[Path, Path], out: Path, *more: str) -> list[str]:
    where = ["--pairs", *map(str, pairs), "--out", str(out / "m.gvtmodel")]
    return ["train", "--task", "segmentation", *where, *QUICK, "--leave-each-out", *more]


def test_every_pair_is_left_out_once_and_listed(pairs, tmp_path, capsys):
    assert main(command(pairs, tmp_path)) == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"m-without-{n}.gvtmodel" for n in (1, 2, 3)]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["left", "out", "dice"]
    for number, line in enumerate(lines[1:4], start=1):
        scores = read_card(tmp_path / f"m-without-{number}.gvtmodel").scores
        assert {score.data for score in scores} == {f"field {number - 1}.ome.tif"}
        dice = [score.restored for score in scores if score.metric == "dice"]
        assert line.split()[:3] == ["field", f"{number - 1}.ome.tif", f"{np.mean(dice):.3f}"]
    each = [float(line.split()[2]) for line in lines[1:4]]
    assert float(lines[4].split()[1]) == pytest.approx(np.mean(each), abs=1e-3)
    assert lines[5].startswith("standard deviation")


def test_what_is_done_is_not_done_again(pairs, tmp_path, capsys):
    assert main(command(pairs, tmp_path)) == 0
    first = tmp_path / "m-without-1.gvtmodel"
    written = first.stat().st_mtime_ns
    table = capsys.readouterr().out
    shutil.move(tmp_path / "m-without-3.gvtmodel", tmp_path / "elsewhere.gvtmodel")
    assert main(command(pairs, tmp_path, "--resume")) == 0
    assert capsys.readouterr().out == table
    assert first.stat().st_mtime_ns == written
    assert main(command(pairs, tmp_path, "--json")) != 0  # they are there, and never overwritten
    assert json.loads(capsys.readouterr().out)["table"] == []


def test_other_tasks_know_no_leaving_out(pairs, tmp_path, capsys):
    where = ["--pairs", *map(str, pairs), "--out", str(tmp_path / "m.gvtmodel")]
    assert main(["train", "--task", "denoising", *where, "--leave-each-out"]) == 2
    assert "leave out" in capsys.readouterr().err
