"""The Gram matrix of a volume's voxels, the only thing a global operator needs of them."""

import torch
from torch import Tensor
from torch.nn import functional

from gvtstudio.networks.layers.tracing import is_traced

VOXELS_AT_ONCE = 16384
"""Small enough to stay in cache, measured on two cores; the result does not depend on it."""


def gram_matrix(h: Tensor) -> Tensor:
    """``Σ ĥ ĥᵀ`` over all voxels, where ĥ is a voxel's channels followed by the constant 1.

    The last row and column hold the sums of the channels, the last element the number of voxels.

    Args:
        h: (B, c, *size) in any precision and memory layout.

    Returns:
        (B, c + 1, c + 1) in float32, or float64 for float64: in half precision the small terms of
        a sum over a million voxels would be lost.
    """
    precise = torch.promote_types(h.dtype, torch.float32)
    voxels = h.flatten(2)
    batch, channels, count = voxels.shape
    gram = h.new_zeros((batch, channels, channels), dtype=precise)
    total = h.new_zeros((batch, channels), dtype=precise)
    with torch.autocast(h.device.type, enabled=False):
        # a trace would hold on to the number of pieces
        pieces = (voxels,) if is_traced() else torch.split(voxels, VOXELS_AT_ONCE, dim=-1)
        for piece in pieces:
            wide = piece.to(precise)
            gram = gram + wide @ wide.mT
            total = total + wide.sum(dim=-1)
    bordered = functional.pad(gram, (0, 1, 0, 1))
    bordered[:, -1, :-1] = total
    bordered[:, :-1, -1] = total
    bordered[:, -1, -1] = count
    return bordered
