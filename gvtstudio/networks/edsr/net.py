"""A residual network of the EDSR class.

Source: after Lim et al. 2017, "Enhanced deep residual networks for single image super-resolution",
section 3, baseline size (64 channels, 16 blocks).

| layer | operator | channels |
|---|---|---|
| first | convolution 3 | 1 → 64 |
| blocks | 16 × (x + convolution 3 of ReLU of convolution 3) | 64 |
| last | convolution 3, + first | 64 |
| head | convolution 3, + input | 64 → 1 |

This is **not** the published ×2 network: here the input was resampled bicubically to the grid of
the target before, so the layers that enlarge (convolution and pixel shuffle) are missing, and the
network predicts what must be added to its input. It therefore works at full resolution, at about
four times the cost. The blocks are the paper's: no batch norm, residuals not scaled, PyTorch's
default initialisation. The paper's subtraction of the mean colour is the normalisation's business.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.edsr.spec import needs
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored


class PlainResidualBlock(nn.Module):
    """``x + c₂(ReLU(c₁(x)))``: ``(B, C, Y, X)`` in and out."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = _convolution(features, features)
        self.second = _convolution(features, features)

    def forward(self, x: Tensor) -> Tensor:
        """Of the same size."""
        return torch.add(x, self.second(functional.relu(self.first(x), inplace=True)))


class EDSR(Network):
    """``(B, C, Y, X) → Restored``.

    Args:
        in_channels: Of the image, which is also what is predicted.
        features: Channels of every layer.
        blocks: Residual blocks.
    """

    def __init__(self, *, in_channels: int = 1, features: int = 64, blocks: int = 16) -> None:
        super().__init__(needs(blocks), in_channels)
        self.first = _convolution(in_channels, features)
        self.blocks = nn.Sequential(*[PlainResidualBlock(features) for _ in range(blocks)])
        self.last = _convolution(features, features)
        self.head = _convolution(features, in_channels)

    def evaluate(self, x: Tensor) -> Restored:
        """The restored image in the units of the (normalised) input."""
        shallow = self.first(x)
        deep = shallow + self.last(self.blocks(shallow))
        return Restored(x + self.head(deep))


def _convolution(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 3, padding=1)


def build(**parameters: int) -> EDSR:
    """The network of the ``edsr_2d`` row: 1,219,841 parameters at its defaults."""
    return EDSR(**parameters)
