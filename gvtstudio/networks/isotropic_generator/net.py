"""The 3D U-Net that makes a volume isotropic, G of the OT-cycleGAN.

Source: Park et al. 2021, "Deep learning enables reference-free isotropic super-resolution for
volumetric fluorescence microscopy", Methods; constants as in the published code (MODELS §6.1).

| layer | operator | channels |
|---|---|---|
| encoder1 | 2 blocks | 1 → 64 |
| encoder2 | maximum of 2 × 2 × 2, 2 blocks | 128 |
| bottom | maximum of 2 × 2 × 2, 3 blocks | 256 |
| up2, decoder2 | transposed convolution 2, with the skip: 2 blocks | 128 |
| up1, decoder1 | transposed convolution 2, with the skip: 1 block | 64 |
| head | convolution 1, convolution 1, sigmoid | 1, 1 |

A block is a 3-wide convolution with bias, instance norm without learned scale, and ReLU. Skips come
first: [skip, upsampled]. The output lies between 0 and 1, and nothing of the input reaches it
directly.

Where paper and code disagree (MODELS §13 row 33) this is the code, which was trained: norm at the
bottom (``has_bottom_norm=False`` is the paper's formula) and one block, not two, in decoder1.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.isotropic_generator.spec import NEEDS
from gvtstudio.networks.layers.convolutions import convolution, transposed_convolution
from gvtstudio.networks.layers.kaiming import kaiming_normal
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored


class Block(nn.Module):
    """``ReLU(IN(conv(x)))``, or ``ReLU(conv(x))``, with a 3-wide convolution with bias."""

    def __init__(self, in_channels: int, out_channels: int, *, normalised: bool) -> None:
        super().__init__()
        self.convolution = convolution(3, in_channels, out_channels, kernel=3, bias=True)
        self.norm = nn.InstanceNorm3d(out_channels) if normalised else None

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C_in, Z, Y, X) → (B, C_out, Z, Y, X)``."""
        y: Tensor = self.convolution(x)
        return torch.relu(y if self.norm is None else self.norm(y))


class IsotropicGenerator(Network):
    """``(B, C, Z, Y, X) → Restored`` of values between 0 and 1.

    Args:
        in_channels: Of the volume, which is also what is predicted.
        base_channels: Feature maps at full resolution (64 in the paper).
        has_bottom_norm: Whether the blocks of the lowest level have their instance norm.
    """

    def __init__(
        self, *, in_channels: int = 1, base_channels: int = 64, has_bottom_norm: bool = True
    ) -> None:
        super().__init__(NEEDS, in_channels)
        c1, c2, c3 = base_channels, 2 * base_channels, 4 * base_channels
        self.encoder1 = _blocks(in_channels, c1, c1)
        self.encoder2 = _blocks(c1, c2, c2)
        self.bottom = _blocks(c2, c3, c3, c3, normalised=has_bottom_norm)
        self.up2 = transposed_convolution(3, c3, c2, kernel=2, bias=True)
        self.decoder2 = _blocks(2 * c2, c2, c2)
        self.up1 = transposed_convolution(3, c2, c1, kernel=2, bias=True)
        self.decoder1 = _blocks(2 * c1, c1)
        self.head = nn.Sequential(
            convolution(3, c1, in_channels, kernel=1, bias=True),
            convolution(3, in_channels, in_channels, kernel=1, bias=True),
        )
        kaiming_normal(self)

    def evaluate(self, x: Tensor) -> Restored:
        """The isotropic volume, on the scale of a normalised image between 0 and 1."""
        skip1 = self.encoder1(x)
        skip2 = self.encoder2(functional.max_pool3d(skip1, 2))
        bottom = self.bottom(functional.max_pool3d(skip2, 2))
        level2 = self.decoder2(torch.cat([skip2, self.up2(bottom)], dim=1))
        level1 = self.decoder1(torch.cat([skip1, self.up1(level2)], dim=1))
        return Restored(torch.sigmoid(self.head(level1)))


def _blocks(*channels: int, normalised: bool = True) -> nn.Sequential:
    """A block for every step from one width to the next."""
    steps = pairwise(channels)
    return nn.Sequential(*(Block(c_in, c_out, normalised=normalised) for c_in, c_out in steps))


def build(**parameters: int | bool) -> IsotropicGenerator:
    """The network of the ``isotropic_generator`` row: 7,077,251 parameters at its defaults."""
    return IsotropicGenerator(**parameters)  # type: ignore[arg-type]
