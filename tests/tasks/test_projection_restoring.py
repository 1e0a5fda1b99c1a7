"""A volume becomes an image of its surface, and a map of where it lies."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gvtstudio import __version__
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.region import Region
from gvtstudio.imaging.metrics import measure_agreement
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network, load_model, save_model
from gvtstudio.tasks.projection.pairs import projected_field
from gvtstudio.training.simulated import SimulatedStacks
from tests.engine.requests_for_tests import pixels, restoration_of
from tests.engine.stacks_for_tests import do, noisy, write_stack

SPEC = ARCHITECTURES["gvtnet_projection"]
TINY = {"base_channels": 4}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("projection") / "surface.gvtmodel"
    network = build_network(SPEC, TINY)
    card = ModelCard(
        name=path.stem,
        title="Tiny",
        summary="For tests.",
        task="projection",
        architecture=SPEC.name,
        architecture_parameters=TINY,
        parameter_count=sum(p.numel() for p in network.parameters()),
        axes="ZYX",
        normalisation_percentiles=(2.0, 99.8),
        program_version=__version__,
    )
    image = np.random.default_rng(0).random((8, 32, 32), np.float32)
    save_model(path, network, card, image, overwrite=False)
    return path


@pytest.mark.parametrize("tile", ["whole", "9,32,32"])
def test_image_and_height_are_those_of_the_network_in_one_piece(tmp_path, model, tile):
    volume = noisy((9, 64, 80))
    stack = write_stack(tmp_path / "a.ome.tif", volume)
    request = restoration_of(stack, model, tmp_path, tile=tile, height_map=True)
    finished, _ = do(request, tmp_path / "job")
    assert isinstance(finished, Finished), finished
    result = pixels(finished)
    assert result.shape == (1, 1, 2, 64, 80)
    assert result.dtype == np.float32
    scale = PercentileNormalization.of(volume, (2.0, 99.8))
    network = load_model(model).network
    with torch.inference_mode():
        answer = network(torch.from_numpy(scale.apply(volume))[None, None])
    image = scale.invert(answer.mean[0, 0].numpy())
    np.testing.assert_allclose(result[0, 0, 0], image, rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(result[0, 0, 1], answer.height[0, 0].numpy(), atol=1e-3)
    names = [channel.name for channel in inspect_stack(Path(finished.outputs[0])).channels]
    assert names[1].endswith("height map")


def test_without_the_map_the_image_has_the_type_of_the_stack(tmp_path, model):
    array = np.stack([noisy((9, 32, 48), seed=1), np.full((9, 32, 48), 77, np.uint16)], axis=1)
    stack = write_stack(tmp_path / "a.ome.tif", array, "ZCYX")
    finished, _ = do(restoration_of(stack, model, tmp_path), tmp_path / "job")
    assert isinstance(finished, Finished), finished
    result = pixels(finished)
    assert (result.shape, result.dtype) == ((1, 1, 2, 32, 48), np.uint16)
    assert (result[0, 0, 1] == 77).all()
    info = inspect_stack(Path(finished.outputs[0]))
    assert [channel.name for channel in info.channels] == ["Stain 0", "Stain 1"]
    before, after = inspect_stack(stack).calibration, info.calibration
    assert (after.z_um, after.y_um, after.x_um) == (None, before.y_um, before.x_um)


def test_a_preview_of_some_planes_is_made_from_all(tmp_path, model):
    stack = write_stack(tmp_path / "a.ome.tif", noisy((9, 64, 80)))
    whole, _ = do(restoration_of(stack, model, tmp_path), tmp_path / "job")
    region = Region((0, 1), (3, 5), (0, 1), (0, 64), (0, 80))
    part, _ = do(restoration_of(stack, model, tmp_path, region=region), tmp_path / "job")
    assert np.array_equal(pixels(whole), pixels(part))


def test_a_denoising_model_has_no_height_map(tmp_path, tiny_model):
    stack = write_stack(tmp_path / "a.ome.tif", noisy((8, 24, 28)))
    failed, _ = do(restoration_of(stack, tiny_model, tmp_path, height_map=True), tmp_path / "job")
    assert isinstance(failed, Failed)
    assert "no height map" in failed.message


def test_the_bundled_model_is_far_ahead_of_the_maximum_projection_on_an_unseen_volume(tmp_path):
    given = {"size_y": 96, "size_x": 96, "photons": 12.0}
    field = projected_field(*SimulatedStacks("projection", "projection").one(777_000, given))
    (pair,) = field.pairs
    stack = write_stack(tmp_path / "a.ome.tif", np.asarray(pair.image))
    request = restoration_of(stack, Path("project-epithelium"), tmp_path)
    finished, _ = do(request, tmp_path / "job")
    assert isinstance(finished, Finished), finished
    truth = np.asarray(pair.target[0])
    projected = measure_agreement(pixels(finished)[0, 0, 0].astype(float), truth)
    brightest = measure_agreement(np.asarray(pair.image).max(0), truth)
    assert projected.psnr_db > brightest.psnr_db + 6
    assert projected.ssim > 0.7
