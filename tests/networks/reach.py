"""How far a network really sees."""

import torch
from torch import Tensor, nn

from gvtstudio.networks.layers.barrier import Barrier
from gvtstudio.networks.layers.network import Network
from tests.networks.rows import first


def reach(network: Network, axis: int, length: int) -> int:
    """The largest distance along an axis between a voxel and an output voxel it has a part in.

    A plane of the input that is not a number makes exactly those output voxels not a number that
    were computed from it, whatever the weights are. What barriers know of the whole volume is kept
    as it was without that plane. Every position within the size divisor is tried, because pooling
    lets some see further than others.

    Args:
        network: In prediction mode.
        axis: From 0, of (Z, Y, X) or (Y, X).
        length: Of that axis; at least twice the expected reach, and a multiple of the divisor.
    """
    needs = network.needs
    size = [
        max(sizes)
        for sizes in zip(
            needs.size_divisor,
            needs.smallest_size or (1,) * needs.dims,
            needs.smallest_patch or (1,) * needs.dims,
            strict=True,
        )
    ]
    size[axis] = length
    clean = torch.rand((1, network.in_channels, *size), generator=torch.Generator().manual_seed(2))
    sums = _sums_at_barriers(network, clean)
    middle, furthest = length // 2, 0
    for position in range(middle, middle + needs.size_divisor[axis]):
        x = clean.clone()
        x.select(2 + axis, position).fill_(torch.nan)
        touched = first(_with_sums(network, x, sums)).isnan().movedim(axis - needs.dims, 0)
        assert len(touched) == length
        places = touched.flatten(1).any(dim=1).nonzero()
        furthest = max(furthest, int((places - position).abs().max()))
    return furthest


def _barriers(network: Network) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, Barrier)]


def _sums_at_barriers(network: Network, x: Tensor) -> dict[nn.Module, Tensor]:
    sums: dict[nn.Module, Tensor] = {}

    def note(barrier: Barrier, arguments: tuple[Tensor]) -> None:
        sums[barrier] = barrier.sums(arguments[0])

    hooks = [barrier.register_forward_pre_hook(note) for barrier in _barriers(network)]
    with torch.no_grad():
        network(x)
    for hook in hooks:
        hook.remove()
    return sums


def _with_sums(network: Network, x: Tensor, sums: dict[nn.Module, Tensor]) -> object:
    def use(barrier: Barrier, arguments: tuple[Tensor]) -> tuple[Tensor, Tensor]:
        return arguments[0], sums[barrier]

    hooks = [barrier.register_forward_pre_hook(use) for barrier in _barriers(network)]
    with torch.no_grad():
        output = network(x)
    for hook in hooks:
        hook.remove()
    return output
