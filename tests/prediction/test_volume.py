from pathlib import Path

import hypothesis
import msgspec
import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from torch import nn

from gvtstudio.domain.errors import Cancelled, ResourcesMissing, UsageError
from gvtstudio.domain.specs import load_callable
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.gvtnet_denoising.net import build_2d, build_3d
from gvtstudio.networks.layers.global_voxel_transformer import GlobalVoxelTransformer
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.prediction.flow import Flow
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor

SPEC = ARCHITECTURES["gvtnet_denoising_3d"]
IN_TILES = msgspec.structs.replace(SPEC.needs, streams_exactly=False)


def ignore(done: int, total: int) -> None:
    """Nobody listens."""


def predictor(tile: str = "whole", precision: str = "float32", network: Network | None = None):
    torch.manual_seed(0)
    network = network or build_3d(base_channels=4)
    return VolumePredictor(network, PredictionSettings("cpu", precision, tile))


def random_volume(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).random(shape, np.float32)


class AddOne(Network):
    """Cannot be streamed, but looks at no neighbour, so that its tiles must equal the whole."""

    def __init__(self) -> None:
        super().__init__(IN_TILES)
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


@pytest.mark.parametrize("tile", ["8,16,16", "4,24,8", "100,100,100"])
@pytest.mark.parametrize("shape", [(5, 37, 29), (17, 16, 40)])
def test_tiles_do_not_change_what_a_streamed_network_restores(
    tile: str, shape: tuple[int, int, int]
):
    volume = random_volume(*shape)
    whole = predictor("whole").predict(volume, ignore)
    np.testing.assert_allclose(predictor(tile).predict(volume, ignore), whole, atol=1e-5)


def test_streamed_prediction_is_that_of_the_mirrored_volume():
    network = build_3d(base_channels=4).eval()
    volume = random_volume(5, 13, 22)
    padded = np.pad(volume, [(5, 6), (1, 2), (1, 1)], "reflect")
    with torch.inference_mode():
        expected = network(torch.from_numpy(padded)[None, None]).mean[0, 0].numpy()
    restored = predictor("8,8,8", network=network).predict(volume, ignore)
    np.testing.assert_allclose(restored, expected[5:10, 1:14, 1:23], atol=1e-5)


def test_planes_of_a_network_for_images_do_not_see_each_other():
    volume = random_volume(19, 13, 22)
    network = build_2d(base_channels=4)
    restored = predictor("auto", network=network).predict(volume, ignore)
    one = predictor("1,8,8", network=network).predict(volume[7:8], ignore)
    np.testing.assert_allclose(restored[7:8], one, atol=1e-5)


def test_a_limited_context_hides_the_rest_from_global_operators():
    network = build_3d(base_channels=4)
    for module in network.modules():
        if isinstance(module, GlobalVoxelTransformer):
            for layer in (module.key, module.value, module.out):
                torch.nn.init.normal_(layer.weight, std=0.5)

    def limited(volume: np.ndarray, context: str, tile: str = "auto") -> np.ndarray:
        settings = PredictionSettings("cpu", "float32", tile, context=context)
        return VolumePredictor(network, settings).predict(volume, ignore)

    volume = random_volume(16, 16, 64)
    brighter = volume.copy()
    brighter[..., 60:] += 1
    left = np.s_[..., :8]
    assert np.abs(limited(volume, "whole") - limited(brighter, "whole"))[left].max() > 1e-4
    np.testing.assert_array_equal(
        limited(volume, "16,16,32")[left], limited(brighter, "16,16,32")[left]
    )
    np.testing.assert_allclose(
        limited(volume, "16,16,32"), limited(volume, "16,16,32", "16,8,8"), atol=1e-5
    )
    np.testing.assert_allclose(limited(volume, "100,100,100"), limited(volume, "whole"), atol=1e-5)


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


@hypothesis.settings(
    max_examples=15, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(
    shape=st.tuples(st.integers(1, 30), st.integers(3, 90), st.integers(3, 90)),
    memory=st.integers(100_000, 30_000_000),
    scratch=st.sampled_from([0, 10_000_000_000]),
)
def test_whatever_memory_there_is_the_result_is_that_of_the_whole(
    shape: tuple[int, int, int], memory: int, scratch: int, tmp_path: Path
):
    torch.manual_seed(0)
    network = build_3d(base_channels=4)
    one = VolumePredictor(network, PredictionSettings("cpu", "float32", scratch=tmp_path))
    one.room.memory = lambda: memory  # type: ignore[method-assign]
    one.room.scratch = lambda: scratch  # type: ignore[method-assign]
    volume = random_volume(*shape)
    try:
        plan = one.plan(shape)
    except ResourcesMissing:
        assert memory < 3_000_000  # the smallest tile of this network needs less
        return
    assert plan is not None
    assert plan.memory_bytes <= memory
    assert plan.scratch_bytes <= scratch
    whole = predictor("whole", network=network).predict(volume, ignore)
    np.testing.assert_allclose(one.predict(volume, ignore), whole, rtol=1e-4, atol=1e-4)


def test_other_faults_of_the_network_are_not_taken_for_missing_memory():
    class Broken(AddOne):
        def evaluate(self, x: torch.Tensor) -> Restored:
            raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="multiplied"):
        predictor("auto", network=Broken()).predict(random_volume(4, 8, 8), ignore)


def test_smaller_tiles_are_taken_where_memory_is_short(monkeypatch: pytest.MonkeyPatch):
    one, volume = predictor("auto"), random_volume(20, 100, 100)
    one.predict(volume, ignore)
    assert one.tile_used == (20, 64, 64)
    monkeypatch.setattr(one.room, "memory", lambda: 3_000_000)
    plan = one.plan(volume.shape)
    assert plan is not None
    assert plan.memory_bytes <= 3_000_000
    one.predict(volume, ignore)
    assert np.prod(one.tile_used) < 20 * 64 * 64
    monkeypatch.setattr(one.room, "memory", lambda: 10_000)
    with pytest.raises(ResourcesMissing, match="smallest tiles") as refused:
        one.predict(volume, ignore)
    assert "--memory" in refused.value.remedy


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate"),
    ],
    ids=["card", "numpy", "processor"],
)
def test_streaming_goes_on_with_smaller_tiles_when_memory_runs_out(
    monkeypatch: pytest.MonkeyPatch, error: Exception
):
    volume = random_volume(16, 32, 32)
    whole = predictor("whole").predict(volume, ignore)
    compute = Flow.compute

    def hungry(flow: Flow, targets, *more):
        if any(b - a > 16 for a, b in next(iter(targets.values()))[1:]):
            raise error
        return compute(flow, targets, *more)

    monkeypatch.setattr(Flow, "compute", hungry)
    one = predictor("16,32,32")
    np.testing.assert_allclose(one.predict(volume, ignore), whole, atol=1e-5)
    assert one.tile_used == (16, 16, 16)


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
