import pytest
import torch
from torch.nn import functional

from gvtstudio.networks.fnet.net import build
from tests.networks.reach import reach
from tests.networks.reference import Weights, assert_equal, drawn_at_random


def written_out(x: torch.Tensor, weights: Weights) -> torch.Tensor:
    def rectified(h: torch.Tensor) -> torch.Tensor:
        weight, bias, mean, variance = (weights.take()[:, None, None, None] for _ in range(4))
        return torch.relu((h - mean) / torch.sqrt(variance + 1e-5) * weight + bias)

    def level(h: torch.Tensor) -> torch.Tensor:
        return rectified(weights.convolved(rectified(weights.convolved(h))))

    skips = []
    for _ in range(4):
        x = level(x)
        skips.append(x)
        x = rectified(functional.conv3d(x, weights.take(), weights.take(), stride=2))
    x = level(x)
    for skip in reversed(skips):
        up = rectified(functional.conv_transpose3d(x, weights.take(), weights.take(), stride=2))
        x = level(torch.cat([skip, up], dim=1))
    return weights.convolved(x)


def test_equals_an_independent_implementation_with_the_same_weights():
    network = drawn_at_random(build(base_channels=4, in_channels=2, out_channels=3))
    x = torch.randn((2, 2, 16, 16, 32), dtype=torch.float64)
    weights = Weights(network)
    expected = written_out(x, weights)
    assert weights.are_used_up()
    assert_equal(network(x).mean, expected)


def test_weights_begin_as_in_the_papers_release():
    torch.manual_seed(0)
    drawn = {"convolution": [], "norm": []}
    for module in build(base_channels=8).modules():
        if isinstance(module, torch.nn.Conv3d | torch.nn.ConvTranspose3d):
            drawn["convolution"].append(module.weight.detach().flatten())
        elif isinstance(module, torch.nn.BatchNorm3d):
            drawn["norm"].append(module.weight.detach())
    for kind, centre in (("convolution", 0.0), ("norm", 1.0)):
        values = torch.cat(drawn[kind])
        assert float(values.mean()) == pytest.approx(centre, abs=0.002)
        assert float(values.std()) == pytest.approx(0.02, rel=0.1)


@pytest.mark.parametrize("size", [(1, 1, 1), (5, 17, 9), (16, 16, 16)])
def test_any_size_comes_back_and_can_be_trained_on(size: tuple[int, int, int]):
    network = build(base_channels=2)
    x = torch.rand((1, 1, *size))
    for mode in (True, False):
        restored = network.train(mode)(x)
        assert restored.mean.shape == x.shape
        assert torch.isfinite(restored.mean).all()
        assert restored.scale is None


def test_declared_receptive_field_is_the_real_one():
    network = build(base_channels=2).eval()
    fields = tuple(reach(network, axis, 256) for axis in range(3))
    assert fields == network.needs.receptive_field


def test_tile_with_its_halo_equals_the_whole():
    network = drawn_at_random(build(base_channels=2))
    x = torch.randn((1, 1, 16, 16, 304), dtype=torch.float64)
    with torch.no_grad():
        tile, whole = network(x[..., 32:272]).mean, network(x).mean
    torch.testing.assert_close(tile[..., 112:128], whole[..., 144:160], rtol=1e-12, atol=1e-13)
