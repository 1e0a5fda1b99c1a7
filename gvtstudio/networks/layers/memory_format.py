"""Channels innermost in memory, the layout in which convolutions are fastest."""

import torch
from torch import Tensor, nn

_FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}


def channels_last(t: Tensor) -> Tensor:
    """The same values with channels innermost, for ``(B, C, Y, X)`` and ``(B, C, Z, Y, X)``."""
    return t.contiguous(memory_format=_FORMATS.get(t.ndim, torch.contiguous_format))


def lay_out(network: nn.Module) -> None:
    """Lay out every weight by its own axes: a projection has kernels of volumes and of images."""
    for parameter in network.parameters():
        parameter.data = channels_last(parameter.data)
