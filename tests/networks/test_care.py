import pytest
import torch
from torch.nn import functional

from gvtstudio.networks.care.net import build_2d, build_3d
from tests.networks.reach import reach
from tests.networks.reference import Weights, assert_equal, drawn_at_random

BUILD = {2: build_2d, 3: build_3d}
MAXIMUM = {2: functional.max_pool2d, 3: functional.max_pool3d}


def doubled(x: torch.Tensor) -> torch.Tensor:
    for axis in range(2, x.ndim):
        x = x.repeat_interleave(2, dim=axis)
    return x


def written_out(x: torch.Tensor, weights: Weights) -> tuple[torch.Tensor, torch.Tensor]:
    def level(h: torch.Tensor) -> torch.Tensor:
        return torch.relu(weights.convolved(torch.relu(weights.convolved(h))))

    maximum = MAXIMUM[x.ndim - 2]
    fine = level(x)
    coarse = level(maximum(fine, 2))
    bottom = level(maximum(coarse, 2))
    h = level(torch.cat([doubled(bottom), coarse], dim=1))
    h = level(torch.cat([doubled(h), fine], dim=1))
    mean = x + weights.convolved(h)
    return mean, torch.log1p(torch.exp(weights.convolved(h))) + 1e-3


@pytest.mark.parametrize(("dims", "size"), [(2, (12, 16)), (3, (4, 8, 12))])
def test_equals_an_independent_implementation_with_the_same_weights(dims: int, size):
    network = drawn_at_random(BUILD[dims](base_channels=6, in_channels=2))
    x = torch.randn((2, 2, *size), dtype=torch.float64)
    weights = Weights(network)
    mean, scale = written_out(x, weights)
    assert weights.are_used_up()
    restored = network(x)
    assert_equal(restored.mean, mean)
    # the scale is computed in float32, whatever the rest
    torch.testing.assert_close(restored.scale.double(), scale, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dims", [2, 3])
def test_second_convolution_of_a_level_has_the_channels_of_the_level_above(dims: int):
    network = BUILD[dims]()
    shapes = [tuple(p.shape[:2]) for p in network.parameters() if p.ndim > 1]
    assert shapes == [
        (32, 1), (32, 32), (64, 32), (64, 64), (128, 64), (64, 128), (64, 128), (32, 64),
        (32, 64), (32, 32), (1, 32), (1, 32),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("dims", "size"), [(2, (1, 1)), (2, (7, 13)), (3, (1, 5, 3)), (3, (3, 7, 9))]
)
def test_any_size_comes_back_with_a_positive_scale(dims: int, size):
    restored = BUILD[dims](base_channels=4)(torch.randn((1, 1, *size)))
    assert restored.mean.shape == restored.scale.shape == (1, 1, *size)
    assert (restored.scale >= 1e-3).all()


def test_there_is_no_scale_without_its_head():
    assert build_3d(base_channels=4, has_scale_head=False)(torch.rand(1, 1, 4, 4, 4)).scale is None


@pytest.mark.parametrize("dims", [2, 3])
def test_declared_receptive_field_is_the_real_one(dims: int):
    network = BUILD[dims](base_channels=2).eval()
    fields = tuple(reach(network, axis, 96) for axis in range(dims))
    assert fields == network.needs.receptive_field


def test_tile_with_its_halo_equals_the_whole():
    network = drawn_at_random(build_3d(base_channels=4))
    x = torch.randn((1, 1, 4, 8, 76), dtype=torch.float64)
    tile = network(x[..., 12:64]).mean[..., 24:28]
    torch.testing.assert_close(tile, network(x).mean[..., 36:40], rtol=1e-12, atol=1e-13)
