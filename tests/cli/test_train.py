"""Training from the command line: pairs, refusals, interrupting and going on."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest

from gvtstudio.__main__ import main
from gvtstudio.cli.train import every_parameter
from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.training_parameters import training_parameters
from gvtstudio.io.model_package import read_card
from gvtstudio.services.engine_command import engine_environment
from gvtstudio.tasks import TASKS
from tests.engine.stacks_for_tests import blobs, files_below, noisy, write_stack

SMALL = ["--batch-size", "1", "--patch-z", "8", "--patch-yx", "16", "--seed", "3"]
STEPS = 30


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Three noisy stacks and what is under the noise."""
    folder = tmp_path_factory.mktemp("pairs")
    for i in range(3):
        good = blobs((8, 16, 20), i).astype(np.float32)
        write_stack(folder / "noisy" / f"{i}.ome.tif", noisy((8, 16, 20), seed=i))
        write_stack(folder / "good" / f"{i}.ome.tif", good)
    return folder / "noisy", folder / "good"


def command(pairs: tuple[Path, Path], out: Path, *options: str) -> list[str]:
    return ["train", "--pairs", *map(str, pairs), "--out", str(out), *SMALL, *options]


def error_lines(errors: str) -> list[str]:
    return [line for line in errors.splitlines() if line and "%" not in line]


