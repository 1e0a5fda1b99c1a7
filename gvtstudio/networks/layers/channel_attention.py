"""Channel attention (squeeze and excite): the means of the whole volume weigh the channels.

For an input x of c channels and N voxels,

    y = σ(W₂ ReLU(W₁ m + b₁) + b₂) · x,   m = Σ x / N

with W₁ of shape c/r × c and W₂ of shape c × c/r. Only the means couple distant voxels, so c sums
and the number of voxels are all that tiles have to exchange.

Source: Zhang et al. 2018, "Image super-resolution using very deep residual channel attention
networks", section 3.3; in volumes Chen et al. 2021 (MODELS §7.2).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from gvtstudio.networks.layers.barrier import Barrier
from gvtstudio.networks.layers.convolutions import Convolution, convolution


class ChannelAttention(Barrier):
    """``(B, C, *size) → (B, C, *size)``.

    Args:
        dims: 2 or 3.
        channels: C.
        reduction: r, how many channels share a hidden one.
    """

    def __init__(self, dims: int, channels: int, *, reduction: int) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.squeeze = convolution(dims, channels, hidden, kernel=1, bias=True)
        self.excite = convolution(dims, hidden, channels, kernel=1, bias=True)

    def sums(self, x: Tensor) -> Tensor:
        """Sum of every channel and, last, the number of voxels: ``(B, C + 1)``."""
        precise = torch.promote_types(x.dtype, torch.float32)
        totals = x.sum(dim=tuple(range(2, x.ndim)), dtype=precise)
        # numel() would be a constant in a trace
        count = totals.new_full((x.shape[0], 1), math.prod(x.shape[2:]))
        return torch.cat([totals, count], dim=1)

    def forward(self, x: Tensor, sums: Tensor | None = None) -> Tensor:
        """The channels of ``x``, weighted."""
        weights = self.weights(self.sums(x) if sums is None else sums)
        return x * weights.reshape(*weights.shape, *[1] * (x.ndim - 2)).to(x.dtype)

    def weights(self, sums: Tensor) -> Tensor:
        """``(B, C + 1) → (B, C)``, each between 0 and 1, in the precision of the sums."""
        with torch.autocast(sums.device.type, enabled=False):
            means = sums[:, :-1] / sums[:, -1:]
            hidden = torch.relu(_linear(self.squeeze, means))
            return torch.sigmoid(_linear(self.excite, hidden))


def _linear(layer: Convolution, x: Tensor) -> Tensor:
    """A 1-wide convolution of one voxel, ``(B, C_in) → (B, C_out)``."""
    assert layer.bias is not None
    return functional.linear(x, layer.weight.flatten(1).to(x.dtype), layer.bias.to(x.dtype))
