"""An image of low magnification becomes one of finer pixels, through the engine and by command."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from gvtstudio import __version__
from gvtstudio.__main__ import main
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.region import Region
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.resampling import resample_volume
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network, load_model, save_model
from tests.engine.requests_for_tests import changed, pixels, restoration_of
from tests.engine.stacks_for_tests import do, noisy, write_stack

SPEC = ARCHITECTURES["aeanet_2d"]
TINY = {"base_channels": 4, "references": 4}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("super") / "finer.gvtmodel"
    network = build_network(SPEC, TINY)
    card = ModelCard(
        name=path.stem,
        title="Tiny",
        summary="For tests.",
        task="super_resolution",
        architecture=SPEC.name,
        architecture_parameters=TINY,
        parameter_count=sum(p.numel() for p in network.parameters()),
        axes="YX",
        normalisation_percentiles=(2.0, 99.8),
        magnification=2.0,
        program_version=__version__,
    )
    image = np.random.default_rng(0).random((32, 32), np.float32)
    save_model(path, network, card, image, overwrite=False)
    return path


def request_for(stack: Path, model: Path, folder: Path, **options: object) -> RestoreRequest:
    return changed(restoration_of(stack, model, folder, dtype="float32"), **options)


def restored(request: RestoreRequest, folder: Path) -> tuple[Finished, np.ndarray]:
    finished, _ = do(request, folder / "job")
    assert isinstance(finished, Finished), finished
    return finished, pixels(finished)


def test_the_result_is_what_the_network_makes_of_the_bicubic_enlargement(model, tmp_path):
    volume = noisy((2, 40, 36))
    stack = write_stack(tmp_path / "cell.ome.tif", volume)
    finished, result = restored(request_for(stack, model, tmp_path), tmp_path)
    enlarged = resample_volume(volume, (2, 80, 72))
    scale = PercentileNormalization.of(enlarged, (2.0, 99.8))
    network = load_model(model).network.eval()
    with torch.inference_mode():
        planes = [
            network(torch.from_numpy(scale.apply(plane))[None, None]).mean[0, 0]
            for plane in enlarged
        ]
    expected = scale.invert(torch.stack(planes).numpy())
    assert result.shape == (1, 2, 1, 80, 72)
    spread = scale.high - scale.low
    np.testing.assert_allclose(result[0, :, 0], expected, atol=2e-4 * spread)
    calibration = finished.stacks[0].calibration
    assert (calibration.z_um, calibration.y_um, calibration.x_um) == pytest.approx(
        (0.35, 0.06, 0.055)
    )
    assert "super-resolved" in Path(finished.outputs[0]).name


def test_a_part_is_sharpened_where_it_lies(model, tmp_path):
    stack = write_stack(tmp_path / "cell.ome.tif", noisy((1, 48, 48)))
    region = Region((0, 1), (0, 1), (0, 1), (8, 40), (0, 24))
    request = request_for(stack, model, tmp_path, region=region)
    assert restored(request, tmp_path)[1].shape == (1, 1, 1, 64, 48)


def test_from_a_simulation_to_a_sharper_file_by_command(tmp_path, capsys):
    model, out = tmp_path / "m.gvtmodel", tmp_path / "out"
    learned = main(
        ["train", "--task", "super_resolution", "--simulate", "super-resolution", "--steps", "2",
         "--simulated-stacks", "2", "--batch-size", "2", "--patch-yx", "32", "--set",
         "base_channels=4", "--set", "references=4", "--device", "cpu", "--precision", "float32",
         "--out", str(model)]
    )  # fmt: skip
    assert learned == 0
    sized = ["--size-y", "48", "--size-x", "64", "--seed", "9"]
    assert main(["simulate", "--recipe", "super-resolution", "--out", str(tmp_path), *sized]) == 0
    (low,) = (tmp_path / "noisy").glob("*.tif")
    (high,) = (tmp_path / "truth").glob("*.tif")
    capsys.readouterr()
    command = ["restore", str(low), "--model", str(model), "--out", str(out), "--json"]
    assert main(command) == 0
    (answer,) = json.loads(capsys.readouterr().out)["results"].values()
    info, wanted = inspect_stack(Path(answer["outputs"][0])), inspect_stack(high)
    assert info.shape == wanted.shape
    assert info.calibration.x_um == pytest.approx(wanted.calibration.x_um)
    assert info.calibration.y_um == pytest.approx(wanted.calibration.y_um)
