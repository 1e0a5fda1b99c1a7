"""Projection from volumes and the images of their surface to a trained model."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch

from gvtstudio.domain.errors import InputRefused, StackUnsuitable, UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.region import Region
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.pairs import pair_files
from gvtstudio.io.stacks import open_stack
from gvtstudio.prediction.model import load_model
from gvtstudio.tasks.projection.pairs import load_fields
from gvtstudio.tasks.projection.spec import PROJECTION
from gvtstudio.tasks.projection.train import ColumnPairs, train, validation_tensors
from gvtstudio.training.augmentations import AUGMENTATIONS
from gvtstudio.training.losses import LOSSES
from gvtstudio.training.patches import NormalisedPair
from gvtstudio.training.volumes import VolumeHolder
from tests.engine.requests_for_tests import changed
from tests.training.loops_for_tests import Heard

tifffile = pytest.importorskip("tifffile")

QUICK = {
    "steps": 4, "validation_every": 2, "batch_size": 2, "patch_yx": 16, "learning_rate": 2e-3,
}  # fmt: skip
TINY = {"base_channels": 4}
DEFAULTS = {p.name: p.default for p in PROJECTION.train_parameters}
DEPTH, WIDTH = 10, 32


def surface_and_volume(seed: int, depth: int = DEPTH) -> tuple[np.ndarray, np.ndarray]:
    """A checked sheet in one tilted plane (Y, X), and the noisy volume with brighter debris."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:WIDTH, :WIDTH]
    surface = 100 + 60.0 * ((y + seed) // 5 % 2 ^ x // 5 % 2)
    height = (2 + 3 * x / WIDTH).astype(int)
    volume = np.full((depth, WIDTH, WIDTH), 100.0)
    np.put_along_axis(volume, height[None], surface[None], axis=0)
    volume[depth - 3, ::7, ::5] += 150
    noisy = rng.poisson(volume).astype(np.uint16)
    return surface, noisy


def write_pairs(folder: Path, count: int, depths: tuple[int, ...] = (DEPTH,)) -> TrainRequest:
    for i in range(count):
        surface, volume = surface_and_volume(i, depths[i % len(depths)])
        write(folder / "volumes" / f"field {i}.tif", volume, "ZYX")
        write(folder / "images" / f"field {i}.tif", (10 * surface).astype(np.uint16), "YX")
    return request_for(folder, "volumes", "images")


def request_for(folder: Path, inputs: str, targets: str) -> TrainRequest:
    pairs = pair_files(folder / inputs, folder / targets)
    return TrainRequest(
        task="projection",
        pairs=tuple((str(a), str(b)) for a, b in pairs),
        parameters=QUICK,
        architecture_parameters=TINY,
        out=str(folder / "model.gvtmodel"),
        precision="float32",
    )


def write(path: Path, image: np.ndarray, axes: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, image, metadata={"axes": axes}, ome=True)


def trained(request: TrainRequest, folder: Path):
    return train(request, JobFolder(folder), Heard())


def test_training_writes_a_model_with_scores_on_the_field_kept_apart(tmp_path: Path):
    request = write_pairs(tmp_path, 3)
    finished = trained(request, tmp_path / "job")
    card = read_card(Path(finished.outputs[0]))
    assert card.task == "projection"
    assert card.training["patch"] == f"{DEPTH},16,16"
    assert {score.metric for score in card.scores} == {"psnr_db", "ssim", "nrmse"}
    assert {score.normalisation for score in card.scores} == {"care"}
    assert len({score.data for score in card.scores}) == 1
    for score in card.scores:
        assert score.baseline_name
        assert np.isfinite([score.raw, score.baseline, score.restored]).all()
    psnr = next(score for score in card.scores if score.metric == "psnr_db")
    assert psnr.baseline > psnr.raw
    assert finished.numbers["restored_psnr_db"] == pytest.approx(psnr.restored)
    assert load_model(Path(request.out)).spec.output == "projection"


def test_the_same_seed_gives_the_same_model_another_seed_another(tmp_path: Path):
    request = write_pairs(tmp_path, 2)
    hashes = []
    for i, seed in enumerate((1, 1, 2)):
        chosen = changed(
            request, out=str(tmp_path / f"{i}.gvtmodel"), parameters={**QUICK, "seed": seed}
        )
        trained(chosen, tmp_path / f"job{i}")
        hashes.append(read_card(Path(chosen.out)).weights_sha256)
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize("architecture", PROJECTION.architectures)
def test_every_network_offered_learns_with_either_loss(architecture: str, tmp_path: Path):
    request = write_pairs(tmp_path, 2)
    for loss in ("mae", "laplace"):
        chosen = changed(
            request,
            architecture=architecture,
            parameters={**QUICK, "steps": 2, "loss": loss},
            out=str(tmp_path / f"{loss}.gvtmodel"),
        )
        trained(chosen, tmp_path / loss)
        card = read_card(Path(chosen.out))
        assert card.architecture == architecture
        assert card.training["loss"] == loss
        assert card.architecture_parameters["has_scale_head"] == (loss == "laplace")


def test_training_from_the_simulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    small = {"size_z": 8, "size_y": 32, "size_x": 32}
    monkeypatch.setattr("gvtstudio.tasks.projection.pairs.SIMULATED_SIZE", small)
    request = TrainRequest(
        task="projection", recipe="projection", parameters={**QUICK, "simulated_stacks": 2},
        architecture_parameters=TINY, out=str(tmp_path / "m.gvtmodel"), precision="float32",
    )  # fmt: skip
    numbers = trained(request, tmp_path / "job").numbers
    assert np.isfinite([numbers["raw_psnr_db"], numbers["restored_psnr_db"]]).all()
    card = read_card(Path(request.out))
    assert "projection" in card.training_data[0].name
    assert card.voxel_size_um == ((0.75, 0.75), (0.3, 0.3), (0.3, 0.3))
    with pytest.raises(UsageError, match="recipe for projection"):
        trained(changed(request, recipe="fluorescence-cells"), tmp_path / "job2")


def test_a_short_training_beats_the_classical_projections_on_a_field_it_never_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    small = {"size_z": 16, "size_y": 48, "size_x": 48}
    monkeypatch.setattr("gvtstudio.tasks.projection.pairs.SIMULATED_SIZE", small)
    monkeypatch.setattr("gvtstudio.tasks.projection.pairs.SIMULATED_PHOTONS", (20.0, 40.0))
    request = TrainRequest(
        task="projection",
        recipe="projection",
        parameters={
            **QUICK, "steps": 100, "validation_every": 50, "patch_yx": 32, "learning_rate": 4e-3,
            "simulated_stacks": 12,
        },
        architecture_parameters={"base_channels": 8, "weighting": "probabilities"},
        out=str(tmp_path / "m.gvtmodel"),
        precision="float32",
    )  # fmt: skip
    numbers = trained(request, tmp_path / "job").numbers
    assert numbers["baseline_psnr_db"] > numbers["raw_psnr_db"]
    assert numbers["restored_psnr_db"] > numbers["baseline_psnr_db"] + 3
    assert numbers["restored_ssim"] > numbers["baseline_ssim"] + 0.1


def test_patches_hold_whole_columns_and_shallow_stacks_are_mirrored(tmp_path: Path):
    request = write_pairs(tmp_path, 3, depths=(DEPTH, 6))
    trained(request, tmp_path / "job")
    assert read_card(Path(request.out)).training["patch"] == f"{DEPTH},16,16"
    surface, volume = surface_and_volume(1, depth=6)
    scale = PercentileNormalization(0.0, 1.0)
    pair = NormalisedPair(volume, surface[None], scale, scale)
    for number in range(4):
        patches = ColumnPairs([pair], (12, 16, 16), 0)
        image, target = patches.draw(number, torch.Generator().manual_seed(number))
        assert image.shape == (1, 12, 16, 16)
        assert target.shape == (1, 16, 16)
        np.testing.assert_array_equal(image[0, :6], image[0].flip(0)[:6])
        # the sheet is where the target says, whatever the place that was cut
        difference = image[0, 2:6].amax(0) - target[0]
        assert float(difference.abs().mean()) < 22


def test_validation_takes_whole_columns_and_as_much_across_as_fits():
    scale = PercentileNormalization(0.0, 1.0)
    volume, image = np.zeros((300, 80, 96), np.uint8), np.zeros((1, 80, 96), np.uint8)
    image[0, 40, 48] = 1
    ((x, y),) = validation_tensors([NormalisedPair(volume, image, scale, scale)])
    assert x.shape == (1, 1, 300, 48, 48)
    assert y.shape == (1, 1, 48, 48)
    assert y[0, 0, 24, 24] == 1


def test_previews_show_the_whole_depth(tmp_path: Path):
    request = write_pairs(tmp_path, 2, depths=(40,))
    folder = JobFolder(tmp_path / "job")
    trained(request, folder.path)
    path = sorted(folder.preview_dir.glob("*.gvtscratch"))[-1]
    with closing(open_stack(path)) as preview:
        shown = preview.read(Region.whole(preview.info.shape))[0, 0]
    debris = shown[0, ::7, ::5]  # lies in plane 37 of 40
    assert debris.min() > np.median(shown[0])


@pytest.mark.parametrize("width", [24, 40])
def test_another_width_of_the_target_is_refused_by_name(tmp_path: Path, width: int):
    request = write_pairs(tmp_path, 2)
    write(tmp_path / "images" / "field 1.tif", np.eye(width, dtype=np.uint16), "YX")
    with pytest.raises(StackUnsuitable, match=r"field 1\.tif has different sizes") as refused:
        trained(request, tmp_path / "job")
    assert "Crop or register" in refused.value.remedy


def test_swapped_folders_are_refused(tmp_path: Path):
    write_pairs(tmp_path, 2)
    with pytest.raises(StackUnsuitable, match="swapped") as refused:
        trained(request_for(tmp_path, "images", "volumes"), tmp_path / "job")
    assert "volumes first" in refused.value.remedy


@pytest.mark.parametrize(
    ("inputs", "targets", "sentence"),
    [("images", "images", "is a single plane"), ("volumes", "volumes", "10 planes, but")],
)
def test_pairs_that_are_no_projection_are_refused(
    tmp_path: Path, inputs: str, targets: str, sentence: str
):
    write_pairs(tmp_path, 2)
    with pytest.raises(StackUnsuitable, match=sentence) as refused:
        trained(request_for(tmp_path, inputs, targets), tmp_path / "job")
    assert "train denoising" in refused.value.remedy


def test_a_constant_volume_and_a_single_pair_are_refused(tmp_path: Path):
    request = write_pairs(tmp_path, 2)
    one = changed(request, pairs=request.pairs[:1])
    with pytest.raises(InputRefused, match="One pair is not enough"):
        trained(one, tmp_path / "job")
    write(tmp_path / "volumes" / "field 1.tif", np.ones((8, WIDTH, WIDTH), np.uint16), "ZYX")
    with pytest.raises(StackUnsuitable, match=r"input field 1\.tif has the same value"):
        trained(request, tmp_path / "job")


@pytest.fixture
def fields_of(tmp_path: Path) -> Callable:
    def load(request: TrainRequest, **values: object):
        heard = Heard()
        return load_fields(request, {**DEFAULTS, **values}, VolumeHolder(tmp_path, heard), heard)[0]

    return load


def test_channels_of_the_target_that_the_input_has_not_are_left_alone(
    tmp_path: Path, fields_of: Callable
):
    request = write_pairs(tmp_path, 1)
    surface, volume = surface_and_volume(0)
    with_height = np.stack([surface, np.full_like(surface, 7)]).astype(np.float32)
    write(tmp_path / "images" / "field 0.tif", with_height, "CYX")
    ((pair,),) = (field.pairs for field in fields_of(request))
    np.testing.assert_array_equal(pair.target[0], with_height[0])
    np.testing.assert_array_equal(pair.image, volume)

    write(tmp_path / "volumes" / "field 0.tif", np.stack([volume] * 3, axis=1), "ZCYX")
    with pytest.raises(StackUnsuitable, match="3 channels, its target 2"):
        fields_of(request)


def test_targets_on_their_own_scale_or_on_that_of_the_input(tmp_path: Path, fields_of: Callable):
    request = write_pairs(tmp_path, 1)
    own, same = (
        fields_of(request, target_intensity=intensity)[0].pairs[0] for intensity in ("own", "input")
    )
    assert own.target_scale.low >= 1000
    assert same.target_scale == same.image_scale


def test_choices_that_are_declared_are_rows_of_their_tables():
    choices = {p.name: p.choices for p in PROJECTION.train_parameters}
    assert set(choices["loss"]) <= set(LOSSES)
    assert set(choices["augmentation"]) <= {*AUGMENTATIONS, "none"}
    assert "patch_z" not in choices
