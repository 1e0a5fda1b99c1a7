"""From one anisotropic stack to a model that makes it isotropic, and refusals of other stacks."""

from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy import ndimage

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import GvtError, InputRefused, StackUnsuitable, UsageError
from gvtstudio.domain.job import RestoreRequest, TrainRequest
from gvtstudio.domain.messages import Finished, Log
from gvtstudio.domain.stack import StackInfo
from gvtstudio.engine.dispatch import run_request
from gvtstudio.engine.grids import work_grid
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.seams import VISIBLE
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.stacks import inspect_stack, open_stack
from gvtstudio.networks.isotropic_generator.net import IsotropicGenerator
from gvtstudio.prediction.model import load_model
from gvtstudio.tasks.isotropic.quality import said, score_fields
from gvtstudio.tasks.isotropic.spec import ISOTROPIC
from gvtstudio.tasks.isotropic.stacks import IsotropicField, isotropic_resampling
from gvtstudio.tasks.isotropic.train import train
from gvtstudio.training.cubes import IsotropicVolume
from tests.training.loops_for_tests import Heard

tifffile = pytest.importorskip("tifffile")

QUICK = {
    "steps": 4, "validation_every": 2, "patch_yx": 24, "partner_channels": 4, "warm_up": 2,
    "seed": 3,
}  # fmt: skip
TINY = {"base_channels": 2}


def anisotropic(seed: int = 0, step: int = 3) -> np.ndarray:
    """Noisy grains, wide along Z and with planes as far apart as three pixels."""
    noise = np.random.default_rng(seed).normal(size=(48, 40, 44))
    smooth = ndimage.gaussian_filter(noise, (4.0, 1.2, 1.2), mode="wrap")[step // 2 :: step]
    counts = 200 + 40 * smooth / smooth.std()
    photons: np.ndarray = np.random.default_rng(seed + 1).poisson(counts.clip(1))
    return photons.astype(np.uint16)


def write(path: Path, image: np.ndarray, voxel_um=(0.6, 0.2, 0.2), axes: str = "ZYX") -> Path:
    metadata: dict[str, object] = {"axes": axes}
    if voxel_um:
        for axis, size in zip("ZYX", voxel_um, strict=True):
            metadata |= {f"PhysicalSize{axis}": size, f"PhysicalSize{axis}Unit": "µm"}
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, image, ome=True, photometric="minisblack", metadata=metadata)
    return path


def request_for(*stacks: Path, **changes: object) -> TrainRequest:
    request = TrainRequest(
        task="isotropic",
        stacks=tuple(map(str, stacks)),
        parameters=QUICK,
        architecture_parameters=TINY,
        out=str(stacks[0].parent / "model.gvtmodel"),
        precision="float32",
    )
    return msgspec.structs.replace(request, **changes)


def trained(request: TrainRequest, folder: Path, heard: Heard | None = None) -> Finished:
    return train(request, JobFolder(folder), heard or Heard())


def with_parameters(request: TrainRequest, **changes: object) -> TrainRequest:
    return msgspec.structs.replace(request, parameters={**request.parameters, **changes})


@pytest.mark.parametrize(
    "choices",
    [
        {"variant": "apollo"},
        {"variant": "apollo", "light_sheet": True, "backward": "unet", "saturated_percent": 3.0},
        {"variant": "athena", "augmentation": "flips"},
    ],
    ids=["apollo", "light sheet", "athena"],
)
def test_a_stack_becomes_a_model_of_each_variant(choices: dict, tmp_path: Path):
    heard = Heard()
    request = with_parameters(request_for(write(tmp_path / "cells.tif", anisotropic())), **choices)
    finished = trained(request, tmp_path / "job", heard)
    assert finished.outputs == (request.out,)
    card = read_card(Path(request.out))
    share = choices.get("saturated_percent", 0.03)
    assert card.task == "isotropic"
    assert card.architecture == "isotropic_generator"
    assert card.normalisation_percentiles == (share, 100 - share)
    assert card.voxel_size_um == ((0.6, 0.6), (0.2, 0.2), (0.2, 0.2))
    assert card.training["patch"] == "24,24,24"
    assert any("inferred" in limit for limit in card.limits)
    (score,) = [score for score in card.scores if score.metric == "mismatch_db"]
    assert score.raw > 1.2
    assert np.isfinite([score.baseline, score.restored]).all()
    assert finished.numbers["best_step"] in (2, 4)
    said_so = [log.text for log in heard.of(Log)]
    assert any("3 times as deep as wide" in text for text in said_so)
    assert any("as restored" in text for text in said_so)


