"""Super-resolution from pairs at two magnifications to a model, its card and its scores."""

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from gvtstudio.domain.errors import Cancelled, InputRefused, ModelRefused, StackUnsuitable
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished, Log
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.imaging.resampling import resample_volume
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.pairs import pair_files
from gvtstudio.tasks.super_resolution.pairs import PERCENTILES, MagnifiedData, load_data
from gvtstudio.tasks.super_resolution.spec import SUPER_RESOLUTION
from gvtstudio.tasks.super_resolution.train import train
from gvtstudio.training.volumes import VolumeHolder
from tests.engine.requests_for_tests import changed
from tests.imaging.test_registration import imaged, known, scene
from tests.training.loops_for_tests import Heard

tifffile = pytest.importorskip("tifffile")

QUICK = {
    "steps": 4, "validation_every": 2, "batch_size": 2, "patch_z": 4, "patch_yx": 32,
    "simulated_stacks": 2,
}  # fmt: skip
TINY = {"base_channels": 4, "references": 4}
DEFAULTS = {p.name: p.default for p in SUPER_RESOLUTION.train_parameters}
FINE_UM = 0.05
SIZE = (128, 144)


def write(path: Path, array: np.ndarray, axes: str = "YX", pixel_um: float = 0.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    known_size = {"PhysicalSizeX": pixel_um, "PhysicalSizeY": pixel_um} if pixel_um else {}
    tifffile.imwrite(path, array, ome=True, metadata={"axes": axes, **known_size})


def enlarged(low: np.ndarray, shape: tuple[int, int] = SIZE) -> np.ndarray:
    return resample_volume(low[None], (1, *shape))[0]


def same_field(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Low and high, where nothing is moved."""
    high = scene(seed, SIZE)
    return imaged(high, known(high, 2.0, 0.0, 0.0, 0.0), 2.0, seed=seed), high


def write_pairs(folder: Path, count: int = 3, *, is_calibrated: bool = True) -> TrainRequest:
    for i in range(count):
        low, high = same_field(i)
        write(folder / "low" / f"{i}.ome.tif", low, pixel_um=2 * FINE_UM * is_calibrated)
        write(folder / "high" / f"{i}.ome.tif", high, pixel_um=FINE_UM * is_calibrated)
    return request_for(folder)


def request_for(folder: Path, **parameters) -> TrainRequest:
    pairs = pair_files(folder / "low", folder / "high")
    return TrainRequest(
        task="super_resolution",
        pairs=tuple((str(a), str(b)) for a, b in pairs),
        parameters={**QUICK, **parameters},
        architecture_parameters=TINY,
        out=str(folder / "model.gvtmodel"),
        device="cpu",
        precision="float32",
    )


def trained(request: TrainRequest, heard: Heard | None = None) -> tuple[Finished, ModelCard]:
    out = Path(request.out)
    finished = train(request, JobFolder(out.with_suffix(".training")), heard or Heard())
    return finished, read_card(out)


def loaded(request: TrainRequest, heard: Heard | None = None, **values) -> MagnifiedData:
    holder = VolumeHolder(Path(request.out).parent / "job", Heard())
    return load_data(request, {**DEFAULTS, **values}, holder, heard or Heard())


def logged(heard: Heard) -> str:
    return "\n".join(message.text for message in heard.of(Log))


@pytest.fixture
def request_of_three(tmp_path: Path) -> TrainRequest:
    return write_pairs(tmp_path)


def test_inputs_are_enlarged_to_their_targets_where_nothing_is_moved(request_of_three):
    heard = Heard()
    data = loaded(request_of_three, heard)
    assert data.magnification == 2
    assert data.voxel_um == []  # the distance of planes is not known
    for i, field in enumerate(data.fields):
        low, high = same_field(i)
        (pair,) = field.pairs
        np.testing.assert_array_equal(pair.target[0], high)
        np.testing.assert_allclose(pair.image[0], enlarged(low), atol=1e-3)
        # as at prediction, where the engine measures the enlarged image
        bounds = np.percentile(enlarged(low), PERCENTILES)
        assert (pair.image_scale.low, pair.image_scale.high) == pytest.approx(tuple(bounds))
    assert logged(heard).count("same field, not moved, magnification 2; correlation 1.00") == 3


def test_inputs_that_lie_otherwise_are_moved_and_only_the_common_area_is_learned(tmp_path):
    for i in range(2):
        high = scene(i, (200, 220))
        low = imaged(high, known(high, 2.0, 5.0, 4.0, -6.0), 2.0)
        write(tmp_path / "low" / f"{i}.tif", low)
        write(tmp_path / "high" / f"{i}.tif", high)
    heard = Heard()
    data = loaded(request_for(tmp_path), heard)
    assert data.magnification == 2
    assert "turned by 5" in logged(heard)
    for field in data.fields:
        (pair,) = field.pairs
        assert pair.image.shape == pair.target.shape
        assert 140 < pair.target.shape[1] < 200
        smooth = ndimage.gaussian_filter(pair.target[0].astype(float), 1.5)
        assert np.corrcoef(pair.image.ravel(), smooth.ravel())[0, 1] > 0.95


def test_equal_pixels_need_no_enlarging(tmp_path):
    for i in range(2):
        low, high = same_field(i)
        write(tmp_path / "low" / f"{i}.tif", np.rint(enlarged(low)).clip(0, 255).astype(np.uint8))
        write(tmp_path / "high" / f"{i}.tif", high)
    data = loaded(request_for(tmp_path))
    assert data.magnification == 1
    np.testing.assert_allclose(
        data.fields[0].pairs[0].image[0], np.rint(enlarged(same_field(0)[0])).clip(0, 255), atol=1
    )


def test_volumes_are_registered_once_for_all_planes_and_channels(tmp_path):
    heard = Heard()
    for i in range(2):
        lows, highs = [], []
        for z in range(3):
            high = scene(10 * i + z)
            highs.append([high, 255 - high])
            low = imaged(high, known(high, 2.0, 3.0, 2.0, 1.0), 2.0, seed=z)
            lows.append([low, 255 - low])
        write(tmp_path / "low" / f"{i}.tif", np.array(lows), "ZCYX")
        write(tmp_path / "high" / f"{i}.tif", np.array(highs), "ZCYX")
    data = loaded(request_for(tmp_path), heard)
    assert logged(heard).count("registered by") == 2
    for field in data.fields:
        assert len(field.pairs) == 2
        for pair in field.pairs:
            assert pair.image.shape[0] == 3
            for image, target in zip(pair.image, pair.target, strict=True):
                assert np.corrcoef(image.ravel(), target.ravel())[0, 1] > 0.8


def test_the_voxel_sizes_of_the_inputs_are_what_the_card_tells(tmp_path):
    request = write_pairs(tmp_path, is_calibrated=False)
    data = loaded(changed(request, voxel_size="0.3,0.1,0.1"))
    assert data.voxel_um == [(0.3, 0.1, 0.1)] * 3
    assert data.fields[0].voxel_um == pytest.approx((0.3, 0.05, 0.05))


def test_a_short_training_gives_a_model_with_scores_in_both_parts(request_of_three):
    heard = Heard()
    finished, card = trained(request_of_three, heard)
    assert card.task == "super_resolution"
    assert card.architecture == "aeanet_2d"
    assert card.magnification == 2
    assert card.training["loss"] == "mae"
    metrics = ("psnr_db", "ssim", "nrmse")
    parts = ("", " foreground", " background")
    assert {s.metric for s in card.scores} == {m + part for m in metrics for part in parts}
    assert {s.normalisation for s in card.scores} == {"care"}
    for metric in ("psnr_db", "ssim"):
        for score in (s for s in card.scores if s.metric == metric):
            assert score.baseline > score.raw  # with the truth in hand some filter always helps
    assert finished.numbers["raw_psnr_db"] > 10
    assert "Gained over bicubic enlargement: " in logged(heard)
    assert "bicubic enlargement" in finished.verdict
    assert "2 times finer" in card.limits[1]


@pytest.mark.slow
def test_the_network_beats_bicubic_and_the_best_classical_sharpening(tmp_path):
    request = write_pairs(tmp_path, 6)
    longer = {"steps": 250, "validation_every": 50, "batch_size": 4, "learning_rate": 0.003}
    request = changed(
        request,
        architecture="care_2d",
        parameters={**QUICK, **longer, "patch_yx": 48},
        architecture_parameters={"base_channels": 8},
    )
    finished, _ = trained(request)
    numbers = finished.numbers
    assert numbers["restored_psnr_db"] > numbers["raw_psnr_db"] + 1
    assert numbers["restored_ssim"] > numbers["raw_ssim"]
    assert numbers["restored_psnr_db"] > numbers["baseline_psnr_db"]


def test_training_from_the_simulation_at_the_magnification_asked_for(tmp_path):
    for magnification, wanted in ((0, 2), (4, 4)):
        request = TrainRequest(
            task="super_resolution", recipe="super-resolution", device="cpu",
            parameters={**QUICK, "magnification": magnification, "steps": 2},
            architecture_parameters=TINY, out=str(tmp_path / f"{wanted}.gvtmodel"),
        )  # fmt: skip
        card = trained(request)[1]
        assert card.magnification == wanted
        assert card.voxel_size_um == ((0.05, 0.05), (0.01, 0.01), (0.01, 0.01))
        assert "super-resolution" in card.training_data[0].name


@pytest.mark.parametrize("architecture", SUPER_RESOLUTION.architectures)
def test_every_architecture_allowed_trains(tmp_path, architecture: str):
    from gvtstudio.networks import ARCHITECTURES

    request = write_pairs(tmp_path, 2)
    small = {"base_channels": 4, "references": 4, "features": 8, "blocks": 1, "groups": 1}
    declared = {parameter.name for parameter in ARCHITECTURES[architecture].parameters}
    request = changed(
        request,
        architecture=architecture,
        parameters={**QUICK, "steps": 1, "patch_z": 8},
        architecture_parameters={name: n for name, n in small.items() if name in declared},
    )
    assert trained(request)[1].architecture == architecture


@pytest.mark.parametrize("loss", ["mse", "ssim_l2", "laplace"])
def test_every_loss_trains(request_of_three, loss: str):
    request = changed(
        request_of_three,
        architecture="gvtnet_denoising_2d",
        architecture_parameters={"base_channels": 4},
        parameters={**QUICK, "steps": 1, "loss": loss},
    )
    assert trained(request)[1].training["loss"] == loss


def test_a_discriminator_can_be_trained_beside_the_network(request_of_three):
    request = changed(request_of_three, parameters={**QUICK, "adversarial": 0.01})
    assert trained(request)[1].training["adversarial"] == 0.01


def test_the_user_can_stop_while_pairs_are_registered(request_of_three):
    def stop(message, flag):
        if message.stage == "Registering pairs" and message.done == 1:
            flag.set()

    heard = Heard(stop)
    with pytest.raises(Cancelled):
        trained(request_of_three, heard)
    assert logged(heard).count("same field") == 1
    assert not Path(request_of_three.out).exists()


def test_the_same_seed_gives_the_same_model(request_of_three):
    hashes = []
    for seed in (1, 1, 2):
        request = changed(
            request_of_three, overwrite=True, parameters={**QUICK, "seed": seed, "steps": 2}
        )
        hashes.append(trained(request)[1].weights_sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def deeper(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.stack([low] * 3), np.stack([high] * 2)


def swapped(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return high, low


def flat_target(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return low, np.zeros_like(high)


def elsewhere(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return low, scene(99, high.shape)


def not_numbers(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    broken = low.astype(np.float32)
    broken[4, 5] = np.nan
    return broken, high


REFUSED = {
    "planes": (deeper, "auto", r"1\.ome\.tif has different sizes"),
    "swapped": (swapped, "auto", r"1\.ome\.tif is 2 times finer than the second"),
    "swapped, none": (swapped, "none", r"1\.ome\.tif is 2 times finer than the second"),
    "constant": (flat_target, "auto", r"target 1\.ome\.tif has the same value"),
    "other field": (elsewhere, "auto", r"1\.ome\.tif cannot be registered"),
    "not numbers": (not_numbers, "auto", "no numbers"),
    "sizes, none": (lambda a, b: (a[:, :40], b), "none", "not one field in two"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_pairs_that_are_none_are_refused_in_words(tmp_path, case: str):
    spoil, registration, words = REFUSED[case]
    request = write_pairs(tmp_path, 2, is_calibrated=False)
    for folder, array in zip(("low", "high"), spoil(*same_field(1)), strict=True):
        write(tmp_path / folder / "1.ome.tif", array, "ZYX" if array.ndim == 3 else "YX")
    with pytest.raises(StackUnsuitable, match=words) as refused:
        loaded(request, registration=registration)
    assert refused.value.remedy


def test_swapped_folders_are_known_by_their_voxel_sizes_too(tmp_path):
    request = write_pairs(tmp_path, 2)
    backwards = changed(request, pairs=tuple((b, a) for a, b in request.pairs))
    with pytest.raises(StackUnsuitable, match="has the finer pixels") as refused:
        loaded(backwards)
    assert refused.value.remedy.startswith("Swap")


def test_sharper_inputs_of_equal_pixels_are_warned_of(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(2):
        field = scene(i, SIZE).astype(float)
        sharp = ndimage.gaussian_filter(field, 1.5) + rng.normal(0, 2, SIZE)
        blurred = ndimage.gaussian_filter(field, 3) + rng.normal(0, 4, SIZE)
        write(tmp_path / "low" / f"{i}.tif", blurred.astype(np.float32))
        write(tmp_path / "high" / f"{i}.tif", sharp.astype(np.float32))
    request = request_for(tmp_path)
    for pairs, is_warned in ((request.pairs, False), ([p[::-1] for p in request.pairs], True)):
        heard = Heard()
        loaded(changed(request, pairs=tuple(pairs)), heard)
        assert ("finer detail than their targets" in logged(heard)) == is_warned


def test_one_pair_is_not_enough(tmp_path):
    with pytest.raises(InputRefused, match="One pair is not enough"):
        trained(write_pairs(tmp_path, 1))


def test_pairs_of_different_magnifications_are_refused(tmp_path):
    request = write_pairs(tmp_path, 3, is_calibrated=False)
    high = scene(2, SIZE)
    write(tmp_path / "low" / "2.ome.tif", imaged(high, known(high, 3.0, 0, 0, 0), 3.0))
    with pytest.raises(StackUnsuitable, match=r"2\.ome\.tif is magnified 3 times, but most") as no:
        loaded(request)
    assert "each magnification" in no.value.remedy


def test_a_model_of_another_magnification_cannot_be_adapted(tmp_path):
    first = write_pairs(tmp_path / "a", 2)
    trained(changed(first, parameters={**QUICK, "steps": 1}))
    for i in range(2):
        for folder in ("low", "high"):
            write(tmp_path / "b" / folder / f"{i}.tif", scene(i, SIZE))
    second = changed(request_for(tmp_path / "b"), start_model=first.out, architecture_parameters={})
    with pytest.raises(ModelRefused, match="2 times finer, but your pairs are 1 times finer"):
        trained(second)


def test_half_of_a_training_batch_of_an_aeanet_has_no_references():
    import torch

    from gvtstudio.networks.aeanet.net import build_2d

    torch.manual_seed(0)
    network = build_2d(base_channels=4, references=4).train()
    references = network.bottom.references.voxels
    assert references is not None
    images = torch.randn(4, 1, 32, 32)
    answers = network(images).mean
    reached = []
    for answer in answers:  # batch norm would tie images together, so only what R itself does
        (gradient,) = torch.autograd.grad(answer.sum(), references, retain_graph=True)
        reached.append(bool(gradient.abs().max() > 0))
    assert reached[2:] == [True, True]
    with torch.no_grad():
        bottom = network.bottom
        x = torch.randn(4, 16, 8, 8)
        before = bottom(x)
        references += 1
        after = bottom(x)
    assert torch.equal(before[:2], after[:2])
    assert not torch.allclose(before[2:], after[2:])
