"""Denoising from the user's files to a trained model and a restored stack."""

from pathlib import Path

import numpy as np
import pytest

from gvtstudio.domain.errors import InputRefused, ModelRefused, StackUnsuitable, UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Log, Progress
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import OpenVolume
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.pairs import pair_files
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.model import load_model
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.tasks.denoising.pairs import load_fields
from gvtstudio.tasks.denoising.predict import predict_volume
from gvtstudio.tasks.denoising.spec import DENOISING
from gvtstudio.tasks.denoising.train import train
from gvtstudio.training.augmentations import AUGMENTATIONS
from gvtstudio.training.fields import PairedField, refuse_unfit_augmentation, split_fields
from gvtstudio.training.losses import LOSSES
from gvtstudio.training.schedules import SCHEDULES
from gvtstudio.training.volumes import VolumeHolder
from tests.engine.requests_for_tests import changed
from tests.tasks.pairs_for_tests import QUICK, TINY, tifffile, write_pairs

SMALL = {"rcan_3d": {"groups": 1, "blocks": 1}, "cnnt": {"cells": 1}}
DEFAULTS = {p.name: p.default for p in DENOISING.train_parameters}


def reporter() -> Reporter:
    return Reporter(lambda message: None, CancelFlag())


def fields_of(request: TrainRequest, values: dict) -> list[PairedField]:
    holder = VolumeHolder(Path(request.out).parent / "job", reporter())
    return load_fields(request, values, holder, reporter())[0]


def restored_by(model, volume: np.ndarray) -> np.ndarray:
    """What a model makes of a volume, in its units."""
    restored = np.full(volume.shape, np.nan)

    def write(box, values) -> None:
        restored[tuple(slice(*span) for span in box)] = values

    predict_volume(
        VolumePredictor(model.network, PredictionSettings("cpu", "float32")),
        OpenVolume(volume.shape, lambda box: volume[tuple(slice(*span) for span in box)], write),
        [PercentileNormalization.of(volume, model.card.normalisation_percentiles)],
        Course(lambda done, total: None),
    )
    return restored


@pytest.fixture
def request_of_three(tmp_path: Path) -> TrainRequest:
    return write_pairs(tmp_path, 3)


def test_training_writes_a_model_that_restores_in_the_units_of_the_input(
    request_of_three: TrainRequest, tmp_path: Path
):
    messages = []
    heard = Reporter(messages.append, CancelFlag())
    finished = train(request_of_three, JobFolder(tmp_path / "job"), heard)

    model = load_model(Path(finished.outputs[0]))
    volume = tifffile.imread(request_of_three.pairs[0][0])
    assert 90 < np.median(restored_by(model, volume)) < 120
    stages = {message.stage for message in messages if isinstance(message, Progress)}
    assert {"Reading pairs", "Training", "Judging"} <= stages


def test_the_card_tells_what_was_done(request_of_three: TrainRequest, tmp_path: Path):
    train(request_of_three, JobFolder(tmp_path / "job"), reporter())
    card = read_card(Path(request_of_three.out))
    assert card.task == "denoising"
    assert card.architecture_parameters["base_channels"] == 4
    assert card.training["steps"] == 12
    assert card.training["best_step"] in (6, 12)
    assert {score.metric for score in card.scores} == {"psnr_db", "ssim", "nrmse"}
    assert {score.normalisation for score in card.scores} == {"care"}
    assert len({score.data for score in card.scores}) == 1
    assert all(score.baseline_name for score in card.scores)


