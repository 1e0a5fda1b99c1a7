import pytest
import torch

from gvtstudio.networks.noise2fast.net import build
from tests.networks.reach import reach
from tests.networks.reference import Weights, assert_equal, drawn_at_random


@pytest.mark.parametrize("output", ["linear", "sigmoid"])
def test_equals_an_independent_implementation_with_the_same_weights(output: str):
    network = drawn_at_random(build(features=6, in_channels=2, output=output))
    x = torch.randn((2, 2, 9, 12), dtype=torch.float64)
    weights = Weights(network)
    h = x
    for _ in range(8):
        h = weights.convolved(h).clamp(min=0)
    expected = weights.convolved(h)
    assert weights.are_used_up()
    if output == "sigmoid":
        expected = 1 / (1 + torch.exp(-expected))
    assert_equal(network(x).mean, expected)


def test_sigmoid_keeps_the_output_between_0_and_1():
    network = build(features=4, output="sigmoid")
    mean = network(1000 * torch.randn(1, 1, 8, 8)).mean
    assert (mean >= 0).all()
    assert (mean <= 1).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 13)])
def test_any_size_comes_back(size: tuple[int, int]):
    restored = build(features=4)(torch.rand((2, 1, *size)))
    assert restored.mean.shape == (2, 1, *size)
    assert restored.scale is None


def test_declared_receptive_field_is_the_real_one():
    network = build(features=4).eval()
    assert (reach(network, 0, 32), reach(network, 1, 32)) == network.needs.receptive_field
