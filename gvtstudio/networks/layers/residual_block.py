"""Pre-activation residual blocks of the GVTNets and AEANets (MODELS §2.1)."""

from torch import Tensor, nn

from gvtstudio.networks.layers.convolutions import HalvingConvolution, convolution
from gvtstudio.networks.layers.normalization import PreActivation


class ResidualBlock(nn.Module):
    """``h = r₁(x); y = c₂(r₂(c₁(h)))``; ``x + y``, or ``s(h) + y`` where the channels change.

    r is ReLU6 after an optional batch norm, c₁ and c₂ are 3-wide convolutions and s is 1-wide, all
    without bias (Wang et al. 2021, Methods).
    """

    def __init__(
        self, dims: int, in_channels: int, out_channels: int, *, normalised: bool = False
    ) -> None:
        super().__init__()
        self.activation1 = PreActivation(dims, in_channels, normalised=normalised)
        self.first = convolution(dims, in_channels, out_channels, kernel=3)
        self.activation2 = PreActivation(dims, out_channels, normalised=normalised)
        self.second = convolution(dims, out_channels, out_channels, kernel=3)
        self.shortcut = (
            None
            if in_channels == out_channels
            else convolution(dims, in_channels, out_channels, kernel=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C_in, …) → (B, C_out, …)`` of the same spatial size."""
        activated = self.activation1(x)
        y: Tensor = self.second(self.activation2(self.first(activated)))
        return (x if self.shortcut is None else self.shortcut(activated)) + y


class HalvingResidualBlock(nn.Module):
    """``h = r₁(x); s(h) + c₂(r₂(c₁(h)))`` with c₁ 3-wide and s 1-wide, both of stride 2."""

    def __init__(self, dims: int, in_channels: int, out_channels: int, *, normalised: bool) -> None:
        super().__init__()
        self.activation1 = PreActivation(dims, in_channels, normalised=normalised)
        self.shortcut = HalvingConvolution(dims, in_channels, out_channels, kernel=1)
        self.first = HalvingConvolution(dims, in_channels, out_channels)
        self.activation2 = PreActivation(dims, out_channels, normalised=normalised)
        self.second = convolution(dims, out_channels, out_channels, kernel=3)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C_in, 2n, …) → (B, C_out, n, …)``."""
        activated = self.activation1(x)
        y: Tensor = self.second(self.activation2(self.first(activated)))
        shortcut: Tensor = self.shortcut(activated)
        return shortcut + y