def test_pairs_become_a_model_with_a_full_card(pairs, tmp_path, capsys):
    out = tmp_path / "mine.gvtmodel"
    assert main([*command(pairs, out), "--steps", "2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["outputs"] == [str(out)]
    assert answer["numbers"]["raw_psnr_db"] > 0
    assert files_below(tmp_path) == ["mine.gvtmodel"]
    card = read_card(out)
    assert card.name == "mine"
    assert card.parameter_count == 1_347_360
    assert card.training["steps"] == 2
    assert card.training_data[0].detail == "3 pairs of files"
    assert card.voxel_size_um == ((0.35, 0.35), (0.12, 0.12), (0.11, 0.11))
    assert {s.metric for s in card.scores} == {"psnr_db", "ssim", "nrmse"}
    for score in card.scores:
        assert score.data in {"0.ome.tif", "1.ome.tif", "2.ome.tif"}
        assert score.normalisation == "care"
        assert score.baseline_name
        assert all(np.isfinite([score.raw, score.baseline, score.restored]))

    stack = next(pairs[0].iterdir())
    restored = tmp_path / "out"
    assert main(["restore", str(stack), "--model", str(out), "--out", str(restored)]) == 0


ADAPTING = ["--model", "denoise-fluorescence-3d", "--precision", "float32"]


def test_the_bundled_model_is_adapted_and_both_are_told_apart(pairs, tmp_path, capsys):
    out = tmp_path / "adapted.gvtmodel"
    assert main([*command(pairs, out), *ADAPTING, "--steps", "40"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == str(out)
    assert any(line.startswith("backbone_psnr_db: ") for line in printed)
    assert "dB better than the backbone." in printed[-1]
    card = read_card(out)
    assert card.training["start_model"] == "denoise-fluorescence-3d"
    assert card.training["learning_rate"] == pytest.approx(1e-4)
    assert all(score.backbone is not None for score in card.scores)
    assert {data.name for data in card.training_data} > {"User's own pairs"}
    assert main(["models", "show", str(out)]) == 0
    assert ", backbone " in capsys.readouterr().out


def test_the_backbone_is_kept_where_the_adapted_model_is_no_better(pairs, tmp_path, capsys):
    out = tmp_path / "adapted.gvtmodel"
    hardly = ["--steps", "1", "--learning-rate", "1e-7"]
    assert main([*command(pairs, out), *ADAPTING, *hardly, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["outputs"] == []
    assert "no better than the backbone. The backbone is kept" in answer["verdict"]
    assert answer["numbers"]["backbone_psnr_db"] > 0
    assert files_below(tmp_path) == []

    assert main([*command(pairs, out), *ADAPTING, *hardly]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == answer["verdict"]
    assert str(out) not in printed


def test_a_preset_sets_the_time_and_steps_of_ones_own_win(pairs, tmp_path):
    out = tmp_path / "m.gvtmodel"
    assert main([*command(pairs, out), "--preset", "quick", "--steps", "2"]) == 0
    training = read_card(out).training
    assert (training["steps"], training["minutes"]) == (2, pytest.approx(0, abs=1))
    assert training["validation_every"] == 50


def test_existing_model_is_not_overwritten_unasked(pairs, tmp_path, capsys):
    out = tmp_path / "m.gvtmodel"
    out.write_bytes(b"mine")
    assert main([*command(pairs, out), "--steps", "1"]) == 4
    output, errors = capsys.readouterr()
    assert len(error_lines(errors)) == 1
    assert "exists already" in errors
    assert output == ""
    assert out.read_bytes() == b"mine"
    assert files_below(tmp_path) == ["m.gvtmodel"]


def test_folder_of_the_users_with_the_name_of_the_checkpoints_is_kept(pairs, tmp_path):
    own = tmp_path / "m.training" / "notes.txt"
    own.parent.mkdir()
    own.write_text("precious")
    assert main([*command(pairs, tmp_path / "m.gvtmodel"), "--steps", "1"]) == 0
    assert files_below(tmp_path) == ["m.gvtmodel", "m.training/notes.txt"]


def _unmatched(noisy_dir: Path, good_dir: Path) -> None:
    write_stack(noisy_dir / "a.tif", noisy())
    write_stack(good_dir / "b.tif", noisy())


def _different_shapes(noisy_dir: Path, good_dir: Path) -> None:
    for name in ("a.tif", "b.tif"):
        write_stack(noisy_dir / name, noisy())
        write_stack(good_dir / name, noisy((8, 24, 24)))


def _one_pair(noisy_dir: Path, good_dir: Path) -> None:
    write_stack(noisy_dir / "a.tif", noisy())
    write_stack(good_dir / "a.tif", noisy())


def _constant_target(noisy_dir: Path, good_dir: Path) -> None:
    for name in ("a.tif", "b.tif"):
        write_stack(noisy_dir / name, noisy())
        write_stack(good_dir / name, np.full((8, 24, 28), 7, np.uint16))


def _nan(noisy_dir: Path, good_dir: Path) -> None:
    for name in ("a.tif", "b.tif"):
        write_stack(noisy_dir / name, noisy())
        write_stack(good_dir / name, np.full((8, 24, 28), np.nan, np.float32))


def _no_images(noisy_dir: Path, good_dir: Path) -> None:
    (noisy_dir / "a.txt").write_text("no image")


def _no_folder(noisy_dir: Path, good_dir: Path) -> None:
    noisy_dir.rmdir()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_unmatched, "no partner"),
        (_different_shapes, "different sizes"),
        (_one_pair, "One pair is not enough"),
        (_constant_target, "same value everywhere"),
        (_nan, "no numbers"),
        (_no_images, "no images"),
        (_no_folder, "no folder"),
    ],
)
def test_bad_pairs_are_refused_in_one_sentence(make, words, tmp_path, capsys):
    folders = (tmp_path / "noisy", tmp_path / "good")
    for folder in folders:
        folder.mkdir()
    make(*folders)
    before = files_below(tmp_path)
    assert main(command(folders, tmp_path / "m.gvtmodel")) == 3
    (sentence,) = error_lines(capsys.readouterr().err)
    assert words in sentence
    assert files_below(tmp_path) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--task", "denoisng"], 'Did you mean "denoising"?'),
        (["--architecture", "gvtnet_denoising"], 'Did you mean "gvtnet_denoising_3d"?'),
        (["--steps", "0"], "Steps cannot be 0"),
        (["--model", "denoise-fluorescence"], 'Did you mean "denoise-fluorescence-3d"?'),
        (["--device", "cqu"], "There is no device"),
    ],
)
def test_wrong_training_option_is_one_sentence(options, words, pairs, tmp_path, capsys):
    assert main([*command(pairs, tmp_path / "m.gvtmodel"), *options]) == 2
    (sentence, *_) = [s for s in error_lines(capsys.readouterr().err) if "Training on" not in s]
    assert words in sentence
    assert files_below(tmp_path) == []


@contextmanager
def training(words: list[str], *options: str) -> Iterator[subprocess.Popen]:
    """The command in a process of its own, which can be interrupted."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gvtstudio", *words, *options],
        env=engine_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def best_step(line: str) -> int:
    """What a line with the numbers of a validation says of the best so far."""
    return int(float(line.rsplit("best_step ", 1)[1])) if "best_step " in line else 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_interrupted_training_keeps_the_best_once_there_is_something_better(pairs, tmp_path):
    out = tmp_path / "best.gvtmodel"
    options = ["--steps", "100000", "--validation-every", "5", "--learning-rate", "1e-3"]
    words = [*command(pairs, out), *options, "--loss", "mae", "--json"]
    with training(words) as process:
        said = next(line for line in process.stderr if best_step(line))
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "keeping the best so far, that of step" in errors
    assert json.loads(output)["outputs"] == [str(out)]
    assert read_card(out).training["best_step"] >= best_step(said) > 0
    assert files_below(tmp_path) == ["best.gvtmodel"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_interrupted_before_anything_is_better_the_training_is_cancelled(pairs, tmp_path):
    out = tmp_path / "m.gvtmodel"
    with training([*command(pairs, out), "--steps", "100000"]) as process:
        next(line for line in process.stderr if line.startswith("step 0:"))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 5, errors
    assert "nothing is better than the start yet" in errors
    assert "go on with --resume" in errors
    assert not out.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_interrupted_and_resumed_training_gives_the_same_bits(pairs, tmp_path, capsys):
    options = ["--steps", str(STEPS), "--validation-every", "2", "--json"]
    out = tmp_path / "stopped.gvtmodel"
    with training(command(pairs, out), *options) as process:
        said = next(line for line in process.stderr if line.startswith("step 4"))
        process.send_signal(signal.SIGINT)
        words = next(line for line in process.stderr if line.startswith("Stopping"))
        if "keeping the best" in words:
            process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 5, errors
    assert int(said.split()[1].strip(":")) < STEPS
    assert json.loads(output) == {"type": "stopped"}
    assert "--resume" in errors
    assert "stopped.training/checkpoint/checkpoint.pt" in files_below(tmp_path)
    assert "stopped.training/history.csv" in files_below(tmp_path)
    assert not out.exists()

    other = [*command(pairs, out), *options, "--target-intensity", "input", "--resume"]
    assert main(other) == 3  # not the training the checkpoint belongs to
    assert "other data or settings" in capsys.readouterr().err

    assert main([*command(pairs, out), *options, "--resume"]) == 0
    assert files_below(tmp_path) == ["stopped.gvtmodel"]
    whole = tmp_path / "whole.gvtmodel"
    assert main([*command(pairs, whole), *options]) == 0
    assert read_card(out).weights_sha256 == read_card(whole).weights_sha256
    assert read_card(out).scores == read_card(whole).scores


def test_the_options_are_those_of_all_tasks_with_all_their_choices():
    own = (Parameter("loss", "choice", "other", "Loss", "", choices=("other", "mae")),)
    other = msgspec.structs.replace(
        TASKS["denoising"], name="other", train_parameters=training_parameters(["odd"], own)
    )
    rows = every_parameter([TASKS["denoising"], other])
    assert len({row.name for row in rows}) == len(rows)
    choices = {row.name: row.choices for row in rows}
    assert {"laplace", "mae", "other"} <= set(choices["loss"])
    assert {"flips-and-turns", "odd", "none"} <= set(choices["augmentation"])
    assert "target_intensity" in choices


def test_resuming_nothing_says_so_and_begins(pairs, tmp_path, capsys):
    assert main([*command(pairs, tmp_path / "m.gvtmodel"), "--steps", "1", "--resume"]) == 0
    assert "There is no checkpoint to resume" in capsys.readouterr().err


def test_network_and_its_parameters_are_chosen_by_name(pairs, tmp_path, capsys):
    out = tmp_path / "rival.gvtmodel"
    chosen = [
        "--architecture",
        "care_3d",
        "--set",
        "base_channels=4",
        "--set",
        "has-scale-head=off",
    ]
    assert main([*command(pairs, out), *chosen, "--steps", "1", "--json"]) == 0
    card = read_card(out)
    assert card.architecture == "care_3d"
    assert card.architecture_parameters["base_channels"] == 4
    assert card.architecture_parameters["has_scale_head"] is False
    assert card.training["loss"] == "mae"
    assert "loss is mae" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("base_chanels=4", "base_channels"),
        ("base_channels=1", "from 2"),
        ("base_channels", "NAME=VALUE"),
        ("has_scale_head=perhaps", "true or false"),
    ],
)
def test_parameters_of_the_network_that_cannot_be_are_refused(
    pairs, tmp_path, capsys, assignment: str, words: str
):
    options = ["--set", assignment, "--steps", "1"]
    assert main([*command(pairs, tmp_path / "m.gvtmodel"), *options]) == 2
    errors = error_lines(capsys.readouterr().err)
    assert len(errors) == 1
    assert words in errors[0]
    assert files_below(tmp_path) == []


def test_an_unknown_network_is_refused_with_the_nearest_name(pairs, tmp_path, capsys):
    options = ["--architecture", "care_3", "--steps", "1"]
    assert main([*command(pairs, tmp_path / "m.gvtmodel"), *options]) == 2
    assert "care_3d" in capsys.readouterr().err
