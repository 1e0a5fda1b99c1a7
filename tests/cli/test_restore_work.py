"""A restoration that was killed goes on when the same command is given again."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tifffile

from gvtstudio.__main__ import main
from tests.engine.stacks_for_tests import files_below, noisy, write_stack


def words_for(stack: Path, model: Path, out: Path) -> list[str]:
    return [
        "restore", str(stack), "--model", str(model), "--out", str(out),
        "--device", "cpu", "--precision", "float32", "--tile", "8,8,8",
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed the POSIX way")
def test_killed_in_the_middle_it_goes_on(tmp_path, tiny_model, capsys):
    stack = write_stack(tmp_path / "cell.ome.tif", noisy((24, 192, 192)))
    work = tmp_path / "work"
    words = [*words_for(stack, tiny_model, tmp_path / "out"), "--work", str(work)]
    with subprocess.Popen([sys.executable, "-m", "gvtstudio", *words]) as process:
        until = time.monotonic() + 120
        while not list(work.glob("*/journal.msgpack")) and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    assert list(work.glob("*/journal.msgpack"))
    assert not (tmp_path / "out").exists()

    assert main(words) == 0
    assert "Going on with a restoration" in capsys.readouterr().err
    assert files_below(work) == []
    assert main(words_for(stack, tiny_model, tmp_path / "at once")) == 0
    [one], [other] = (list((tmp_path / name).glob("*.ome.tif")) for name in ("out", "at once"))
    assert (tifffile.imread(one) == tifffile.imread(other)).all()


def test_a_folder_for_work_that_cannot_be_made_is_said_in_words(
    tmp_path, stack, tiny_model, capsys
):
    (tmp_path / "file").write_text("in the way")
    words = [*words_for(stack, tiny_model, tmp_path / "out"), "--work", str(tmp_path / "file")]
    assert main(words) == 4
    assert "cannot be written" in capsys.readouterr().err
