"""A network that norms every tile by itself still gives every tile its own brightness."""

import numpy as np
import pytest
import torch
from torch import nn

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor


class Normed(Network):
    """Does nothing but norm what it is given."""

    def __init__(self, *, forgets_brightness: bool) -> None:
        needs = PredictionNeeds(
            (1, 1, 1), (0, 0, 0), streams_exactly=False, forgets_brightness=forgets_brightness
        )
        super().__init__(needs)
        self.norm = nn.InstanceNorm3d(1)

    def evaluate(self, x: torch.Tensor) -> Restored:
        return Restored(self.norm(x))


def uneven() -> np.ndarray:
    z, y, x = np.indices((24, 48, 48))
    return (x / 48 + 0.3 * np.sin(y / 5) + 0.2 * np.sin(z / 4)).astype(np.float32)


@pytest.mark.parametrize("tile", ["whole", "16,24,24"])
def test_what_a_norm_took_is_given_back(tile: str):
    volume = uneven()

    def restored(*, forgets_brightness: bool) -> np.ndarray:
        network = Normed(forgets_brightness=forgets_brightness)
        predictor = VolumePredictor(
            network, PredictionSettings(device="cpu", precision="float32", tile=tile)
        )
        return predictor.predict(volume, lambda done, of: None)

    np.testing.assert_allclose(restored(forgets_brightness=True), volume, atol=1e-4)
    assert np.abs(restored(forgets_brightness=False) - volume).max() > 0.5


def test_the_generator_of_the_otcyclegan_forgets():
    forgetful = [name for name, row in ARCHITECTURES.items() if row.needs.forgets_brightness]
    assert forgetful == ["isotropic_generator"]
