import pytest
import torch

from gvtstudio.networks.edsr.net import build
from tests.networks.reach import reach
from tests.networks.reference import Weights, assert_equal, drawn_at_random


def test_equals_an_independent_implementation_with_the_same_weights():
    network = drawn_at_random(build(features=6, blocks=3, in_channels=2))
    x = torch.randn((2, 2, 9, 12), dtype=torch.float64)
    weights = Weights(network)
    first = h = weights.convolved(x)
    for _ in range(3):
        h = h + weights.convolved(weights.convolved(h).clamp(min=0))
    expected = x + weights.convolved(first + weights.convolved(h))
    assert weights.are_used_up()
    assert_equal(network(x).mean, expected)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 13)])
def test_any_size_comes_back(size: tuple[int, int]):
    restored = build(features=4, blocks=2)(torch.rand((2, 1, *size)))
    assert restored.mean.shape == (2, 1, *size)
    assert restored.scale is None


@pytest.mark.parametrize("blocks", [1, 4])
def test_declared_receptive_field_is_the_real_one(blocks: int):
    network = build(features=4, blocks=blocks).eval()
    assert (reach(network, 0, 32), reach(network, 1, 32)) == network.needs.receptive_field
