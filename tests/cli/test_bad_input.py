"""Bad input: one sentence with a remedy, the right exit code, nothing half, the others done."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from gvtstudio.__main__ import main
from gvtstudio.services.engine_command import engine_environment
from gvtstudio.tasks import TASKS
from tests.engine.stacks_for_tests import files_below, noisy, write_stack, write_tiny_model

RESULT = "cell_denoised_tiny.ome.tif"
DONE = [RESULT, RESULT + ".json"]


def sentences(errors: str) -> list[str]:
    """Lines on standard error that are no progress."""
    stages = ("Restoring:", "Writing:", "Simulating:", "Looking at files:", "Measuring:")
    return [line for line in errors.splitlines() if line and not line.startswith(stages)]


def nan(path: Path) -> None:
    image = noisy(dtype="float32")
    image[3, 4, 5] = np.nan
    write_stack(path, image)


def truncated(path: Path) -> None:
    write_stack(path, noisy((8, 64, 64)))
    path.write_bytes(path.read_bytes()[:20_000])


def png(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))


BAD_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "text.tif": (lambda p: p.write_text("no image"), "is not an image"),
    "picture.tif": (png, "is not an image"),
    "empty.tif": (lambda p: p.write_bytes(b""), "is empty"),
    "truncated.tif": (truncated, "truncated.tif"),
    "nan.tif": (nan, "no numbers"),
    "rgb.tif": (
        lambda p: tifffile.imwrite(p, noisy((24, 28, 3), "uint8"), photometric="rgb"),
        "colour picture",
    ),
    "zeros.tif": (lambda p: write_stack(p, np.zeros((4, 16, 16), np.uint16)), "same value"),
    "mask.tif": (lambda p: tifffile.imwrite(p, noisy((24, 28)) > 30), "no intensities"),
    "complex.tif": (lambda p: tifffile.imwrite(p, noisy((24, 28), "complex64")), "real numbers"),
    "missing.tif": (lambda p: None, "was not found"),
    "folder.tif": (lambda p: p.mkdir(), "is a folder"),
    "scan.oir": (lambda p: p.write_bytes(b"OLYMPUSRAWFORMAT" + bytes(600)), "cannot read yet"),
}


@pytest.mark.parametrize("name", sorted(BAD_FILES))
def test_bad_file_is_refused_and_the_good_one_done(name, tmp_path, stack, tiny_model, capsys):
    make, words = BAD_FILES[name]
    bad = tmp_path / name
    make(bad)
    out = tmp_path / "out"
    code = main(["restore", str(bad), str(stack), "--model", str(tiny_model), "--out", str(out)])
    output, errors = capsys.readouterr()
    assert code == 3
    (sentence,) = [s for s in sentences(errors) if not s.startswith("Warning")]
    assert sentence.count(name) == 1
    assert words in sentence
    assert sentence.count(". ") >= 1  # what happened, and what to do
    assert sentence.endswith(".")
    assert output.splitlines() == [str(out / RESULT)]
    assert files_below(out) == DONE


def test_saturated_stack_is_done_with_a_warning(tmp_path, tiny_model, capsys):
    image = np.where(noisy() > 40, 65535, noisy()).astype(np.uint16)
    path = write_stack(tmp_path / "cell.tif", image)
    out = tmp_path / "out"
    assert main(["restore", str(path), "--model", str(tiny_model), "--out", str(out)]) == 0
    warnings = [s for s in sentences(capsys.readouterr().err) if "saturated" in s]
    assert len(warnings) == 1
    assert warnings[0].startswith("Warning: ")
    assert files_below(out) == DONE


def _weights_changed(path: Path, good: Path) -> None:
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[:-4] + b"abcd" if name.startswith("weights") else content)


def _without_weights(path: Path, good: Path) -> None:
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w") as new:
        new.writestr("card.json", old.read("card.json"))


def _flipped_byte(path: Path, good: Path) -> None:
    content = bytearray(good.read_bytes())
    with zipfile.ZipFile(good) as archive:
        start = archive.getinfo("weights.safetensors").header_offset + 100
    content[start : start + 40] = bytes(40)
    path.write_bytes(content)


def _truncated_model(path: Path, good: Path) -> None:
    path.write_bytes(good.read_bytes()[:-500])


def _random_bytes(path: Path, good: Path) -> None:
    path.write_bytes(np.random.default_rng(0).bytes(5000))


def _empty_model(path: Path, good: Path) -> None:
    path.write_bytes(b"")


def _other_task(path: Path, good: Path) -> None:
    write_tiny_model(path, task="colouring")


def _missing_model(path: Path, good: Path) -> None:
    """No such file."""


@pytest.mark.parametrize(
    "make",
    [
        _weights_changed, _without_weights, _flipped_byte, _truncated_model, _random_bytes,
        _empty_model, _other_task, _missing_model,
    ],
)  # fmt: skip
def test_bad_model_is_refused(make, tmp_path, stack, tiny_model, capsys):
    model, out = tmp_path / "bad.gvtmodel", tmp_path / "out"
    make(model, tiny_model)
    code = main(["restore", str(stack), "--model", str(model), "--out", str(out)])
    assert code == 3
    (sentence,) = sentences(capsys.readouterr().err)
    assert "bad" in sentence
    assert sentence.endswith(".")
    assert not out.exists()


def test_model_of_another_version_that_gives_other_results_is_refused(tmp_path, stack, capsys):
    model = write_tiny_model(tmp_path / "old.gvtmodel", program_version="0.0.1")
    command = ["restore", str(stack), "--model", str(model)]
    assert main([*command, "--out", str(tmp_path / "a")]) == 0
    example = tmp_path / "example.npy"
    with zipfile.ZipFile(model) as old:
        members = {name: old.read(name) for name in old.namelist()}
    np.save(example, np.ones((8, 16, 16), np.float32))
    members["example_output.npy"] = example.read_bytes()
    with zipfile.ZipFile(model, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    capsys.readouterr()
    assert main([*command, "--out", str(tmp_path / "b")]) == 3
    assert "gives other results" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


@pytest.fixture
def restore_command(tmp_path, stack, tiny_model) -> tuple[list[str], Path]:
    """A command that would work, and its folder of results."""
    out = tmp_path / "out"
    return ["restore", str(stack), "--model", str(tiny_model), "--out", str(out)], out


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--model", "denoise-fluoresence-3d"], 2, 'Did you mean "denoise-fluorescence-3d"?'),
        (["--task", "denoisng"], 2, 'Did you mean "denoising"?'),
        (["--task", "colouring"], 2, f"Known: {', '.join(TASKS)}."),
        (["--format", "ome-tif"], 2, 'Did you mean "ome-tiff"?'),
        (["--device", "cuda"], 4, "--device cpu"),
        (["--device", "cuda:0"], 4, "--device cpu"),
        (["--device", "cpuu"], 2, 'Did you mean "cpu"?'),
        (["--tile", "8,8"], 2, "is no tile size"),
        (["--tile", "0,8,8"], 2, "is no tile size"),
        (["--scene", "7"], 2, "dataset 7"),
    ],
)
def test_wrong_option_is_one_sentence(options, code, words, restore_command, capsys):
    import torch

    if "cuda" in options[1] and torch.cuda.is_available():
        pytest.skip("this computer has a graphics card")
    command, out = restore_command
    assert main([*command, *options]) == code
    (sentence,) = sentences(capsys.readouterr().err)
    assert words in sentence
    assert not out.exists()


@pytest.mark.parametrize("option", [["--precision", "float33"], ["--dtype", "uint8"], ["--fast"]])
def test_option_of_no_such_choice_is_wrong_use(option, tmp_path, stack, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["restore", str(stack), "--model", "m", "--out", str(tmp_path / "out"), *option])
    assert ended.value.code == 2
    assert option[0] in capsys.readouterr().err


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_folder_that_cannot_be_written_is_said_before_the_work(
    place, tmp_path, stack, tiny_model, capsys
):
    (tmp_path / "file").write_text("kept")
    before = files_below(tmp_path)
    out = str(tmp_path / place)
    assert main(["restore", str(stack), "--model", str(tiny_model), "--out", out]) == 4
    errors = capsys.readouterr().err
    (sentence,) = sentences(errors)
    assert "cannot be written" in sentence
    assert "Restoring" not in errors
    assert files_below(tmp_path) == before
    assert (tmp_path / "file").read_text() == "kept"


def gvtstudio(*words: object, limit_bytes: int = 0, **environment: str):
    """The command line as a process."""

    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return subprocess.run(
        [sys.executable, "-m", "gvtstudio", *map(str, words)],
        env={**engine_environment(), **environment},
        capture_output=True,
        preexec_fn=limit if limit_bytes else None,
        timeout=100,
        check=False,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_result_larger_than_the_disk_takes_leaves_nothing(tmp_path, tiny_model):
    path = write_stack(tmp_path / "cell.tif", noisy((16, 48, 48), "float32"))
    out = tmp_path / "out"
    done = gvtstudio(
        "restore", path, "--model", tiny_model, "--out", out, limit_bytes=20_000
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    (sentence,) = sentences(done.stderr.decode())
    assert sentence.endswith(".")
    assert not out.exists() or files_below(out) == []


def test_full_disk_leaves_nothing(tmp_path, stack, tiny_model, capsys):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by an administrator of Linux alone")
    try:
        out = disk / "out"
        code = main(["restore", str(stack), "--model", str(tiny_model), "--out", str(out)])
        assert code == 4
        (sentence,) = sentences(capsys.readouterr().err)
        assert "free" in sentence
        assert files_below(disk) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_names_in_any_script_work_through_the_process(tmp_path, tiny_model):
    folder = tmp_path / "Zellen für Übung" / "细胞 图像"
    path = write_stack(folder / "Zelle 1 (größer) 细胞.ome.tif", noisy())
    model = folder / "Modell für 细胞.gvtmodel"
    model.write_bytes(tiny_model.read_bytes())
    out = folder / "Ergebnis β"
    # a terminal that knows no Chinese
    done = gvtstudio(
        "restore", path, "--model", model, "--out", out, "--json",
        PYTHONUTF8="0", PYTHONIOENCODING="latin-1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ((result,),) = [r["outputs"] for r in json.loads(done.stdout)["results"].values()]
    assert result == str(out / "Zelle 1 (größer) 细胞_denoised_tiny.ome.tif")
    assert tifffile.imread(result).shape == (8, 24, 28)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_name_in_no_script_at_all_works_through_the_process(tmp_path, stack, tiny_model):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.ome.tif"))
    path.write_bytes(stack.read_bytes())
    out = tmp_path / "out"
    for extra in ([], ["--json", "--overwrite"]):
        done = gvtstudio("restore", path, "--model", tiny_model, "--out", out, *extra)
        assert done.returncode == 0, done.stderr
    assert len(files_below(out)) == 2
    json.loads(done.stdout)


def test_path_longer_than_260_characters_works(tmp_path, tiny_model, capsys):
    folder = tmp_path.joinpath(*(["a rather long folder name " * 3] * 4))
    path = write_stack(folder / ("n" * 230 + ".ome.tif"), noisy())
    out = folder / "out"
    assert main(["restore", str(path), "--model", str(tiny_model), "--out", str(out)]) == 0
    result = Path(capsys.readouterr().out.strip())
    assert len(str(result)) > 260
    assert result.is_file()
    assert main(["info", str(result)]) == 0
