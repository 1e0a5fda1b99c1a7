"""Predicted stains: one channel goes in, those of the card come out, in their grey values."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from gvtstudio import __version__
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.region import Region
from gvtstudio.imaging.resampling import Resampling, back_again, resample_volume
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network, load_model, save_model
from tests.engine.requests_for_tests import pixels, restoration_of
from tests.engine.stacks_for_tests import do
from tests.tasks.stains_for_tests import LABELS, SHAPE, cells, light_of, write

SCALES = ((100.0, 300.0), (5.0, 7.5))
VOLUMES = {"out_channels": 2, "base_channels": 4}
IMAGES = {"in_channels": 3, "targets": 2, "classes": 8, "growth": 2, "window": 16}


def write_model(path: Path, name: str = "gvtnet_label_free", **changes: Any) -> Path:
    """Random weights, with batch norm that lets details through."""
    torch.manual_seed(0)
    spec = ARCHITECTURES[name]
    values = IMAGES if name == "gt_unet" else VOLUMES
    values = {**values, **changes.pop("values", {})}
    network = build_network(spec, values)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm3d):
            torch.nn.init.uniform_(module.running_var, 0.3, 0.6)
    card = ModelCard(
        name=path.stem,
        title="Small",
        summary="For tests.",
        task="label_free",
        architecture=name,
        architecture_parameters=values,
        parameter_count=sum(p.numel() for p in network.parameters()),
        axes="ZYX" if spec.spatial_dims == 3 else "YX",
        normalisation_percentiles=(0.0, 100.0),
        normalisation="mean_std",
        channels=LABELS,
        channel_scales=SCALES,
        program_version=__version__,
    )
    size = (8, 16, 16) if spec.spatial_dims == 3 else (values["in_channels"], 16, 16)
    image = np.random.default_rng(0).random(size, np.float32)
    save_model(path, network, msgspec.structs.replace(card, **changes), image, overwrite=False)
    return path


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    return write(tmp_path / "cells.ome.tif", light_of(cells(1)), "ZYX", ("DIC",))


def request_for(stack: Path, model: Path, **options: Any) -> RestoreRequest:
    return restoration_of(stack, model, stack.parent, **options)


def restored(request: RestoreRequest) -> tuple[np.ndarray, Finished]:
    """(T, Z, C, Y, X)."""
    finished, _ = do(request, Path(request.output_dir).parent / "job")
    return pixels(finished), finished


def refused(request: RestoreRequest) -> Failed:
    failed, _ = do(request, Path(request.output_dir).parent / "job")
    assert isinstance(failed, Failed)
    return failed


def z_scores(image: np.ndarray) -> np.ndarray:
    wide = image.astype(np.float64)
    return ((wide - wide.mean()) / wide.std()).astype(np.float32)


def grey(answer: np.ndarray) -> np.ndarray:
    """(C, …) on the network's scale in grey values."""
    lows, highs = (np.array(each).reshape(-1, 1, 1, 1) for each in zip(*SCALES, strict=True))
    return lows + answer * (highs - lows)


