import pytest
import torch

from gvtstudio.networks.layers.barrier import Barrier
from gvtstudio.networks.rcan.net import RCAN, build
from gvtstudio.networks.rcan.spec import needs
from tests.networks.reach import reach
from tests.networks.reference import Weights, assert_equal, drawn_at_random


def attended(x: torch.Tensor, weights: Weights) -> torch.Tensor:
    mean = x.mean(dim=(2, 3, 4), keepdim=True)
    hidden = torch.relu(weights.convolved(mean))
    return x * torch.sigmoid(weights.convolved(hidden))


def written_out(x: torch.Tensor, weights: Weights, groups: int, blocks: int) -> torch.Tensor:
    long_skip = h = weights.convolved(2 * x - 1)
    for _ in range(groups):
        short_skip = h
        for _ in range(blocks):
            inner = weights.convolved(torch.relu(weights.convolved(h)))
            h = h + attended(inner, weights)
        if groups > 1:
            h = weights.convolved(h) + short_skip
    h = weights.convolved(h) + long_skip
    return 0.5 * weights.convolved(h) + 0.5


@pytest.mark.parametrize(("groups", "blocks"), [(3, 2), (1, 3)])
def test_equals_an_independent_implementation_with_the_same_weights(groups: int, blocks: int):
    network = drawn_at_random(build(groups=groups, blocks=blocks, features=16, in_channels=2))
    x = torch.rand((2, 2, 3, 7, 5), dtype=torch.float64)
    weights = Weights(network)
    expected = written_out(x, weights, groups, blocks)
    assert weights.are_used_up()
    assert_equal(network(x).mean, expected)


@pytest.mark.parametrize("size", [(1, 1, 1), (1, 5, 3), (4, 7, 9)])
def test_any_size_comes_back(size: tuple[int, int, int]):
    restored = build(groups=2, blocks=1, features=8)(torch.rand((1, 1, *size)))
    assert restored.mean.shape == (1, 1, *size)
    assert restored.scale is None


@pytest.mark.parametrize(("groups", "blocks"), [(1, 1), (1, 4), (2, 1), (3, 2)])
def test_declared_receptive_field_is_that_of_the_convolutions(groups: int, blocks: int):
    network = build(groups=groups, blocks=blocks, features=8).eval()
    fields = tuple(reach(network, axis, 64) for axis in range(3))
    assert fields == network.needs.receptive_field


@pytest.mark.parametrize(("groups", "blocks"), [(1, 2), (2, 3), (5, 3)])
def test_declared_barriers_are_all_there_are_in_the_order_they_work(groups: int, blocks: int):
    network = build(groups=groups, blocks=blocks, features=8)
    worked = []
    for name, module in network.named_modules():
        if isinstance(module, Barrier):
            module.register_forward_pre_hook(lambda *_, name=name: worked.append(name))
    network(torch.rand(1, 1, 2, 2, 2))
    assert tuple(worked) == network.needs.barriers == needs(groups, blocks).barriers
    assert len(worked) == groups * blocks


def test_every_voxel_sees_every_other():
    network = drawn_at_random(build(groups=1, blocks=1))
    x = torch.rand((1, 1, 2, 2, 40), dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(network(x).mean[..., 0].sum(), x)
    assert (gradient != 0).all()


class _StopHere(Exception):
    """The barrier whose sums are wanted was reached."""


def sums_of_tile(network: RCAN, tile: torch.Tensor, known: list, core: slice) -> torch.Tensor:
    """Run up to the first barrier without sums, and sum what enters it from the core."""
    found = []

    def use(barrier: Barrier, arguments: tuple) -> tuple:
        step = len(used)
        used.append(barrier)
        if step < len(known):
            return (arguments[0], known[step])
        found.append(barrier.sums(arguments[0][..., core]))
        raise _StopHere

    used = []
    barriers = [network.get_submodule(name) for name in network.needs.barriers]
    hooks = [barrier.register_forward_pre_hook(use) for barrier in barriers]
    try:
        return network(tile).mean[..., core]
    except _StopHere:
        return found[0]
    finally:
        for hook in hooks:
            hook.remove()


def test_tiles_that_exchange_only_sums_equal_the_whole():
    network = drawn_at_random(build(groups=2, blocks=1, features=8))
    halo = network.needs.receptive_field[-1]
    x = torch.rand((1, 1, 3, 4, 40), dtype=torch.float64)
    tiles = [
        (x[..., : 15 + halo], slice(0, 15)),
        (x[..., 15 - halo :], slice(halo, None)),
    ]
    known = []
    with torch.no_grad():
        for _ in network.needs.barriers:
            known.append(sum(sums_of_tile(network, tile, known, core) for tile, core in tiles))
        tiled = torch.cat(
            [sums_of_tile(network, tile, known, core) for tile, core in tiles], dim=-1
        )
        whole = network(x).mean
    torch.testing.assert_close(tiled, whole, rtol=1e-12, atol=1e-13)
