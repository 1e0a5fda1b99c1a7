"""Learning from the stack itself, from the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from gvtstudio.__main__ import main
from gvtstudio.io.provenance_file import read_provenance
from tests.engine.stacks_for_tests import noisy, write_stack


def words_for(stack: Path, out: Path, *more: str) -> list[str]:
    return [
        "restore", str(stack), "--model", "noise2fast", "--out", str(out),
        "--device", "cpu", "--precision", "float32", "--most-steps", "3", *more,
    ]  # fmt: skip


def test_a_stack_is_restored_without_any_model(tmp_path, stack):
    assert main(words_for(stack, tmp_path, "--seed", "5", "--from-last-plane")) == 0
    path = tmp_path / "cell_denoised_noise2fast.ome.tif"
    restored = tifffile.imread(path)
    assert restored.shape == noisy().shape
    assert not np.array_equal(restored, noisy())
    told = read_provenance(path)
    assert (told.model, told.parameters["seed"]) == ("noise2fast", 5)
    assert told.parameters["from_last_plane"] is True
    # slices that are flat after so few steps are tried a second time
    assert 8 * 3 <= told.numbers["learning_steps"] <= 2 * 8 * 3


def test_the_same_command_gives_the_same_bits(tmp_path, stack):
    results = []
    for name in ("one", "other"):
        assert main(words_for(stack, tmp_path / name, "--dtype", "float32")) == 0
        results.append(tifffile.imread(next((tmp_path / name).glob("*.ome.tif"))))
    assert np.array_equal(*results)


def test_small_slices_and_numbers_that_are_none_are_refused(tmp_path, capsys):
    small = write_stack(tmp_path / "small.ome.tif", noisy((2, 12, 40)))
    holes = noisy((2, 24, 24), "float32")
    holes[1, 3, 4] = np.nan
    broken = write_stack(tmp_path / "nan.ome.tif", holes)
    for path, words in ((small, "too small to learn from"), (broken, "NaN")):
        assert main(words_for(path, tmp_path / "out")) == 3
        errors = capsys.readouterr().err
        assert words in errors
    assert not (tmp_path / "out").exists()


def test_it_is_listed_and_shown(capsys):
    assert main(["models", "list"]) == 0
    assert "noise2fast  (denoising, no model file: learns" in capsys.readouterr().out
    assert main(["models", "list", "--json"]) == 0
    last = json.loads(capsys.readouterr().out)["models"][-1]
    assert (last["card"]["name"], last["path"]) == ("noise2fast", "")
    assert main(["models", "show", "noise2fast"]) == 0
    text = capsys.readouterr().out
    assert "259,201 parameters" in text
    assert "independent from pixel to pixel" in text
    assert "Lequyer" in text


@pytest.mark.parametrize(
    ("given", "words"),
    [(["--seed", "-2"], "Seed cannot be -2"), (["--flips"], "mirror images")],
)
def test_what_it_cannot_do_is_refused(tmp_path, stack, given, words, capsys):
    assert main(words_for(stack, tmp_path / "out", *given)) in (2, 3)
    assert words in capsys.readouterr().err
