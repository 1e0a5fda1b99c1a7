"""Stacks brought to the voxel size a model has seen, and results brought back."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import tifffile
import torch

from gvtstudio.domain.job import RerunRequest
from gvtstudio.domain.messages import Failed, Finished, Log
from gvtstudio.domain.region import Region
from gvtstudio.domain.seen_voxels import FINER_IS_WORSE
from gvtstudio.engine.grids import work_grid
from gvtstudio.imaging.resampling import resample_volume
from gvtstudio.io.model_package import read_card
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.prediction.model import load_model, save_model
from gvtstudio.tasks import TASKS
from tests.engine.models_for_tests import write_model
from tests.engine.requests_for_tests import pixels, read_all, restoration_of
from tests.engine.stacks_for_tests import blobs, do, noisy, write_stack

SEEN = ((0.35, 0.4), (0.2, 0.3), (0.2, 0.3))
"""The stacks of these tests have 0.35, 0.12 and 0.11 µm: pixels are finer than what was seen."""
ALL_AXES = ((0.2, 0.2), (0.2, 0.3), (0.2, 0.3))
SHAPE = (12, 40, 44)


def model_that_has_seen(
    path: Path, voxel_size_um=SEEN, architecture="gvtnet_denoising_3d", task="denoising", **card
) -> Path:
    return write_model(path, architecture, task, voxel_size_um=voxel_size_um, **card)


def unchanging(path: Path, voxel_size_um=SEEN) -> Path:
    """A model that gives back what it is given."""
    made = load_model(model_that_has_seen(path.with_name("made.gvtmodel"), voxel_size_um))
    with torch.no_grad():
        for parameter in made.network.parameters():
            parameter.zero_()
    card = msgspec.structs.replace(made.card, name=path.stem)
    save_model(path, made.network, card, np.zeros((8, 16, 16), np.float32), overwrite=False)
    return path


def smooth_stack(folder: Path, axes: str = "ZYX") -> Path:
    image = (100 + 20 * blobs(SHAPE)).astype(np.uint16)
    return write_stack(folder / "in" / "a.ome.tif", image, axes)


def restored(stack: Path, model: Path, folder: Path, **options: object):
    request = restoration_of(stack, model, folder, resample=True, **options)
    return do(request, folder / "job")


def test_a_stack_the_model_has_seen_the_like_of_is_restored_as_without(tmp_path):
    stack = write_stack(tmp_path / "a.ome.tif", noisy())
    model = model_that_has_seen(tmp_path / "m.gvtmodel", ((0.36, 1), (0.1, 0.12), (0.1, 0.114)))
    plain, _ = do(restoration_of(stack, model, tmp_path), tmp_path / "job")
    expected = pixels(plain)
    ending, said = restored(stack, model, tmp_path)
    np.testing.assert_array_equal(pixels(ending), expected)
    assert any("nothing is resampled" in each.text for each in said if isinstance(each, Log))


@pytest.mark.parametrize(
    ("seen", "network_shape"),
    [
        (SEEN, (12, 24, 24)),  # 40 · 0.12 / 0.2, 44 · 0.11 / 0.2
        (ALL_AXES, (21, 24, 24)),
        (((0.7, 0.9), (0.01, 0.3), (0.01, 0.3)), (6, 40, 44)),
        (((0.3, 0.4), (0.05, 0.06), (0.05, 0.2)), (12, 80, 44)),
    ],
    ids=["coarser pixels", "finer planes too", "fewer planes", "height alone"],
)
def test_each_axis_comes_to_the_nearest_size_seen_and_back(tmp_path, seen, network_shape):
    stack = smooth_stack(tmp_path)
    model = unchanging(tmp_path / "same.gvtmodel", seen)
    card, info = read_card(model), inspect_stack(stack)
    assert work_grid(card, TASKS["denoising"], info).resampling.is_identity
    grid = work_grid(card, TASKS["denoising"], info, resample=True)
    assert grid.resampling.shape == network_shape
    ending, _ = restored(stack, model, tmp_path)
    image = read_all(stack)
    result = pixels(ending)
    assert (result.shape, result.dtype) == (image.shape, image.dtype)
    assert ending.stacks[0].calibration == info.calibration
    inner = (slice(None), slice(3, -3), slice(None), slice(4, -4), slice(4, -4))
    np.testing.assert_allclose(result[inner], image[inner], atol=12)
    assert np.abs(result[inner].astype(float) - image[inner]).mean() < 2


def test_the_result_tells_the_voxel_size_the_network_saw(tmp_path):
    model = model_that_has_seen(tmp_path / "m.gvtmodel")
    ending, said = restored(smooth_stack(tmp_path), model, tmp_path)
    made_by = read_provenance(Path(ending.outputs[0]))
    assert made_by.parameters["resample"] is True
    numbers = {key: made_by.numbers[f"network_{key}_um"] for key in "zyx"}
    assert numbers == pytest.approx({"z": 0.35, "y": 0.2, "x": 0.2})
    assert made_by.numbers["network_voxels_for_one"] == pytest.approx(24 * 24 / (40 * 44), abs=1e-4)
    (sentence,) = [each.text for each in said if isinstance(each, Log) and "instead" in each.text]
    assert "voxels of 0.200 × 0.200 × 0.350 µm instead of 0.110 × 0.120 × 0.350 µm" in sentence
    assert not any(isinstance(each, Log) and each.text == FINER_IS_WORSE for each in said)


def test_a_resampled_result_is_made_again_bit_for_bit(tmp_path):
    stack = write_stack(tmp_path / "in" / "a.ome.tif", noisy())
    model = model_that_has_seen(tmp_path / "m.gvtmodel", ALL_AXES)
    ending, _ = restored(stack, model, tmp_path, flips=True)
    again, _ = do(RerunRequest(result=ending.outputs[0]), tmp_path / "again")
    assert isinstance(again, Finished), again
    assert again.numbers["differing_voxels"] == 0


@pytest.mark.parametrize("seen", [SEEN, ALL_AXES, ((0.35, 0.35), (0.05, 0.05), (0.05, 0.05))])
def test_a_preview_is_the_same_as_that_part_of_the_whole(tmp_path, seen):
    stack = smooth_stack(tmp_path)
    model = unchanging(tmp_path / "same.gvtmodel", seen)
    whole = pixels(restored(stack, model, tmp_path, dtype="float32")[0])
    region = Region.whole(whole.shape).within(z=(2, 10), y=(7, 33), x=(11, 44))
    part = pixels(restored(stack, model, tmp_path, dtype="float32", region=region)[0])
    assert part.shape == (1, 8, 1, 26, 33)
    inner = (0, slice(3, -3), 0, slice(5, -5), slice(5, -5))
    expected = whole[:, 2:10, :, 7:33, 11:44]
    np.testing.assert_allclose(part[inner], expected[inner], atol=0.6)  # of 100 to 260


@pytest.mark.parametrize(
    ("options", "seen", "words"),
    [
        ({}, SEEN, "The voxel size of plain.tif is not known"),
        ({}, (), "does not say which voxel sizes"),
        ({"voxel_size": "0.35,0.001,0.001"}, SEEN, "would have 1 × 1 pixels"),
    ],
    ids=["uncalibrated", "card without sizes", "hardly a voxel left"],
)
def test_what_cannot_be_resampled_is_refused_in_words(tmp_path, options, seen, words):
    path = tmp_path / "plain.tif"
    tifffile.imwrite(path, noisy())
    ending, _ = restored(
        path, model_that_has_seen(tmp_path / "m.gvtmodel", seen), tmp_path, **options
    )
    assert isinstance(ending, Failed)
    assert ending.exit_code == 3
    assert words in ending.message
    assert "--voxel-size" in ending.remedy or "--resample" in ending.remedy
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("task", ["super_resolution", "isotropic"])
def test_models_that_make_voxels_of_their_own_refuse(tmp_path, task):
    model = model_that_has_seen(tmp_path / "m.gvtmodel", task=task)
    ending, _ = restored(smooth_stack(tmp_path), model, tmp_path)
    assert isinstance(ending, Failed)
    assert "makes voxels of another size itself" in ending.message


def test_learning_from_the_stack_itself_knows_no_voxel_size(tmp_path):
    request = restoration_of(smooth_stack(tmp_path), Path("noise2fast"), tmp_path, resample=True)
    ending, _ = do(request, tmp_path / "job")
    assert isinstance(ending, Failed)
    assert "does not say" in ending.message


def test_a_forecast_tells_of_the_larger_stack(tmp_path):
    fine = ((0.35, 0.35), (0.03, 0.03), (0.03, 0.03))
    model = model_that_has_seen(tmp_path / "m.gvtmodel", fine)
    stack = smooth_stack(tmp_path)
    plain, _ = do(restoration_of(stack, model, tmp_path, forecast_only=True), tmp_path / "job")
    ending, said = restored(stack, model, tmp_path, forecast_only=True)
    assert ending.numbers["network_voxels_for_one"] == pytest.approx(
        160 * 161 / (40 * 44), abs=1e-4
    )
    assert ending.numbers["seconds"] >= plain.numbers["seconds"]
    warnings = [each.text for each in said if isinstance(each, Log) and each.level == "warning"]
    assert warnings[0] == FINER_IS_WORSE
    assert "15 times as large" in warnings[1]


def test_widths_come_back_beside_the_image_and_are_never_negative(tmp_path):
    stack = write_stack(tmp_path / "in" / "a.ome.tif", noisy((8, 24, 28)))
    model = model_that_has_seen(tmp_path / "m.gvtmodel", ALL_AXES)
    ending, _ = restored(stack, model, tmp_path, uncertainty=True)
    result = pixels(ending)
    assert (result.shape, result.dtype) == ((1, 8, 2, 24, 28), np.float32)
    assert result[:, :, 1].min() >= 0
    assert result[:, :, 1].max() > 0


def test_a_surface_is_told_in_planes_of_the_stack(tmp_path):
    """What the network finds among finer planes is the same height in those of the stack."""
    volume = np.full((9, 40, 44), 20, np.uint16)
    volume[6] = noisy((1, 40, 44), seed=3)[0] * 20
    stack = write_stack(tmp_path / "in" / "a.ome.tif", volume)
    model = model_that_has_seen(
        tmp_path / "m.gvtmodel", ((0.1, 0.1), (0.2, 0.2), (0.2, 0.2)), "gvtnet_projection",
        "projection",
    )  # fmt: skip
    plain, _ = do(restoration_of(stack, model, tmp_path, height_map=True), tmp_path / "job")
    expected = pixels(plain)
    ending, _ = restored(stack, model, tmp_path, height_map=True)
    result = pixels(ending)
    assert result.shape == expected.shape == (1, 1, 2, 40, 44)
    heights = result[0, 0, 1]
    assert 0 <= heights.min() <= heights.max() <= 8
    # an untrained network weighs all planes about alike: the middle one, whatever their number
    assert np.median(heights) == pytest.approx(np.median(expected[0, 0, 1]), abs=0.5)


def test_labels_come_back_as_labels(tmp_path):
    stack = write_stack(tmp_path / "in" / "a.ome.tif", noisy())
    model = model_that_has_seen(
        tmp_path / "m.gvtmodel", ((0.3, 0.4), (0.24, 0.24), (0.22, 0.22)), "aeanet_segmentation",
        "segmentation", labels=(0, 10, 250), parameters={"in_channels": 1, "classes": 3},
    )  # fmt: skip
    result = pixels(restored(stack, model, tmp_path)[0])
    half = resample_volume(noisy(), (8, 12, 14))
    coarse = write_stack(tmp_path / "in" / "half.ome.tif", half)
    ending, _ = do(restoration_of(coarse, model, tmp_path), tmp_path / "job")
    assert result.dtype == np.uint8
    assert len(np.unique(result)) > 1
    np.testing.assert_array_equal(result, pixels(ending).repeat(2, axis=3).repeat(2, axis=4))
