"""Windows of a network that is shown what lies around them."""

import numpy as np
import torch

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.imaging.open_volume import OpenVolume, slices_of
from gvtstudio.networks.gt_unet.net import build
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor

WINDOW = 16
NEEDS = PredictionNeeds((8, 8), (None, None), streams_exactly=False, window=WINDOW)


class Centre(Network):
    """Gives back the centre of the channels it is shown, and remembers the rest."""

    def __init__(self) -> None:
        super().__init__(NEEDS, 2)
        self.layer = torch.nn.Identity()
        self.seen: list[torch.Tensor] = []

    def evaluate_centre(self, surroundings: torch.Tensor) -> Restored:
        self.seen.append(surroundings.clone())
        half = WINDOW // 2
        return Restored(self.layer(surroundings[..., half:-half, half:-half]))


def predicted(network: Network, volume: np.ndarray, channels: int) -> np.ndarray:
    """(C, Z, Y, X) through the network."""
    answer = np.full((channels, *volume.shape[1:]), np.nan, np.float32)

    def write(box, values: np.ndarray) -> None:
        answer[(slice(None), *slices_of(box))] = values

    opened = OpenVolume(
        volume.shape[1:],
        lambda box: volume[(slice(None), *slices_of(box))],
        write,
        has_channels=True,
    )
    settings = PredictionSettings("cpu", "float32", outputs=("mean",))
    VolumePredictor(network, settings).stream(opened, Course(lambda done, total: None))
    return answer


def random_volume(*size: int) -> np.ndarray:
    return np.random.default_rng(0).random((2, *size), np.float32)


def test_every_pixel_comes_back_in_its_place():
    for size in ((3, 40, 52), (1, 16, 16), (2, 7, 30)):
        network, volume = Centre(), random_volume(*size)
        np.testing.assert_allclose(predicted(network, volume, 2), volume, atol=1e-6)
        assert {shown.shape[2:] for shown in network.seen} == {(2 * WINDOW, 2 * WINDOW)}


def test_windows_share_half_of_their_width():
    network = Centre()
    predicted(network, random_volume(1, 32, 32), 2)
    assert len(network.seen) == 9


def test_surroundings_are_those_of_the_volume_and_mirrored_beyond_it():
    network, volume = Centre(), random_volume(1, 48, 48)
    predicted(network, volume, 2)
    first = network.seen[0][0].numpy()
    beyond = np.pad(volume[:, 0], ((0, 0), (8, 0), (8, 0)), "reflect")
    np.testing.assert_array_equal(first, beyond[:, :32, :32])


def test_a_window_is_what_the_network_says_of_it():
    torch.manual_seed(0)
    network = build(in_channels=2, targets=3, classes=5, growth=4, window=WINDOW)
    volume = random_volume(1, WINDOW, WINDOW)
    answer = predicted(network.eval(), volume, 3)
    around = np.pad(volume[:, 0], ((0, 0), (8, 8), (8, 8)), "reflect")
    with torch.inference_mode():
        expected = network.evaluate_centre(torch.from_numpy(around)[None]).mean
    np.testing.assert_allclose(answer[:, 0], expected[0].numpy(), atol=1e-5)
