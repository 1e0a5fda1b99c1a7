"""3D-RCAN, the residual channel attention network for volumes.

Source: Chen et al. 2021, "Three-dimensional residual channel attention networks denoise and sharpen
fluorescence microscopy image volumes", Methods; constants as in its software (MODELS §7.2).

| layer | operator | channels |
|---|---|---|
| – | 2x − 1 | 1 |
| first | convolution 3 | 1 → 32 |
| groups | 5 × (3 blocks, convolution 3, + input of the group) | 32 |
| last | convolution 3, + first | 32 |
| head | convolution 3 | 32 → 1 |
| – | y/2 + 1/2 | 1 |

A block is ``x + A(c₂(ReLU(c₁(x))))`` with 3-wide convolutions and channel attention A of 4 hidden
channels. All convolutions have a bias, and nothing is normalised. A single group has neither its
convolution nor its sum. 5 × 3 is the default of the software; the paper's large one is 5 × 5.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.layers.channel_attention import ChannelAttention
from gvtstudio.networks.layers.convolutions import Convolution, convolution
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.networks.rcan.spec import needs

REDUCTION = 8


class AttentionBlock(nn.Module):
    """``x + A(c₂(ReLU(c₁(x))))``: ``(B, C, Z, Y, X)`` in and out."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = _convolution(features, features)
        self.second = _convolution(features, features)
        self.attention = ChannelAttention(3, features, reduction=REDUCTION)

    def forward(self, x: Tensor) -> Tensor:
        """Of the same size."""
        h = self.second(functional.relu(self.first(x), inplace=True))
        return torch.add(x, self.attention(h))


class ResidualGroup(nn.Module):
    """Blocks in a row and, unless it is the only group, ``x + c(blocks(x))``."""

    def __init__(self, features: int, blocks: int, *, is_only_one: bool) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*[AttentionBlock(features) for _ in range(blocks)])
        self.last = None if is_only_one else _convolution(features, features)

    def forward(self, x: Tensor) -> Tensor:
        """Of the same size."""
        y: Tensor = self.blocks(x)
        return y if self.last is None else x + self.last(y)


class RCAN(Network):
    """``(B, C, Z, Y, X) → Restored``, for images normalised to about 0 … 1.

    Args:
        in_channels: Of the volume, which is also what is predicted.
        groups: Residual groups.
        blocks: Residual channel attention blocks in each.
        features: Channels of every layer.
    """

    def __init__(
        self, *, in_channels: int = 1, groups: int = 5, blocks: int = 3, features: int = 32
    ) -> None:
        super().__init__(needs(groups, blocks), in_channels)
        self.first = _convolution(in_channels, features)
        self.groups = nn.Sequential(
            *[ResidualGroup(features, blocks, is_only_one=groups == 1) for _ in range(groups)]
        )
        self.last = _convolution(features, features)
        self.head = _convolution(features, in_channels)

    def evaluate(self, x: Tensor) -> Restored:
        """The restored volume in the units of the (normalised) input."""
        shallow = self.first(2 * x - 1)
        deep = shallow + self.last(self.groups(shallow))
        return Restored((self.head(deep) + 1) / 2)


def _convolution(in_channels: int, out_channels: int) -> Convolution:
    return convolution(3, in_channels, out_channels, kernel=3, bias=True)


def build(**parameters: int) -> RCAN:
    """The network of the ``rcan_3d`` row: 1,002,621 parameters at its defaults."""
    return RCAN(**parameters)