@pytest.mark.parametrize("architecture", ISOTROPIC.architectures)
def test_every_network_offered_learns(architecture: str, tmp_path: Path):
    stack = write(tmp_path / "cells.tif", anisotropic())
    sizes = {"rcan_3d": {"features": 8, "groups": 1, "blocks": 1}}
    request = with_parameters(
        request_for(
            stack,
            architecture=architecture,
            architecture_parameters=sizes.get(architecture, {"base_channels": 4}),
        ),
        steps=2,
    )
    trained(request, tmp_path / "job")
    assert load_model(Path(request.out)).spec.name == architecture


def test_the_same_seed_gives_the_same_model_and_resuming_needs_the_same_stack(tmp_path: Path):
    stack = write(tmp_path / "cells.tif", anisotropic())
    hashes = []
    for i, seed in enumerate((1, 1, 2)):
        out = str(tmp_path / f"{i}.gvtmodel")
        request = with_parameters(request_for(stack, out=out), seed=seed)
        trained(request, tmp_path / f"job {i}")
        hashes.append(read_card(Path(out)).weights_sha256)
    assert hashes[0] == hashes[1] != hashes[2]
    other = request_for(stack, voxel_size="0.5,0.2,0.2", resume=True, overwrite=True)
    with pytest.raises(InputRefused, match="other data or settings"):
        trained(with_parameters(other, seed=1), tmp_path / "job 0")


def test_training_from_the_simulation_is_measured_against_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    small = {"size_z": 8, "size_y": 40, "size_x": 40}
    monkeypatch.setattr("gvtstudio.tasks.isotropic.stacks.SIMULATED_SIZE", small)
    request = TrainRequest(
        task="isotropic", recipe="isotropic", parameters=QUICK, architecture_parameters=TINY,
        out=str(tmp_path / "m.gvtmodel"), precision="float32",
    )  # fmt: skip
    finished = trained(request, tmp_path / "job")
    assert finished.verdict.startswith("On the simulated stack it learned from the trained model")
    numbers = finished.numbers
    assert np.isfinite([numbers["raw_psnr_db"], numbers["restored_psnr_db"]]).all()
    assert numbers["baseline_psnr_db"] >= numbers["raw_psnr_db"]
    card = read_card(Path(request.out))
    assert card.voxel_size_um == ((1.0, 1.0), (0.25, 0.25), (0.25, 0.25))
    wrong = msgspec.structs.replace(request, recipe="projection")
    with pytest.raises(UsageError, match="recipe for isotropic"):
        trained(wrong, tmp_path / "other")


def test_the_result_has_isotropic_voxels_of_the_pixel_size(tmp_path: Path):
    stack = write(tmp_path / "cells.tif", anisotropic())
    request = request_for(stack)
    trained(request, tmp_path / "job")
    restored = restore(stack, request.out, tmp_path / "out")
    info = inspect_stack(restored)
    assert info.shape == (1, 48, 1, 40, 44)
    size = info.calibration
    assert (size.z_um, size.y_um, size.x_um) == pytest.approx((0.2, 0.2, 0.2))
    with closing(open_stack(restored)) as opened:
        assert opened.info.dtype == "uint16"


def restore(stack: Path, model: str, out: Path, **changes: object) -> Path:
    request = RestoreRequest(
        input=str(stack), model=model, output_dir=str(out), device="cpu", precision="float32"
    )
    out.mkdir(parents=True, exist_ok=True)
    answer = run_request(msgspec.structs.replace(request, **changes), JobFolder(out), Heard())
    assert isinstance(answer, Finished), answer
    return Path(answer.outputs[0])


@pytest.mark.parametrize(
    ("voxel_um", "shape"),
    [
        ((0.6, 0.2, 0.2), (16, 40, 44)),
        ((0.1, 0.2, 0.2), (60, 20, 30)),
        ((0.5, 0.25, 0.2), (9, 9, 9)),
    ],
)
def test_training_and_restoring_resample_alike(voxel_um, shape, tmp_path: Path):
    """A network that learned from other voxels than it is given would be worth nothing."""
    stack = write(tmp_path / "s.tif", np.zeros(shape, np.uint8), voxel_um)
    request = request_for(write(tmp_path / "cells.tif", anisotropic()))
    trained(with_parameters(request, steps=2), tmp_path / "job")
    card = read_card(Path(request.out))
    grid = work_grid(card, ISOTROPIC, inspect_stack(stack))
    assert grid.resampling == isotropic_resampling(shape, voxel_um)
    assert not grid.returns


REFUSED = {
    "isotropic already": "voxels are 1 times as deep as wide and the spectra",
    "no voxel size": "voxel size of .* is not known",
    "too few planes": "too few planes: 5",
    "constant": "same value everywhere",
    "small": "too small",
}


