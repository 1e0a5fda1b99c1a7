import pytest
import torch
from torch import nn
from torch.nn import functional

from gvtstudio.networks.deep_linear_generator.net import DeepLinearGenerator


@pytest.fixture
def network() -> DeepLinearGenerator:
    torch.manual_seed(0)
    return DeepLinearGenerator().double().requires_grad_(requires_grad=False)


def test_equals_the_plain_network_with_the_same_weights(network: DeepLinearGenerator):
    plain = nn.Sequential(
        nn.Conv3d(1, 64, 7, padding=3, bias=False),
        nn.Conv3d(64, 64, 5, padding=2, bias=False),
        nn.Conv3d(64, 64, 3, padding=1, bias=False),
        nn.Conv3d(64, 32, 1, bias=False),
        nn.Conv3d(32, 16, 1, bias=False),
        nn.Conv3d(16, 1, 1, bias=False),
    ).double()
    weights = zip(network.state_dict(), plain.state_dict().values(), strict=True)
    network.load_state_dict(dict(weights))
    x = torch.rand((2, 1, 3, 5, 7), dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(network(x).mean, plain(x), rtol=0, atol=1e-10)


def test_is_linear(network: DeepLinearGenerator):
    x, y = torch.randn((2, 1, 1, 3, 4, 5), dtype=torch.float64)
    mixed = network(2 * x - 3 * y).mean
    torch.testing.assert_close(mixed, 2 * network(x).mean - 3 * network(y).mean)


def test_is_one_filter_of_13_voxels_away_from_the_borders_only(network: DeepLinearGenerator):
    impulse = torch.zeros((1, 1, 13, 13, 13), dtype=torch.float64)
    impulse[..., 6, 6, 6] = 1
    response = network(impulse).mean
    assert response.abs().flatten()[[0, -1]].min() > 0  # the corners: the filter fills 13³
    x = torch.rand((1, 1, 13, 13, 15), dtype=torch.float64)
    blurred = network(x).mean
    filtered = functional.conv3d(x, response.flip(2, 3, 4), padding=6)
    inside = (..., 6, 6, slice(6, 9))
    torch.testing.assert_close(blurred[inside], filtered[inside])
    assert (blurred - filtered).abs().max() > 1e-3 * blurred.abs().max()


def test_weights_start_kaiming_normal():
    torch.manual_seed(0)
    layer = DeepLinearGenerator().layers[1]
    assert float(layer.weight.detach().std()) == pytest.approx((2 / (125 * 64)) ** 0.5, rel=0.01)