def of_volumes(model: Path, image: np.ndarray) -> np.ndarray:
    """(C, Z, Y, X) of the network in one piece, in grey values."""
    depth = len(image)
    missing = max(16 - depth, 0)
    ends = (missing // 2, missing - missing // 2)
    deep = np.pad(z_scores(image), (ends, (0, 0), (0, 0)), "reflect")
    with torch.inference_mode():
        mean = load_model(model).network(torch.from_numpy(deep)[None, None]).mean[0].numpy()
    return grey(mean[:, ends[0] : ends[0] + depth])


def of_windows(model: Path, image: np.ndarray, name: str = "mean") -> np.ndarray:
    """(C, Z, Y, X) of a network that is shown three planes, of the only window of each plane."""
    network = load_model(model).network
    wide = np.pad(z_scores(image), ((1, 1), (8, 8), (8, 8)), "reflect")
    with torch.inference_mode():
        planes = [
            getattr(network.evaluate_centre(torch.from_numpy(wide[z : z + 3])[None]), name)[0]
            for z in range(len(image))
        ]
    return torch.stack(planes, 1).numpy()


def test_every_label_is_a_channel_in_the_grey_values_of_its_targets(tmp_path, stack):
    model = write_model(tmp_path / "m.gvtmodel")
    result, finished = restored(request_for(stack, model, tile="8,16,16"))
    expected = of_volumes(model, light_of(cells(1)))
    np.testing.assert_allclose(result[0].swapaxes(0, 1), expected, atol=0.05)
    assert expected.std() > 1
    info = inspect_stack(Path(finished.outputs[0]))
    assert [channel.name for channel in info.channels] == list(LABELS)
    assert info.dtype == "float32"  # though the transmitted light is of 16 bit
    assert info.calibration.x_um == pytest.approx(0.2)
    assert "_predicted_m" in finished.outputs[0]


@pytest.mark.parametrize("statistic", ["mean", "median", "mode"])
def test_what_a_voxel_is_taken_for_can_be_chosen_where_odds_are_known(tmp_path, statistic: str):
    image = light_of(cells(1))[:4, :16, :16]
    stack = write(tmp_path / "a.ome.tif", image, "ZYX")
    model = write_model(tmp_path / "m.gvtmodel", "gt_unet")
    result, _ = restored(request_for(stack, model, statistic=statistic))
    expected = grey(of_windows(model, image, statistic))
    agree = np.isclose(result[0].swapaxes(0, 1), expected, atol=0.01)
    assert agree.mean() > (0.99 if statistic != "mean" else 0.9999)  # odds may be nearly equal


def test_how_undecided_it_is_comes_behind_and_keeps_its_scale(tmp_path):
    image = light_of(cells(1))[:4, :16, :16]
    stack = write(tmp_path / "a.ome.tif", image, "ZYX")
    model = write_model(tmp_path / "m.gvtmodel", "gt_unet")
    result, finished = restored(request_for(stack, model, uncertainty=True))
    names = [channel.name for channel in inspect_stack(Path(finished.outputs[0])).channels]
    assert names == ["DAPI", "Actin", "DAPI entropy", "Actin entropy"]
    entropy = of_windows(model, image, "entropy")
    np.testing.assert_allclose(result[0, :, 2:].swapaxes(0, 1), entropy, atol=1e-4)
    assert 0 < entropy.min() < entropy.max() <= 1


def test_windows_are_cut_out_of_larger_planes(tmp_path, stack):
    model = write_model(tmp_path / "m.gvtmodel", "gt_unet")
    result, finished = restored(request_for(stack, model, flips=True))
    assert result.shape == (1, 8, 2, 48, 56)
    assert np.isfinite(result).all()
    assert len(np.unique(result)) > 1000
    assert "seam_ratio" in finished.numbers


def test_all_planes_together_become_one(tmp_path, stack):
    model = write_model(
        tmp_path / "m.gvtmodel", "gt_unet", gives_one_plane=True, values={"in_channels": 8}
    )
    result, finished = restored(request_for(stack, model))
    assert result.shape == (1, 1, 2, 48, 56)
    assert inspect_stack(Path(finished.outputs[0])).calibration.z_um is None
    thin = write(tmp_path / "thin.ome.tif", light_of(cells(1))[:5], "ZYX")
    failed = refused(request_for(thin, model))
    assert failed.exit_code == 3
    assert "sees 8 planes at once; thin.ome.tif has 5" in failed.message
    assert "8 planes" in failed.remedy


def test_a_stack_is_brought_to_the_pixels_of_the_model_and_back(tmp_path, stack):
    model = write_model(tmp_path / "m.gvtmodel", work_voxel_um=(0.0, 0.4, 0.4))
    result, _ = restored(request_for(stack, model))
    image = light_of(cells(1))
    coarse = of_volumes(model, resample_volume(image, (8, 24, 28)))
    there = Resampling.by(SHAPE, (1.0, 0.5, 0.5))
    whole = ((0, 8), (0, 48), (0, 56))
    back = back_again(there, whole, ((0, 8), (0, 24), (0, 28)))
    for channel, answer in enumerate(coarse):
        expected = back.read(whole, lambda box, a=answer: a[tuple(slice(*span) for span in box)])
        np.testing.assert_allclose(result[0, :, channel], expected, atol=0.1)


def test_one_plane_comes_back_from_the_pixels_of_the_model_too(tmp_path, stack):
    model = write_model(
        tmp_path / "m.gvtmodel", "gt_unet", gives_one_plane=True, values={"in_channels": 8},
        work_voxel_um=(0.0, 0.4, 0.4),
    )  # fmt: skip
    result, _ = restored(request_for(stack, model))
    assert result.shape == (1, 1, 2, 48, 56)
    assert np.isfinite(result).all()


def test_planes_come_to_the_distance_seen_where_pixels_come_to_those_of_the_model(tmp_path, stack):
    """The stack has 0.5, 0.2 and 0.2 µm."""
    seen = ((0.25, 0.25), (0.0, 1e6), (0.0, 1e6))
    model = write_model(tmp_path / "m.gvtmodel", work_voxel_um=(0.0, 0.4, 0.4), voxel_size_um=seen)
    result, finished = restored(request_for(stack, model, resample=True))
    assert result.shape == (1, 8, 2, 48, 56)
    assert finished.numbers["network_z_um"] == 0.25
    assert finished.numbers["network_y_um"] == pytest.approx(0.4)
    image = light_of(cells(1))
    coarse = of_volumes(model, resample_volume(image, (16, 24, 28)))
    for channel, answer in enumerate(coarse):
        expected = resample_volume(answer, SHAPE)
        np.testing.assert_allclose(result[0, :, channel], expected, atol=0.1)


def test_a_fixed_number_of_planes_stays_whatever_their_distance(tmp_path, stack):
    model = write_model(
        tmp_path / "m.gvtmodel", "gt_unet", gives_one_plane=True, values={"in_channels": 8},
        voxel_size_um=((1.0, 1.0), (0.4, 0.4), (0.4, 0.4)),
    )  # fmt: skip
    result, finished = restored(request_for(stack, model, resample=True, uncertainty=True))
    assert result.shape == (1, 1, 4, 48, 56)
    assert result[0, 0, 2:].min() >= 0
    assert finished.numbers["network_z_um"] == inspect_stack(stack).calibration.z_um


def test_of_several_channels_one_must_be_chosen(tmp_path):
    image = light_of(cells(1))
    both = np.stack([np.full_like(image, 3), image], 1)
    stack = write(tmp_path / "two.ome.tif", both, "ZCYX", ("GFP", "DIC"))
    model = write_model(tmp_path / "m.gvtmodel")
    failed = refused(request_for(stack, model))
    assert "predicts from one channel; two.ome.tif has 2" in failed.message
    assert "1 (GFP), 2 (DIC)" in failed.remedy
    assert "no channel 3" in refused(request_for(stack, model, channel=3)).message
    result, _ = restored(request_for(stack, model, channel=2))
    np.testing.assert_allclose(result[0].swapaxes(0, 1), of_volumes(model, image), atol=0.05)


def test_a_stack_that_shows_nothing_is_refused_and_a_time_point_left_dark(tmp_path):
    model = write_model(tmp_path / "m.gvtmodel")
    image = np.stack([np.full(SHAPE, 9, np.uint16), light_of(cells(1))])
    stack = write(tmp_path / "a.ome.tif", image, "TZYX")
    result, _ = restored(request_for(stack, model))
    assert (result[0] == 0).all()
    assert result[1].std() > 1
    flat = write(tmp_path / "flat.ome.tif", image[0], "ZYX")
    assert "same value everywhere" in refused(request_for(flat, model)).message


def test_other_statistics_need_odds(tmp_path, stack):
    model = write_model(tmp_path / "m.gvtmodel")
    failed = refused(request_for(stack, model, statistic="mode"))
    assert "gives one value for every voxel" in failed.message
    assert "gt_unet" in failed.remedy
    assert "how unsure" in refused(request_for(stack, model, uncertainty=True)).message


def test_a_part_is_predicted_on_the_scale_of_the_whole(tmp_path, stack):
    model = write_model(tmp_path / "m.gvtmodel", "gt_unet", values={"in_channels": 1})
    part = Region((0, 1), (2, 4), (0, 1), (0, 48), (0, 56))
    result, _ = restored(request_for(stack, model, region=part))
    whole, _ = restored(request_for(stack, model))
    np.testing.assert_allclose(result, whole[:, 2:4], atol=1e-3)
