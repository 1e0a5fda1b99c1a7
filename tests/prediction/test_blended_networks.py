"""Networks that do not stream, predicted by way of blended tiles."""

import numpy as np
import torch

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.networks.cnnt.net import CNNT
from gvtstudio.networks.gvtnet_denoising.net import build_3d
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.prediction.exact import PLANES_AT_ONCE
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor

VOLUMES = PredictionNeeds((4, 4, 4), (3, 3, 3), streams_exactly=False)
IMAGES = PredictionNeeds((4, 4), (None, 9), streams_exactly=False)


def random_volume(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).random(shape, np.float32)


class PlusMean(Network):
    """Adds to each of its inputs the mean of that input alone."""

    def __init__(self, needs: PredictionNeeds) -> None:
        super().__init__(needs)
        self.layer = torch.nn.Identity()
        self.sizes: list[tuple[int, ...]] = []

    def evaluate(self, x: torch.Tensor) -> Restored:
        self.sizes.append(tuple(x.shape))
        axes = tuple(range(1, x.ndim))
        return Restored(self.layer(x) + x.mean(axes, keepdim=True))


def predictor(network: Network, tile: str) -> VolumePredictor:
    return VolumePredictor(network, PredictionSettings("cpu", "float32", tile))


def nobody(done: int, total: int) -> None:
    """Nobody listens."""


def test_planes_through_a_network_for_images_do_not_see_each_other():
    network, source = PlusMean(IMAGES), random_volume(40, 16, 20)
    one = predictor(network, "auto")
    restored = one.predict(source, nobody)
    np.testing.assert_allclose(restored, source + source.mean((1, 2), keepdims=True), rtol=1e-5)
    assert max(size[0] for size in network.sizes) <= PLANES_AT_ONCE
    assert one.seam_ratio is None


def test_images_too_are_cut_into_tiles():
    network, source = PlusMean(IMAGES), random_volume(9, 40, 52)
    one = predictor(network, "4,24,24")
    restored = one.predict(source, nobody)
    each = np.concatenate([predictor(network, "1,24,24").predict(p[None], nobody) for p in source])
    np.testing.assert_allclose(restored, each, atol=1e-6)
    assert one.tile_used == (3, 24, 24)
    assert one.seam_ratio is not None


def test_every_thin_tile_is_mirrored():
    network = PlusMean(VOLUMES)
    source = np.broadcast_to(random_volume(1, 20, 20), (10, 20, 20))
    restored = predictor(network, "4,20,20").predict(source, nobody)
    assert {size[2] for size in network.sizes} == {16}
    np.testing.assert_allclose(restored, source + source.mean(), rtol=1e-5)


def test_tiles_side_by_side_are_answered_as_one_by_one():
    torch.manual_seed(0)
    network = CNNT(base_channels=8, cells=1, heads=2)
    one = predictor(network, "auto")
    tiles = random_volume(3, 5, 12, 16)
    together = one._answer(tiles)
    assert together.shape == tiles.shape
    for tile, answer in zip(tiles, together, strict=True):
        np.testing.assert_allclose(one._answer(tile[None])[0], answer, atol=1e-5)


def test_seams_are_known_of_networks_in_tiles_only():
    one = predictor(CNNT(base_channels=8, cells=1, heads=2), "16,16,16")
    one.predict(random_volume(16, 24, 24), nobody)
    assert one.seam_ratio is not None
    streamed = predictor(build_3d(base_channels=4), "16,16,16")
    streamed.predict(random_volume(16, 24, 24), nobody)
    assert streamed.seam_ratio is None
