"""``gvtstudio evaluate --context-sweep``: what it prints, and its exit code."""

import json

import numpy as np
import pytest

from gvtstudio.__main__ import main
from tests.engine.stacks_for_tests import blobs, noisy, write_stack

SHAPE = (8, 16, 24)


@pytest.fixture
def words(tmp_path, tiny_model):
    image = write_stack(tmp_path / "noisy.tif", noisy(SHAPE))
    truth = write_stack(tmp_path / "good.tif", blobs(SHAPE).astype(np.float32))
    return [
        "evaluate", "--context-sweep", "--input", str(image), "--target", str(truth),
        "--model", str(tiny_model), "--precision", "float32",
    ]  # fmt: skip


def test_a_table_is_printed_and_progress_goes_to_standard_error(words, capsys):
    assert main([*words, "--contexts", "8,8,8 8,16,8"]) == 0
    output, errors = capsys.readouterr()
    first, heading, *rows = output.splitlines()
    assert first == "normalisation: care"
    assert heading.split() == ["context", "PSNR", "(dB)", "SSIM", "NRMSE", "seconds"]
    assert [row.split()[0] for row in rows] == ["input", "8,8,8", "8,16,8", "whole"]
    assert rows[-1].startswith("whole (8,16,24)  ")
    assert len({len(row) for row in rows[1:]}) == 1
    assert "Restoring" in errors
    assert "Restoring" not in output


@pytest.mark.parametrize("contexts", [["8,8,8 8,16,8"], ["8,8,8", "8,16,8"]])
def test_answer_is_one_json_object(words, contexts, tmp_path, capsys):
    table = tmp_path / "sweep.csv"
    assert main([*words, "--json", "--csv", str(table), "--contexts", *contexts]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["outputs"] == [str(table)]
    assert [row["context"] for row in answer["contexts"]] == ["input", "8,8,8", "8,16,8", "whole"]
    assert answer["contexts"][1]["size"] == [8, 8, 8]
    assert table.read_text(encoding="utf-8").count("\n") == 5


@pytest.mark.parametrize("left_out", ["--input", "--model"])
def test_what_a_sweep_needs_is_asked_for(words, left_out, capsys):
    place = words.index(left_out)
    assert main(words[:place] + words[place + 2 :]) == 2
    output, errors = capsys.readouterr()
    assert f"needs {left_out}" in errors
    assert output == ""


def test_options_of_a_sweep_without_a_sweep_are_wrong_use(words, capsys):
    plain = ["--restored", words[words.index("--input") + 1]]
    given = [word for word in words if word != "--context-sweep"]
    assert main([*given, *plain]) == 2
    assert "--input belongs to --context-sweep" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--context-sweep", "--restored", "a.tif"]])
def test_evaluate_does_one_thing(options, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--target", "b.tif", *options])
    assert ended.value.code == 2
    assert "--restored" in capsys.readouterr().err


def test_a_refusal_is_one_sentence_and_its_exit_code(words, tmp_path, capsys):
    other = write_stack(tmp_path / "other.tif", noisy((8, 16, 20)))
    words[words.index("--target") + 1] = str(other)
    assert main(words) == 3
    output, errors = capsys.readouterr()
    assert errors.count("\n") == 1
    assert "different sizes" in errors
    assert output == ""
