"""The block of a PatchGAN discriminator."""

from torch import Tensor, nn
from torch.nn import functional


class PatchganBlock(nn.Module):
    """``LeakyReLU₀.₂(IN(conv(x)))`` with a 4-wide convolution with bias and 1 pixel of padding.

    Source: Isola et al. (2017), "Image-to-image translation with conditional adversarial
    networks", Appendix; with the instance norm (without learned scale) of CycleGAN.

    Args:
        in_channels: Of the input.
        out_channels: Of the output.
        stride: 2 halves an axis, ``n → ⌊n / 2⌋``; 1 shortens it, ``n → n − 1``.
        normalised: Whether there is an instance norm; it needs more than one output pixel.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, stride: int, normalised: bool = True
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(in_channels, out_channels, 4, stride=stride, padding=1)
        self.norm = nn.InstanceNorm2d(out_channels) if normalised else None

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C_in, Y, X) → (B, C_out, y, x)``."""
        y: Tensor = self.convolution(x)
        return functional.leaky_relu(y if self.norm is None else self.norm(y), 0.2)
