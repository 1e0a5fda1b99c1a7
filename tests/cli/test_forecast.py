"""What a restoration would take, asked on the command line."""

import json
from pathlib import Path

from gvtstudio.__main__ import main
from tests.engine.stacks_for_tests import files_below, noisy, write_stack

MODEL = ["--model", "denoise-fluorescence-3d"]


def test_a_forecast_restores_nothing(tmp_path: Path, capsys):
    path = write_stack(tmp_path / "in" / "stack.ome.tif", noisy((16, 32, 32)))
    options = ["restore", str(path), *MODEL]
    assert main([*options, "--out", str(tmp_path / "out"), "--forecast", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    (result,) = answer["results"].values()
    assert result["outputs"] == []
    assert result["numbers"]["memory_bytes"] > 1e6
    assert result["numbers"]["seconds"] > 0
    assert files_below(tmp_path) == ["in/stack.ome.tif"]


def test_a_forecast_is_printed_in_words_and_numbers(tmp_path: Path, capsys):
    path = tmp_path / "stack.ome.tif"
    write_stack(path, noisy((16, 32, 32)))
    out = str(tmp_path / "out")
    assert main(["restore", str(path), *MODEL, "--out", out, "--forecast"]) == 0
    heard = capsys.readouterr()
    assert "memory_bytes: " in heard.out
    assert "Restoring needs" in heard.err


def test_memory_that_is_no_amount_is_refused(tmp_path: Path, capsys):
    path = tmp_path / "stack.ome.tif"
    write_stack(path, noisy((16, 32, 32)))
    options = ["--out", str(tmp_path / "out"), "--memory", "lots"]
    assert main(["restore", str(path), *MODEL, *options]) == 2
    assert "4GB" in capsys.readouterr().err


def test_too_little_memory_is_refused_with_a_remedy(tmp_path: Path, capsys):
    path = tmp_path / "stack.ome.tif"
    write_stack(path, noisy((16, 32, 32)))
    options = ["--out", str(tmp_path / "out"), "--memory", "50MB"]
    assert main(["restore", str(path), *MODEL, *options]) == 4
    assert "--memory" in capsys.readouterr().err
    assert files_below(tmp_path) == ["stack.ome.tif"]
