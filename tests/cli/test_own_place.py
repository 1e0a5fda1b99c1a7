"""A place for the program's own files that is none."""

from pathlib import Path

import pytest

from gvtstudio.__main__ import main
from tests.engine.stacks_for_tests import noisy, write_stack


@pytest.fixture(params=["file", "file/below"])
def useless_home(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The variable names a file, or something below one."""
    (tmp_path / "file").write_text("kept")
    monkeypatch.setenv("GVTSTUDIO_HOME", str(tmp_path / request.param))
    return tmp_path / request.param


@pytest.mark.parametrize("options", [[], ["--out", "OUT"]])
def test_a_demo_says_in_one_sentence_what_to_do(options, useless_home, tmp_path, capsys):
    given = [str(tmp_path / "out") if option == "OUT" else option for option in options]
    assert main(["demo", "--headless", *given]) == 4
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence == (
        f"The program cannot keep its own files in {useless_home}: {tmp_path / 'file'} is no "
        "folder. Let the environment variable GVTSTUDIO_HOME name a folder that you may write in."
    )
    assert (tmp_path / "file").read_text() == "kept"


def test_a_model_that_should_lie_there_is_refused_so_too(useless_home, tmp_path, capsys):
    stack = write_stack(tmp_path / "stack.ome.tif", noisy((12, 32, 32)))
    out = str(useless_home / "models" / "mine.gvtmodel")
    assert main(["train", "--task", "isotropic", "--stacks", str(stack), "--out", out]) == 4
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "GVTSTUDIO_HOME" in sentence


@pytest.mark.usefixtures("useless_home")
def test_what_writes_nothing_there_works(tmp_path, capsys):
    stack = write_stack(tmp_path / "stack.ome.tif", noisy((16, 32, 32)))
    restore = ["restore", str(stack), "--model", "denoise-fluorescence-3d", "--forecast"]
    assert main([*restore, "--out", str(tmp_path / "out")]) == 0
    assert "Restoring needs" in capsys.readouterr().err
    assert main(["models", "list"]) == 0
