"""How far a network really sees."""

import torch
from torch import nn

from gvtstudio.networks.layers.network import Network


def reach_along(network: Network, axis: int, images: int = 1) -> int:
    """The furthest voxel along an axis, on either side, that any output voxel depends on.

    Random positive weights let no path cancel another; of several random images, a maximum
    passes each of its voxels in some. Every position within the size divisor is tried, because pooling makes some
    see further than others.
    """
    torch.manual_seed(0)
    network.double().eval()
    for parameter in network.parameters():
        nn.init.uniform_(parameter, 0, 2 / max(parameter[:1].numel(), 1))
    divisor = network.needs.size_divisor[axis]
    field = network.needs.receptive_field[axis]
    side = divisor * (field // divisor + 2)
    size = [max(2, n) for n in network.needs.size_divisor]
    size[axis] = 2 * side + divisor
    x = torch.rand((images, network.in_channels, *size), dtype=torch.float64, requires_grad=True)
    output = network(x).mean.movedim(axis - len(size), -1)
    furthest = 0
    for position in range(side, side + divisor):
        (gradient,) = torch.autograd.grad(output[..., position].sum(), x, retain_graph=True)
        seen = gradient.movedim(axis + 2, -1).abs().flatten(0, -2).sum(dim=0).nonzero()
        furthest = max(furthest, int((seen - position).abs().max()))
    return furthest
