"""Denoising from the user's files to a trained model and a restored stack."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from gvtstudio.domain.errors import InputRefused, ModelRefused, StackUnsuitable, UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Progress
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
from gvtstudio.tasks.denoising.pairs import load_fields, split_fields
from gvtstudio.tasks.denoising.predict import predict_volume
from gvtstudio.tasks.denoising.spec import DENOISING
from gvtstudio.tasks.denoising.train import train

tifffile = pytest.importorskip("tifffile")

QUICK = {
    "steps": 12, "validation_every": 6, "batch_size": 2, "patch_z": 8, "patch_yx": 16,
    "learning_rate": 2e-3, "simulated_stacks": 2,
}  # fmt: skip
TINY = {"base_channels": 4}
SMALL = {"rcan_3d": {"groups": 1, "blocks": 1}, "cnnt": {"cells": 1}}
DEFAULTS = {p.name: p.default for p in DENOISING.train_parameters}


def reporter() -> Reporter:
    return Reporter(lambda message: None, CancelFlag())


def write_pairs(folder: Path, count: int, shape: tuple[int, ...] = (8, 24, 24)) -> TrainRequest:
    rng = np.random.default_rng(0)
    for i in range(count):
        clean = np.zeros(shape, np.float32)
        clean[..., 4 + i : 16 + i, 6:18] = 40
        noisy = rng.poisson(clean + 2) + 100
        for kind, image in (("low", noisy), ("high", 10 * clean + 500)):
            path = folder / kind / f"field {i}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            tifffile.imwrite(path, image.astype(np.uint16))
    pairs = pair_files(folder / "low", folder / "high")
    return TrainRequest(
        task="denoising",
        pairs=tuple((str(a), str(b)) for a, b in pairs),
        parameters=QUICK,
        architecture_parameters=TINY,
        out=str(folder / "model.gvtmodel"),
        precision="float32",
    )


def changed(request: TrainRequest, **changes) -> TrainRequest:
    import msgspec

    return msgspec.structs.replace(request, **changes)


def restored_by(model, volume: np.ndarray) -> np.ndarray:
    """What a model makes of a volume, in its units."""
    restored = np.full(volume.shape, np.nan)

    def write(box, values) -> None:
        restored[tuple(slice(*span) for span in box)] = values

    predict_volume(
        VolumePredictor(model.network, PredictionSettings("cpu", "float32")),
        OpenVolume(volume.shape, lambda box: volume[tuple(slice(*span) for span in box)], write),
        PercentileNormalization.of(volume, model.card.normalisation_percentiles),
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


def test_fine_tuning_starts_from_the_weights_given(request_of_three: TrainRequest, tmp_path: Path):
    train(request_of_three, JobFolder(tmp_path / "job"), reporter())
    start = load_model(Path(request_of_three.out)).network.state_dict()
    request = changed(
        request_of_three,
        start_model=request_of_three.out,
        out=str(tmp_path / "tuned.gvtmodel"),
        parameters={**QUICK, "steps": 1, "learning_rate": 1e-6},
    )
    train(request, JobFolder(tmp_path / "job2"), reporter())
    tuned = load_model(Path(request.out)).network.state_dict()
    assert all(np.allclose(start[k], tuned[k], atol=1e-5) for k in start)


def test_fields_kept_apart_are_never_trained_on(request_of_three: TrainRequest):
    fields, _ = load_fields(request_of_three, DEFAULTS, reporter())
    training, apart = split_fields(fields, {**DEFAULTS, "validation_fraction": 0.34})
    assert len(training) == 2
    assert len(apart) == 1
    assert {f.name for f in training}.isdisjoint(f.name for f in apart)


def test_targets_on_their_own_scale_or_on_that_of_the_input(request_of_three: TrainRequest):
    own, _ = load_fields(request_of_three, {**DEFAULTS, "target_intensity": "own"}, reporter())
    same, _ = load_fields(request_of_three, {**DEFAULTS, "target_intensity": "input"}, reporter())
    assert own[0].pairs[0].target_scale.low >= 500
    assert same[0].pairs[0].target_scale == same[0].pairs[0].image_scale


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


def test_a_model_for_another_task_cannot_be_adapted(
    request_of_three: TrainRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from dataclasses import replace

    import msgspec

    from gvtstudio.tasks.denoising import train as module

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


class Doubling:
    """Stands for a predictor that works in tiles.

    Args:
        tile: Planes of a tile.
    """

    def __init__(self, tile: int) -> None:
        self._tile = tile

    def stream(self, volume: OpenVolume, course: Course) -> None:
        depth, *across = volume.shape
        for z in range(0, depth, self._tile):
            box = ((z, min(z + self._tile, depth)), *((0, n) for n in across))
            values = volume.read(box)
            assert values.dtype == np.float32
            volume.write(box, 2 * values)
            course.report(box[0][1], depth)


@pytest.mark.parametrize("tile", [1, 3, 16])
def test_what_the_network_does_happens_on_the_normalised_scale(tile: int):
    raw = np.random.default_rng(0).integers(50, 900, (5, 7, 11), np.uint16)
    restored = np.zeros(raw.shape)
    reports = []

    def write(box, values) -> None:
        restored[tuple(slice(*span) for span in box)] += values

    volume = OpenVolume(raw.shape, lambda box: raw[tuple(slice(*s) for s in box)], write)
    scale = PercentileNormalization(low=100.0, high=300.0)
    predict_volume(Doubling(tile), volume, scale, Course(lambda *now: reports.append(now)))
    assert np.allclose(restored, 2 * (raw - 100.0) + 100.0, atol=1e-3)
    assert reports[-1] == (5, 5)


def test_no_real_numbers_of_a_whole_volume_are_held():
    shape = (4, 2048, 2048)  # 32 MB; as real numbers of eight bytes 128 MB
    raw = np.zeros(shape, np.uint16)
    restored = np.zeros(shape, np.uint16)
    largest = []

    def write(box, values) -> None:
        largest.append(values.nbytes)
        restored[tuple(slice(*span) for span in box)] = np.rint(values)

    volume = OpenVolume(shape, lambda box: raw[tuple(slice(*span) for span in box)], write)
    scale = PercentileNormalization(low=-7.0, high=300.0)
    tracemalloc.start()
    try:
        predict_volume(Doubling(1), volume, scale, Course(lambda done, total: None))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (restored == 7).all()
    assert max(largest) <= 8 << 20
    # two tiles of real numbers of four bytes, before and after the network, and small change
    assert peak < 2 * 4 * 2048 * 2048 + (32 << 20)
