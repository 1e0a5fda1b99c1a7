"""The layer of CARE: a convolution followed by a ReLU."""

from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.layers.convolutions import convolution


class RectifiedConvolution(nn.Module):
    """``max(0, W * x + b)``: ``(B, C_in, *size) → (B, C_out, *size)``, Glorot uniform.

    Source: Weigert et al. 2018, "Content-aware image restoration", Online Methods (MODELS §7.1).
    """

    def __init__(self, dims: int, in_channels: int, out_channels: int, *, kernel: int) -> None:
        super().__init__()
        self.convolution = convolution(dims, in_channels, out_channels, kernel=kernel, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        """Features that are not negative."""
        return functional.relu(self.convolution(x), inplace=True)
