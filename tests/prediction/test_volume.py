import numpy as np
import pytest
import torch
from torch import nn

from gvtstudio.domain.errors import Cancelled, ResourcesMissing, UsageError
from gvtstudio.domain.specs import load_callable
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.gvtnet_denoising.net import build_3d
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.prediction import volume as prediction
from gvtstudio.prediction.volume import PredictionSettings, VolumePredictor

SPEC = ARCHITECTURES["gvtnet_denoising_3d"]


def ignore(done: int, total: int) -> None:
    """Nobody listens."""


def predictor(tile: str = "whole", precision: str = "float32", network: Network | None = None):
    torch.manual_seed(0)
    network = network or build_3d(base_channels=4)
    return VolumePredictor(network, PredictionSettings("cpu", precision, tile))


def random_volume(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).random(shape, np.float32)


class AddOne(Network):
    """Looks at no neighbour, so that its tiles must equal the whole exactly."""

    def __init__(self) -> None:
        super().__init__(SPEC.needs)
        self.layer = nn.Identity()
        self.sizes: list[tuple[int, ...]] = []

    def evaluate(self, x: torch.Tensor) -> Restored:
        self.sizes.append(tuple(x.shape[2:]))
        return Restored(self.layer(x) + 1)


@pytest.mark.parametrize("tile", ["whole", "4,16,16", "8,20,12", "1,8,8", "100,100,100"])
@pytest.mark.parametrize("shape", [(5, 37, 29), (1, 16, 17), (9, 8, 64)])
def test_tiles_are_put_together_in_their_places(tile: str, shape: tuple[int, int, int]):
    volume = random_volume(*shape)
    restored = predictor(tile, network=AddOne()).predict(volume, ignore)
    np.testing.assert_allclose(restored, volume + 1, rtol=1e-6)


def test_tiles_of_a_network_without_global_part_equal_the_whole():
    """With the receptive field as overlap only the global operators can make a difference."""
    network = build_3d(base_channels=4)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if ".out." in name:
                parameter.zero_()
    volume = random_volume(4, 64, 120)
    whole = predictor("whole", network=network).predict(volume, ignore)
    tiled = predictor("4,64,104", network=network).predict(volume, ignore)
    middle = np.s_[:, :, 30:90]
    np.testing.assert_allclose(tiled[middle], whole[middle], atol=2e-4)


def test_sizes_are_mirrored_up_to_what_the_network_takes():
    network = AddOne()
    predictor("whole", network=network).predict(random_volume(17, 13, 8), ignore)
    assert network.sizes == [(20, 16, 8)]


@pytest.mark.parametrize("planes", [1, 2, 5, 15])
def test_thin_stacks_are_mirrored_as_in_training(planes: int):
    network = AddOne()
    thin = random_volume(planes, 8, 8)
    restored = predictor("whole", network=network).predict(thin, ignore)
    assert network.sizes == [(16, 8, 8)]
    np.testing.assert_allclose(restored, thin + 1, rtol=1e-6)


def test_bfloat16_differs_by_less_than_the_noise():
    volume = random_volume(8, 24, 24)
    exact = predictor().predict(volume, ignore)
    rough = predictor(precision="bfloat16").predict(volume, ignore)
    assert np.abs(rough - exact).max() < 0.02
    assert not np.array_equal(rough, exact)


def test_progress_rises_to_the_end_inside_and_between_tiles():
    seen: list[tuple[int, int]] = []
    predictor("4,16,16").predict(random_volume(4, 16, 40), lambda a, b: seen.append((a, b)))
    done = [a for a, _ in seen]
    assert done == sorted(done)
    assert done[-1] == seen[-1][1]
    assert len(set(done)) > 20


@pytest.mark.parametrize("tile", ["whole", "4,16,16"])
def test_a_cancelled_prediction_stops_inside_the_network(tile: str):
    calls = 0

    def report(done: int, total: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        predictor(tile).predict(random_volume(4, 16, 40), report)
    assert calls == 3


class Hungry(AddOne):
    """Fails like the allocator of torch for inputs above a size."""

    def evaluate(self, x: torch.Tensor) -> Restored:
        if x.numel() > 70_000:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried")
        return super().evaluate(x)


def test_after_running_out_of_memory_smaller_tiles_are_taken():
    network = Hungry()
    volume = random_volume(17, 70, 70)
    restored = predictor("auto", network=network).predict(volume, ignore)
    np.testing.assert_allclose(restored, volume + 1, rtol=1e-6)
    assert max(np.prod(size) for size in network.sizes) <= 70_000


def test_not_even_the_smallest_tile_fits():
    with pytest.raises(ResourcesMissing, match="not enough memory") as refused:
        predictor("whole", network=Hungry()).predict(random_volume(17, 70, 70), ignore)
    assert refused.value.remedy


def test_other_faults_of_the_network_are_not_taken_for_missing_memory():
    class Broken(AddOne):
        def evaluate(self, x: torch.Tensor) -> Restored:
            raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="multiplied"):
        predictor("auto", network=Broken()).predict(random_volume(4, 8, 8), ignore)


def test_automatic_tiles_follow_the_free_memory(monkeypatch: pytest.MonkeyPatch):
    network = AddOne()
    one = predictor("auto", network=network)
    free = 2 * 16 * 64 * 64 * prediction.BYTES_PER_VOXEL
    monkeypatch.setattr(one, "_free_bytes", lambda: free)
    one.predict(random_volume(20, 100, 100), ignore)
    assert one.tile_used == (16, 64, 64)
    monkeypatch.setattr(one, "_free_bytes", lambda: 100 * free)
    one.predict(random_volume(20, 100, 100), ignore)
    assert one.tile_used == (20, 100, 100)


@pytest.mark.parametrize("tile", ["big", "1,2", "0,8,8", "8,8,8,8", "-1,8,8", "a,b,c", "²,3,3"])
def test_a_tile_that_is_none_is_refused(tile: str):
    with pytest.raises(UsageError) as refused:
        predictor(tile)
    assert "32,128,128" in refused.value.remedy


@pytest.mark.parametrize("name", ["gvtnet_projection", "care_projection"])
def test_a_network_with_kernels_of_volumes_and_of_images_can_be_prepared(name: str):
    network = load_callable(ARCHITECTURES[name].build)()
    VolumePredictor(network, PredictionSettings("cpu", "float32", "whole"))
    kernels = [p for p in network.parameters() if p.ndim == 5]
    assert all(k.is_contiguous(memory_format=torch.channels_last_3d) for k in kernels)
