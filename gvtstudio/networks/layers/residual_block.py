"""Pre-activation residual block of the GVTNets."""

from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.layers.convolutions import convolution


class ResidualBlock(nn.Module):
    """``h = r(x); y = c₂(r(c₁(h)))``; ``x + y``, or ``s(h) + y`` where the channels change.

    r is ReLU6, c₁ and c₂ are 3-wide convolutions and s is 1-wide, all without bias and, for
    denoising, without batch norm (Wang et al. 2021, Methods; MODELS §2.1).
    """

    def __init__(self, dims: int, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.first = convolution(dims, in_channels, out_channels, kernel=3)
        self.second = convolution(dims, out_channels, out_channels, kernel=3)
        self.shortcut = (
            None
            if in_channels == out_channels
            else convolution(dims, in_channels, out_channels, kernel=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C_in, …) → (B, C_out, …)`` of the same spatial size."""
        activated = functional.relu6(x)
        y: Tensor = self.second(functional.relu6(self.first(activated)))
        return (x if self.shortcut is None else self.shortcut(activated)) + y
