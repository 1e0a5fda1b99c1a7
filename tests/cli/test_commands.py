"""Every other command: what it prints, and its exit code."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from gvtstudio.__main__ import main
from gvtstudio.cli import COMMANDS
from gvtstudio.services.engine_command import engine_environment
from tests.engine.stacks_for_tests import files_below, noisy, write_stack

SMALL = ["--size-z", "4", "--size-y", "32", "--size-x", "24", "--photons", "20"]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    assert main(["simulate", "--out", str(folder), "--count", "2", "--seed", "5", *SMALL]) == 0
    return folder


def test_simulate_writes_partners_of_the_same_name(simulated, capsys):
    names = ["fluorescence-cells_0005.ome.tif", "fluorescence-cells_0006.ome.tif"]
    kept = [f"{kind}/{name}{end}" for kind in ("noisy", "truth") for name in names
            for end in ("", ".json")]  # fmt: skip
    assert files_below(simulated) == sorted(kept)
    before = (simulated / kept[0]).read_bytes()
    assert main(["simulate", "--out", str(simulated), "--seed", "5", *SMALL]) == 4
    assert "exists already" in capsys.readouterr().err
    assert (simulated / kept[0]).read_bytes() == before
    assert main(["simulate", "--out", str(simulated), "--seed", "5", "--overwrite", *SMALL]) == 0


def test_simulate_is_determined_by_its_seed(simulated, tmp_path):
    assert main(["simulate", "--out", str(tmp_path), "--seed", "6", *SMALL]) == 0
    for kind in ("noisy", "truth"):
        name = f"{kind}/fluorescence-cells_0006.ome.tif"
        assert np.array_equal(tifffile.imread(tmp_path / name), tifffile.imread(simulated / name))


@pytest.mark.parametrize(
    "options", [["--count", "0"], ["--recipe", "fluorescence-cell"], ["--size-z", "0"]]
)
def test_simulate_refuses_wrong_values(options, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["simulate", "--out", str(out), *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()


def test_evaluate_names_its_normalisation_and_keeps_a_table(simulated, tmp_path, capsys):
    image, truth = sorted(simulated.glob("*/*0005.ome.tif"))
    table = tmp_path / "t.csv"
    words = ["evaluate", "--restored", str(image), "--target", str(truth)]
    assert main([*words, "--csv", str(table)]) == 0
    assert capsys.readouterr().out.startswith("normalisation: care\nPSNR (dB): ")
    header, row = table.read_text().splitlines()
    assert header == ("restored,target,time,channel,psnr_db,ssim,nrmse,pearson_r,normalisation")
    assert row.startswith(f"{image},{truth},1,1,")
    assert main([*words, "--normalisation", "none", "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)["numbers"]
    assert float(row.split(",")[4]) > plain["psnr_db"]


def test_measure_that_cannot_be_told_is_left_out_of_the_answer(tmp_path, capsys):
    paths = [write_stack(tmp_path / f"{i}.tif", noisy((2, 4, 5), seed=i)) for i in range(2)]
    words = ["evaluate", "--restored", str(paths[0]), "--target", str(paths[1]), "--json"]
    assert main(words) == 0
    output, errors = capsys.readouterr()
    assert "NaN" not in output
    assert set(json.loads(output)["numbers"]) == {"psnr_db", "nrmse", "pearson_r"}
    assert "ssim" in errors


def test_evaluate_never_overwrites_unasked(simulated, tmp_path, capsys):
    truth = str(next((simulated / "truth").glob("*.tif")))
    table = tmp_path / "scores.csv"
    table.write_text("mine", encoding="utf-8")
    words = ["evaluate", "--restored", truth, "--target", truth, "--csv", str(table)]
    assert main(words) == 4
    assert "exists already" in capsys.readouterr().err
    assert table.read_text(encoding="utf-8") == "mine"
    assert main([*words, "--overwrite"]) == 0
    assert "psnr_db" in table.read_text(encoding="utf-8")


def test_export_refuses_a_name_that_misleads(simulated, tmp_path, capsys):
    truth = str(next((simulated / "truth").glob("*.tif")))
    assert main(["export", truth, str(tmp_path / "picture.png")]) == 2
    assert "misleading" in capsys.readouterr().err
    assert files_below(tmp_path) == []


def test_evaluate_refuses_other_sizes(tmp_path, capsys):
    paths = [write_stack(tmp_path / f"{n}.tif", noisy((4, 16, n))) for n in (16, 20)]
    assert main(["evaluate", "--restored", str(paths[0]), "--target", str(paths[1])]) == 3
    assert "different sizes" in capsys.readouterr().err


def test_export_keeps_pixels_and_calibration(tmp_path, stack, capsys):
    out = tmp_path / "e" / "cell.tif"
    words = ["export", str(stack), str(out), "--format", "imagej-tiff"]
    assert main(words) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert np.array_equal(tifffile.imread(out), noisy())
    assert main(["info", str(stack), str(out), "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["stacks"]
    assert first["calibration"]["z_um"] == second["calibration"]["z_um"] == 0.35
    assert main(words) == 4
    assert main([*words, "--overwrite"]) == 0
    assert main(["export", str(stack), str(stack), "--overwrite"]) == 4
    assert np.array_equal(tifffile.imread(stack), noisy())


def test_info_says_what_is_in_the_file(tmp_path, capsys):
    array = noisy((3, 4, 2, 10, 12), "uint8")
    path = write_stack(tmp_path / "5d.ome.tif", array, "TZCYX")
    missing = tmp_path / "missing.tif"
    assert main(["info", str(path), str(missing), "--json"]) == 3
    output, errors = capsys.readouterr()
    answer = json.loads(output)
    (described,) = answer["stacks"]
    assert described["shape"] == [3, 4, 2, 10, 12]
    assert described["axes"] == described["used_axes"] == "TZCYX"
    assert described["dtype"] == "uint8"
    assert [c["name"] for c in described["channels"]] == ["Stain 0", "Stain 1"]
    assert described["calibration"] == {
        "z_um": 0.35, "y_um": 0.12, "x_um": 0.11, "time_interval_s": 2.5, "source": "file",
    }  # fmt: skip
    assert list(answer["refused"]) == [str(missing)]
    assert errors.count("was not found") == 1
    assert main(["info", str(path)]) == 0
    text = capsys.readouterr().out
    assert "12 × 10 pixels, 4 slices, 2 channels, 3 time points" in text
    assert "0.110 × 0.120 × 0.350 µm" in text
    assert main(["info", str(missing)]) == 3
    assert capsys.readouterr().out == ""


def test_models_are_listed_and_shown(isolated_home, tiny_model, capsys):
    shelf = isolated_home / "models"
    shelf.mkdir()
    (shelf / "tiny.gvtmodel").write_bytes(tiny_model.read_bytes())
    (shelf / "broken.gvtmodel").write_bytes(b"nothing")
    assert main(["models", "list", "--json"]) == 0
    models = json.loads(capsys.readouterr().out)["models"]
    known = {model["card"]["name"]: model["is_bundled"] for model in models}
    assert known == {
        "denoise-fluorescence-3d": True,
        "project-epithelium": True,
        "tiny": False,
        "noise2fast": True,
    }
    assert main(["models", "list"]) == 0
    assert "tiny  (denoising, own)" in capsys.readouterr().out
    assert main(["models", "show", "tiny"]) == 0
    assert "4 parameters" not in capsys.readouterr().out.splitlines()[0]
    assert main(["models", "show", "tiny", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["architecture_parameters"] == {"base_channels": 4}
    assert main(["models", "show", "tine"]) == 2
    assert capsys.readouterr().err == 'There is no model "tine". Did you mean "tiny"?\n'


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["restor", "a.tif", "--model", "m", "--out", "o"], 'Did you mean "restore"?'),
        (["modles", "list"], 'Did you mean "models"?'),
        (["frobnicate"], "Commands: restore, train"),
        (["--headles"], "--headles"),
        (["models", "lst"], "lst"),
        (["restore"], "--model"),
        (["train", "--out", "m"], "--pairs"),
    ],
)
def test_wrong_command_is_exit_2_with_a_hint(words, hint, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    output, errors = capsys.readouterr()
    assert hint in errors
    assert output == ""


def test_help_names_every_command_and_the_exit_codes(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(re.search(rf"^    {name}\s", text, re.MULTILINE) for name in COMMANDS)
    assert "3 input refused" in text


def test_restore_answers_with_one_json_object(tmp_path, stack, tiny_model, capsys):
    bad = tmp_path / "bad.tif"
    bad.write_text("no image")
    out = tmp_path / "out"
    words = ["restore", str(bad), str(stack), "--model", str(tiny_model), "--out", str(out)]
    assert main([*words, "--json"]) == 3
    results = json.loads(capsys.readouterr().out)["results"]
    assert results[str(bad)]["type"] == "failed"
    assert results[str(bad)]["remedy"]
    assert results[str(stack)]["type"] == "finished"
    assert results[str(stack)]["numbers"].keys() == {"clipped_voxels", "seconds"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_interrupt_stops_this_stack_and_all_that_follow(tmp_path, stack, tiny_model):
    long = write_stack(tmp_path / "long.ome.tif", noisy((16, 64, 64)))
    out = tmp_path / "out"
    words = ["restore", long, stack, "--model", tiny_model, "--out", out, "--tile", "2,2,2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gvtstudio", *map(str, words)],
        env=engine_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        next(line for line in process.stderr if line.startswith("Restoring"))
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 5, errors
    assert output == ""
    assert errors.count("Cancelled") == 1
    assert "Traceback" not in errors
    assert not out.exists()