def unfit(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.tif"
    if kind == "isotropic already":
        noise = np.random.default_rng(0).normal(size=(40, 40, 40))
        smooth = ndimage.gaussian_filter(noise, 1.5, mode="wrap")
        return write(path, (1000 + 3000 * smooth).astype(np.uint16), (0.2, 0.2, 0.2))
    if kind == "no voxel size":
        return write(path, anisotropic(), ())
    if kind == "too few planes":
        return write(path, anisotropic()[:5])
    if kind == "constant":
        return write(path, np.full((16, 40, 40), 7, np.uint16))
    return write(path, anisotropic()[:, :20, :20])


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_learned_from_is_refused_with_a_remedy(kind: str, tmp_path: Path):
    with pytest.raises(StackUnsuitable, match=REFUSED[kind]) as refused:
        trained(request_for(unfit(kind, tmp_path)), tmp_path / "job")
    assert refused.value.remedy
    assert not list(tmp_path.glob("*.gvtmodel"))


def test_a_typed_voxel_size_is_believed_more_than_the_file(tmp_path: Path):
    request = request_for(unfit("no voxel size", tmp_path), voxel_size="0.6,0.2,0.2")
    trained(request, tmp_path / "job")
    assert read_card(Path(request.out)).voxel_size_um[0] == (0.6, 0.6)


def test_all_channels_and_time_points_are_learned_from(tmp_path: Path):
    channels = np.stack([anisotropic(), anisotropic(7)], axis=1)
    times = np.stack([channels, channels[:, ::-1]])
    stack = write(tmp_path / "cells.tif", times, axes="TZCYX")
    request = with_parameters(request_for(stack), steps=2)
    trained(request, tmp_path / "job")
    info = inspect_stack(restore(stack, request.out, tmp_path / "out"))
    assert info.shape == (2, 48, 2, 40, 44)


def test_blurred_though_its_voxels_are_cubes_it_is_learned_from(tmp_path: Path):
    heard = Heard()
    noise = np.random.default_rng(0).normal(size=(40, 40, 40))
    smooth = ndimage.gaussian_filter(noise, (4, 1.5, 1.5), mode="wrap")
    image = (1000 + 3000 * smooth).astype(np.uint16)
    trained(request_for(write(tmp_path / "s.tif", image, (0.2, 0.2, 0.2))), tmp_path / "job", heard)
    assert any("1 times as deep" in log.text for log in heard.of(Log))


def test_a_warning_where_planes_are_far_apart_but_nothing_is_blurred(tmp_path: Path):
    heard = Heard()
    noise = np.random.default_rng(0).normal(size=(28, 40, 40))
    smooth = ndimage.gaussian_filter(noise, (1.2, 1.5, 1.5), mode="wrap")
    image = (1000 + 3000 * smooth).astype(np.uint16)
    trained(
        request_for(write(tmp_path / "s.tif", image, (0.25, 0.2, 0.2))), tmp_path / "job", heard
    )
    warnings = [log.text for log in heard.of(Log) if log.level == "warning"]
    assert any("hardly blurrier" in text for text in warnings)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"patch_yx": 30}, "multiple of 4"), ({"variant": "apolo"}, "apollo")],
)
def test_wrong_use_is_refused_in_words(changes: dict, words: str, tmp_path: Path):
    request = request_for(write(tmp_path / "cells.tif", anisotropic()))
    with pytest.raises(UsageError) as refused:
        trained(with_parameters(request, **changes), tmp_path / "job")
    assert words in refused.value.sentence()


def test_a_network_that_only_blurs_is_not_offered(tmp_path: Path):
    request = request_for(
        write(tmp_path / "cells.tif", anisotropic()), architecture="deep_linear_generator"
    )
    with pytest.raises(GvtError, match="architecture"):
        trained(request, tmp_path / "job")


def test_cubes_shrink_to_what_the_stack_holds(tmp_path: Path):
    heard = Heard()
    request = request_for(write(tmp_path / "cells.tif", anisotropic()))
    trained(with_parameters(request, patch_yx=64), tmp_path / "job", heard)
    assert read_card(Path(request.out)).training["patch"] == "40,40,40"
    assert any("edge of 40 voxels, not 64" in log.text for log in heard.of(Log))


