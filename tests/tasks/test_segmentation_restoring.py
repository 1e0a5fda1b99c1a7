"""Channels go in together, and a label for every voxel comes out."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gvtstudio import __version__
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network, load_model, save_model
from tests.engine.requests_for_tests import pixels, restoration_of
from tests.engine.stacks_for_tests import do, noisy, write_stack

SPEC = ARCHITECTURES["aeanet_segmentation"]
SMALL = {"in_channels": 2, "classes": 3, "base_channels": 4}


def write_model(path: Path, labels: tuple[int, ...] = ()) -> Path:
    torch.manual_seed(0)
    network = build_network(SPEC, SMALL)
    card = ModelCard(
        name=path.stem,
        title="Small",
        summary="For tests.",
        task="segmentation",
        architecture=SPEC.name,
        architecture_parameters=SMALL,
        parameter_count=sum(p.numel() for p in network.parameters()),
        axes="ZYX",
        normalisation_percentiles=(2.0, 99.8),
        labels=labels,
        program_version=__version__,
    )
    image = np.random.default_rng(0).random((2, 16, 32, 32), np.float32)
    save_model(path, network, card, image, overwrite=False)
    return path


def write_two_channels(path: Path, times: int = 1) -> tuple[Path, np.ndarray]:
    """(T, Z, C, Y, X)."""
    volumes = [noisy((16, 32, 40), seed=seed) for seed in range(2 * times)]
    array = np.stack(volumes).reshape(times, 2, 16, 32, 40).swapaxes(1, 2)
    return write_stack(path, array, "TZCYX"), array


def classes_of(model: Path, channels: np.ndarray) -> np.ndarray:
    """What the network says of (Z, C, Y, X) in one piece."""
    scaled = [
        PercentileNormalization.of(channels[:, c], (2.0, 99.8)).apply(channels[:, c])
        for c in (0, 1)
    ]
    with torch.inference_mode():
        scores = load_model(model).network(torch.from_numpy(np.stack(scaled))[None]).scores
    return scores[0].argmax(0).numpy()


@pytest.mark.parametrize(("labels", "dtype"), [((), "uint8"), ((0, 7, 300), "uint16")])
def test_labels_are_those_of_the_network_in_one_piece(tmp_path, labels, dtype):
    model = write_model(tmp_path / "m.gvtmodel", labels)
    stack, array = write_two_channels(tmp_path / "a.ome.tif", times=2)
    finished, _ = do(restoration_of(stack, model, tmp_path, tile="16,16,16"), tmp_path / "job")
    assert isinstance(finished, Finished), finished
    result = pixels(finished)
    assert (result.shape, result.dtype) == ((2, 16, 1, 32, 40), np.dtype(dtype))
    meaning = np.array(labels or (0, 1, 2))
    for t in (0, 1):
        expected = meaning[classes_of(model, array[t])]
        assert (result[t, :, 0] == expected).mean() > 0.999  # rounding where two scores are equal
    info = inspect_stack(Path(finished.outputs[0]))
    assert [channel.name for channel in info.channels] == ["labels"]
    assert len(np.unique(result)) > 1


def test_a_stack_with_too_few_channels_is_refused_in_words(tmp_path):
    model = write_model(tmp_path / "m.gvtmodel")
    stack = write_stack(tmp_path / "a.ome.tif", noisy((16, 32, 40)))
    failed, _ = do(restoration_of(stack, model, tmp_path), tmp_path / "job")
    assert isinstance(failed, Failed)
    assert failed.exit_code == 3
    assert "2 channels" in failed.message


def test_labels_come_alone(tmp_path):
    model = write_model(tmp_path / "m.gvtmodel")
    stack, _ = write_two_channels(tmp_path / "a.ome.tif")
    failed, _ = do(restoration_of(stack, model, tmp_path, uncertainty=True), tmp_path / "job")
    assert isinstance(failed, Failed)
    assert "nothing beside" in failed.message