def test_the_same_seed_gives_the_same_model_another_seed_another(
    request_of_three: TrainRequest, tmp_path: Path
):
    hashes = []
    for i, seed in enumerate((1, 1, 2)):
        request = changed(
            request_of_three,
            out=str(tmp_path / f"{i}.gvtmodel"),
            parameters={**QUICK, "seed": seed},
        )
        train(request, JobFolder(tmp_path / f"job{i}"), reporter())
        hashes.append(read_card(Path(request.out)).weights_sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def test_training_from_the_simulation(tmp_path: Path):
    request = TrainRequest(
        task="denoising", recipe="fluorescence-cells", parameters=QUICK,
        architecture_parameters=TINY, out=str(tmp_path / "m.gvtmodel"),
    )  # fmt: skip
    train(request, JobFolder(tmp_path / "job"), reporter())
    card = read_card(Path(request.out))
    assert "fluorescence-cells" in card.training_data[0].name
    assert card.voxel_size_um == ((0.3, 0.3), (0.1, 0.1), (0.1, 0.1))


def test_fields_kept_apart_are_never_trained_on(request_of_three: TrainRequest):
    fields = fields_of(request_of_three, DEFAULTS)
    training, apart = split_fields(fields, {**DEFAULTS, "validation_fraction": 0.34})
    assert len(training) == 2
    assert len(apart) == 1
    assert {f.name for f in training}.isdisjoint(f.name for f in apart)


def test_targets_on_their_own_scale_or_on_that_of_the_input(request_of_three: TrainRequest):
    own, same = (
        fields_of(request_of_three, {**DEFAULTS, "target_intensity": intensity})
        for intensity in ("own", "input")
    )
    assert own[0].pairs[0].target_scale.low >= 500
    assert same[0].pairs[0].target_scale == same[0].pairs[0].image_scale


@pytest.mark.parametrize("is_swapped", [False, True])
def test_folders_that_look_swapped_are_told(request_of_three, tmp_path: Path, is_swapped: bool):
    pairs = [pair[::-1] if is_swapped else pair for pair in request_of_three.pairs]
    heard = []
    train(
        changed(request_of_three, pairs=tuple(pairs)),
        JobFolder(tmp_path),
        Reporter(heard.append, CancelFlag()),
    )
    told = [m.text for m in heard if isinstance(m, Log) and "look swapped" in m.text]
    assert len(told) == is_swapped


def test_a_single_pair_is_refused_because_nothing_could_be_judged(tmp_path: Path):
    request = write_pairs(tmp_path, 1)
    with pytest.raises(InputRefused, match="One pair is not enough"):
        train(request, JobFolder(tmp_path / "job"), reporter())
    assert not Path(request.out).exists()


def test_partners_of_different_size_are_refused_by_name(
    request_of_three: TrainRequest, tmp_path: Path
):
    tifffile.imwrite(tmp_path / "high" / "field 1.tif", np.ones((8, 24, 20), np.uint16))
    with pytest.raises(StackUnsuitable, match=r"field 1\.tif has different sizes"):
        train(request_of_three, JobFolder(tmp_path / "job"), reporter())


def test_a_constant_target_is_refused_by_name(request_of_three: TrainRequest, tmp_path: Path):
    tifffile.imwrite(tmp_path / "high" / "field 2.tif", np.ones((8, 24, 24), np.uint16))
    with pytest.raises(StackUnsuitable, match=r"target field 2\.tif has the same value"):
        train(request_of_three, JobFolder(tmp_path / "job"), reporter())


def test_nothing_is_paired_by_order_alone(tmp_path: Path):
    write_pairs(tmp_path, 2)
    (tmp_path / "high" / "field 1.tif").rename(tmp_path / "high" / "other.tif")
    with pytest.raises(InputRefused, match="2 files have no partner"):
        pair_files(tmp_path / "low", tmp_path / "high")


def test_unknown_choices_are_refused(request_of_three: TrainRequest, tmp_path: Path):
    folder = JobFolder(tmp_path / "job")
    with pytest.raises(UsageError, match="architecture"):
        train(changed(request_of_three, architecture="gvtnet"), folder, reporter())
    with pytest.raises(UsageError, match="parameter"):
        train(changed(request_of_three, parameters={"stepz": 1}), folder, reporter())
    with pytest.raises(UsageError, match="float16 needs a graphics card"):
        train(changed(request_of_three, precision="float16", device="cpu"), folder, reporter())


def test_a_model_for_another_task_cannot_be_adapted(
    request_of_three: TrainRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from dataclasses import replace

    import msgspec

    from gvtstudio.training import supervised as module

    train(request_of_three, JobFolder(tmp_path / "job"), reporter())
    real = load_model(Path(request_of_three.out))
    other = replace(real, card=msgspec.structs.replace(real.card, task="isotropic"))
    monkeypatch.setattr(module, "load_model", lambda path: other)
    request = changed(
        request_of_three, start_model=request_of_three.out, out=str(tmp_path / "b.gvtmodel")
    )
    with pytest.raises(ModelRefused, match="isotropic"):
        train(request, JobFolder(tmp_path / "job2"), reporter())


@pytest.mark.parametrize("architecture", DENOISING.architectures)
def test_every_network_offered_can_be_trained_and_restores(architecture: str, tmp_path: Path):
    few = {**QUICK, "steps": 2, "validation_every": 2, "batch_size": 1, "patch_yx": 8}
    request = changed(
        write_pairs(tmp_path, 2, (8, 16, 16)),
        architecture=architecture,
        architecture_parameters=SMALL.get(architecture, {}),
        parameters=few,
    )
    train(request, JobFolder(tmp_path / "job"), reporter())
    model = load_model(Path(request.out))
    assert model.card.architecture == architecture
    assert model.card.parameter_count == sum(p.numel() for p in model.network.parameters())
    volume = tifffile.imread(request.pairs[0][0])
    assert np.isfinite(restored_by(model, volume)).all()


def test_a_network_without_scale_head_is_trained_with_the_plain_loss(tmp_path: Path):
    request = changed(
        write_pairs(tmp_path, 2),
        architecture_parameters={"base_channels": 4, "has_scale_head": False},
    )
    messages = []
    train(request, JobFolder(tmp_path / "job"), Reporter(messages.append, CancelFlag()))
    card = read_card(Path(request.out))
    assert card.training["loss"] == "mae"
    assert any("loss is mae" in getattr(message, "text", "") for message in messages)


def test_saving_memory_gives_the_same_weights(tmp_path: Path):
    hashes = []
    for saves_memory in (False, True):
        folder = tmp_path / str(saves_memory)
        request = write_pairs(folder, 2)
        request = changed(request, parameters={**QUICK, "saves_memory": saves_memory})
        train(request, JobFolder(folder / "job"), reporter())
        hashes.append(read_card(Path(request.out)).weights_sha256)
    assert hashes[0] == hashes[1]


def test_stacks_larger_than_the_memory_give_the_same_model(
    request_of_three: TrainRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    hashes = []
    for i, free in enumerate((1 << 40, 0)):
        monkeypatch.setattr("gvtstudio.training.volumes.available_bytes", lambda free=free: free)
        request = changed(request_of_three, out=str(tmp_path / f"{i}.gvtmodel"))
        messages = []
        heard = Reporter(messages.append, CancelFlag())
        train(request, JobFolder(tmp_path / f"job{i}"), heard)
        said = any("larger than the memory" in getattr(m, "text", "") for m in messages)
        assert said == (free == 0)
        hashes.append(read_card(Path(request.out)).weights_sha256)
    assert hashes[0] == hashes[1]


def test_the_best_so_far_is_a_model_that_restores(request_of_three: TrainRequest, tmp_path: Path):
    folder = JobFolder(tmp_path / "job")
    train(request_of_three, folder, reporter())
    best, final = (
        load_model(path) for path in (folder.best_model_path, Path(request_of_three.out))
    )
    assert best.card.weights_sha256 == final.card.weights_sha256
    assert best.card.scores == ()
    volume = tifffile.imread(request_of_three.pairs[0][0])
    np.testing.assert_array_equal(restored_by(best, volume), restored_by(final, volume))


@pytest.mark.parametrize("loss", ["mae", "mse", "ssim", "ssim_l2"])
def test_every_loss_trains(request_of_three: TrainRequest, tmp_path: Path, loss: str):
    request = changed(request_of_three, parameters={**QUICK, "steps": 2, "loss": loss})
    train(request, JobFolder(tmp_path / "job"), reporter())
    assert read_card(Path(request.out)).training["loss"] == loss


def test_averaging_and_clipping_are_told_in_the_card(
    request_of_three: TrainRequest, tmp_path: Path
):
    chosen = {**QUICK, "weight_averaging": 0.99, "gradient_clip": 1.0, "augmentation": "none"}
    request = changed(request_of_three, parameters=chosen)
    train(request, JobFolder(tmp_path / "job"), reporter())
    training = read_card(Path(request.out)).training
    assert training["weight_averaging"] == 0.99
    assert training["gradient_clip"] == 1.0
    assert training["augmentation"] == "none"


def test_z_is_not_turned_into_x_where_voxels_are_longer_than_wide():
    def field(name: str, z_um: float) -> PairedField:
        return PairedField(name, [], (z_um, 0.1, 0.1))

    refuse_unfit_augmentation("turns-in-space", [field("cube", 0.1), PairedField("?", [], None)])
    refuse_unfit_augmentation("flips-and-turns", [field("long", 0.3)])
    refuse_unfit_augmentation("none", [field("long", 0.3)])
    with pytest.raises(UsageError, match="those of long are 3 times as deep") as refused:
        refuse_unfit_augmentation("turns-in-space", [field("cube", 0.1), field("long", 0.3)])
    assert "flips-and-turns" in refused.value.remedy


def test_choices_that_are_declared_are_rows_of_their_tables():
    choices = {p.name: p.choices for p in DENOISING.train_parameters}
    assert set(choices["loss"]) <= set(LOSSES)
    assert set(choices["schedule"]) == set(SCHEDULES)
    assert set(choices["augmentation"]) <= {*AUGMENTATIONS, "none"}


def test_a_training_that_did_not_help_says_so(request_of_three: TrainRequest, tmp_path: Path):
    messages = []
    chosen = {**QUICK, "learning_rate": 1.0, "steps": 2, "validation_every": 1}
    request = changed(request_of_three, parameters=chosen)
    finished = train(request, JobFolder(tmp_path / "job"), Reporter(messages.append, CancelFlag()))
    assert any("No validation was better" in getattr(m, "text", "") for m in messages)
    assert finished.outputs
