"""Dense blocks: every layer sees the outputs of all layers before it.

    x₀ = x,   x_{i+1} = [x_i, f_i(x_i)]          c channels become c + layers · growth

Source: Huang et al. (2017), "Densely connected convolutional networks", in the form of Liu et al.
(2019), Section 2: f is convolution, batch norm, ReLU and dropout, in this order.
"""

import torch
from torch import Tensor, nn

from gvtstudio.networks.layers.convolutions import convolution

_BATCH_NORM = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}


class NormalisedConvolution(nn.Module):
    """``dropout(ReLU(BN(conv(x))))`` with a convolution with bias that keeps the size.

    Args:
        dims: 2 or 3.
        in_channels: Of the input.
        out_channels: Of the output.
        kernel: 3 in dense blocks, 1 in the transitions between them.
        dropout: Share of values that training sets to zero.
    """

    def __init__(
        self, dims: int, in_channels: int, out_channels: int, *, kernel: int, dropout: float
    ) -> None:
        super().__init__()
        self.convolution = convolution(dims, in_channels, out_channels, kernel=kernel, bias=True)
        self.norm = _BATCH_NORM[dims](out_channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C_in, *size) → (B, C_out, *size)``."""
        y: Tensor = self.dropout(torch.relu(self.norm(self.convolution(x))))
        return y


class DenseBlock(nn.Module):
    """``(B, C, *size) → (B, C + layers · growth, *size)``; the first C channels are the input.

    Args:
        dims: 2 or 3.
        in_channels: Of the input.
        layers: How many 3-wide layers follow one another.
        growth: Channels that each layer adds.
        dropout: Of every layer.
    """

    def __init__(
        self, dims: int, in_channels: int, layers: int, *, growth: int, dropout: float
    ) -> None:
        super().__init__()
        widths = (in_channels + i * growth for i in range(layers))
        self.layers = nn.ModuleList(
            NormalisedConvolution(dims, width, growth, kernel=3, dropout=dropout)
            for width in widths
        )

    def forward(self, x: Tensor) -> Tensor:
        """The input and what every layer adds to it, in this order."""
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        return x