def spots(axial: float, step: int = 1) -> np.ndarray:
    volume = np.zeros((72, 48, 48))
    volume[12::24, 8::12, 8::12] = 1
    seen = ndimage.gaussian_filter(volume, (axial, 1.2, 1.2), mode="mirror")
    image: np.ndarray = (100 + 1000 * seen / seen.max())[step // 2 :: step]
    return image.astype(np.float32)


def test_scores_tell_the_widths_of_spots_and_know_the_truth():
    truth, blurred = spots(1.2), spots(4.0)
    scale = PercentileNormalization.of(blurred, (0.03, 99.97))
    field = IsotropicField(
        "beads", (0.1, 0.1, 0.1), [blurred], [IsotropicVolume(blurred, scale)], truth
    )
    scores = score_fields([field], lambda image: scale.apply(truth), Heard())
    found = {score.metric: score for score in scores}
    assert set(found) == {"psnr_db", "ssim", "axial_fwhm_um", "lateral_fwhm_um", "mismatch_db"}
    width = found["axial_fwhm_um"]
    assert width.raw == pytest.approx(0.1 * 4.0 * 2.355, rel=0.1)
    assert width.restored == pytest.approx(0.1 * 1.2 * 2.355, rel=0.1)
    assert width.restored < width.baseline < width.raw
    assert "Richardson-Lucy" in width.baseline_name
    assert found["psnr_db"].restored > found["psnr_db"].baseline > found["psnr_db"].raw
    assert found["lateral_fwhm_um"].restored == pytest.approx(0.1 * 1.2 * 2.355, rel=0.1)
    assert found["mismatch_db"].restored < found["mismatch_db"].raw
    sentence = said(scores)
    assert f"Depth of spots: {width.raw:.2f} µm in the stack" in sentence
    assert sentence.endswith("as restored.")
    unlearned = score_fields([field], lambda image: scale.apply(blurred), Heard())
    assert said(unlearned).endswith("train longer.")


def test_the_blur_follows_from_the_objective_where_its_aperture_is_given(tmp_path: Path):
    stack = write(tmp_path / "cells.tif", anisotropic())
    request = with_parameters(request_for(stack), numerical_aperture=0.5)
    trained(request, tmp_path / "job")
    names = {score.baseline_name for score in read_card(Path(request.out)).scores}
    assert names == {"Richardson-Lucy along Z, 10 steps"}
    impossible = with_parameters(request, numerical_aperture=1.4)
    with pytest.raises(UsageError, match="is impossible in a medium") as refused:
        trained(impossible, tmp_path / "other")
    assert "--refractive-index" in refused.value.remedy


def test_without_spots_linear_interpolation_takes_the_place_of_deconvolution():
    image = anisotropic().astype(np.float32)
    scale = PercentileNormalization.of(image, (0.03, 99.97))
    resampled = np.repeat(image, 3, axis=0)
    field = IsotropicField("grains", (0.6, 0.2, 0.2), [image], [IsotropicVolume(resampled, scale)])
    scores = score_fields([field], lambda normalised: normalised, Heard())
    assert {score.baseline_name for score in scores} <= {"linear interpolation"}
    assert all(score.baseline == score.raw for score in scores)


def test_tiles_of_an_instance_normed_network_leave_no_steps(tmp_path: Path):
    """Its brightness depends on the tile; blending over half a tile must hide that."""
    stack = write(tmp_path / "cells.tif", anisotropic())
    request = with_parameters(request_for(stack), steps=30, warm_up=30, learning_rate=3e-3)
    trained(request, tmp_path / "job")
    request = RestoreRequest(
        input=str(stack), model=request.out, output_dir=str(tmp_path), tile="24,24,24",
        device="cpu", precision="float32", dtype="float32",
    )  # fmt: skip
    answer = run_request(request, JobFolder(tmp_path), Heard())
    assert isinstance(answer, Finished)
    assert answer.numbers["seam_ratio"] < VISIBLE


def test_calibration_of_previews_is_isotropic():
    field = IsotropicField("x", (0.6, 0.2, 0.2), [], [])
    assert field.calibration == Calibration(z_um=0.2, y_um=0.2, x_um=0.2, source="file")
    assert (
        StackInfo("", (1, 1, 1, 1, 1), "uint8", (), field.calibration).calibration.anisotropy == 1
    )


def test_the_generator_of_the_paper_is_the_default():
    assert ISOTROPIC.architectures[0] == "isotropic_generator"
    assert sum(p.numel() for p in IsotropicGenerator().parameters()) == 7_077_251


def test_a_model_is_adapted_to_a_stack_of_the_same_kind(tmp_path: Path):
    request = request_for(write(tmp_path / "cells.tif", anisotropic()))
    trained(request, tmp_path / "job")
    other = write(tmp_path / "others.tif", anisotropic(seed=5))
    adapted = request_for(
        other, start_model=request.out, architecture_parameters={}, out=str(tmp_path / "b.gvtmodel")
    )
    heard = Heard()
    trained(adapted, tmp_path / "adapting", heard)
    card = read_card(tmp_path / "b.gvtmodel")
    assert card.training["start_model"] == request.out
    assert all(score.backbone is not None for score in card.scores)
    assert sum("as restored" in log.text for log in heard.of(Log)) == 1
