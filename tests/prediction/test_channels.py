"""Channels in, several answers out, volumes that become images: in tiles as in one piece."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gvtstudio.imaging.open_volume import OpenVolume, slices_of
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from tests.networks.rows import built, slim


def network_of(name: str, **changes: object) -> Network:
    return built(name, **{**slim(name), **changes})


def whole(network: Network, volume: np.ndarray, outputs: tuple[str, ...]) -> np.ndarray:
    """(C, Z, Y, X) through the network as it is, or as planes through one for images."""
    x = torch.from_numpy(volume)
    x = x[None] if network.needs.dims == 3 else x.transpose(0, 1)
    with torch.inference_mode():
        answer = network.eval()(x)
    wanted = torch.cat([getattr(answer, name) for name in outputs or answer._fields[:1]], 1)
    values = wanted[0] if network.needs.dims == 3 else wanted.transpose(0, 1)
    return (values if values.ndim == 4 else values[:, None]).numpy()


def predicted(
    network: Network, volume: np.ndarray, outputs: tuple[str, ...] = (), **settings: object
) -> np.ndarray:
    predictor = VolumePredictor(
        network, PredictionSettings("cpu", "float32", outputs=outputs, **settings)
    )
    expected = whole(network, volume, outputs)
    answer = np.full(expected.shape, np.nan, np.float32)

    def write(box, values: np.ndarray) -> None:
        answer[(slice(None), *slices_of(box))] = values

    opened = OpenVolume(
        volume.shape[1:],
        lambda box: volume[(slice(None), *slices_of(box))],
        write,
        has_channels=True,
    )
    predictor.stream(opened, Course(lambda done, total: None))
    return answer


def random_volume(channels: int, *size: int) -> np.ndarray:
    return np.random.default_rng(0).random((channels, *size), np.float32)


TWO_CHANNELS = [
    name
    for name, spec in ARCHITECTURES.items()
    if any(p.name == "in_channels" for p in spec.parameters) and spec.needs.streams_exactly
]


@pytest.mark.parametrize("name", TWO_CHANNELS)
def test_several_channels_go_in_together(name: str):
    network = network_of(name, in_channels=2)
    divisor = network.needs.size_divisor
    size = (16, 32, 32) if len(divisor) == 3 else (3, 32, 48)
    volume = random_volume(2, *size)
    tile = "16,16,16" if len(divisor) == 3 else "1,16,16"
    answer = predicted(network, volume, tile=tile)
    np.testing.assert_allclose(answer, whole(network, volume, ()), atol=1e-4)


def test_there_are_networks_with_several_channels():
    assert TWO_CHANNELS


@pytest.mark.parametrize("flips", [False, True])
def test_the_width_of_the_distribution_comes_behind_the_image(flips: bool, tmp_path: Path):
    network = network_of("gvtnet_denoising_3d", has_scale_head=True)
    volume = random_volume(1, 16, 24, 32)
    answer = predicted(
        network, volume, ("mean", "scale"), tile="8,16,16", flips=flips, scratch=tmp_path
    )
    assert answer.shape == (2, 16, 24, 32)
    assert (answer[1] > 0).all()
    if not flips:
        np.testing.assert_allclose(answer, whole(network, volume, ("mean", "scale")), atol=1e-4)


@pytest.mark.parametrize("flips", [False, True])
def test_a_projection_is_a_plane_and_its_height_another(flips: bool, tmp_path: Path):
    network = network_of("gvtnet_projection")
    volume = random_volume(1, 18, 64, 80)
    answer = predicted(
        network, volume, ("mean", "height"), tile="18,32,32", flips=flips, scratch=tmp_path
    )
    assert answer.shape == (2, 1, 64, 80)
    assert np.isfinite(answer).all()
    if not flips:
        np.testing.assert_allclose(answer, whole(network, volume, ("mean", "height")), atol=1e-3)


def test_blended_networks_take_channels_too():
    network = network_of("cnnt")
    volume = random_volume(1, 16, 40, 40)
    answer = predicted(network, volume, tile="16,24,24")
    assert np.isfinite(answer).all()
    assert answer.shape == volume.shape
    np.testing.assert_allclose(predicted(network, volume), whole(network, volume, ()), atol=1e-4)
