"""The learned blur that undoes the isotropic generator, F of the OT-cycleGAN.

Source: Park et al. 2021, "Deep learning enables reference-free isotropic super-resolution for
volumetric fluorescence microscopy", Methods; after Bell-Kligler et al. 2019 (MODELS §6.2).

| layer | convolution | channels |
|---|---|---|
| layers 0, 1, 2 | 7, 5, 3 wide | 1 → 64 → 64 → 64 |
| layers 3, 4, 5 | 1 wide | 32, 16, 1 |

There is no bias, norm or activation, so that the network is a linear filter of 13 × 13 × 13 voxels,
easier to learn as a product of small ones. More than 6 voxels away from the borders it equals one
convolution with that filter. At the borders it does not, because zeros are padded between the
layers; therefore the layers are not folded into one.
"""

from torch import Tensor, nn

from gvtstudio.networks.deep_linear_generator.spec import NEEDS
from gvtstudio.networks.layers.convolutions import convolution
from gvtstudio.networks.layers.kaiming import kaiming_normal
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored

WIDTHS = (7, 5, 3, 1, 1, 1)
NARROWING = (1, 1, 1, 2, 4)
"""Divides the feature maps of the layers but the last."""


class DeepLinearGenerator(Network):
    """``(B, C, Z, Y, X) → Restored``, a linear function of its input.

    Args:
        in_channels: Of the volume, which is also what is predicted.
        base_channels: Feature maps of the wide layers (64 in the paper).
    """

    def __init__(self, *, in_channels: int = 1, base_channels: int = 64) -> None:
        super().__init__(NEEDS, in_channels)
        widths = [max(base_channels // part, 1) for part in NARROWING]
        before, after = (in_channels, *widths), (*widths, in_channels)
        steps = zip(before, after, WIDTHS, strict=True)
        self.layers = nn.ModuleList(
            convolution(3, c_in, c_out, kernel=kernel) for c_in, c_out, kernel in steps
        )
        kaiming_normal(self)

    def evaluate(self, x: Tensor) -> Restored:
        """The blurred volume, in the units of the input."""
        for layer in self.layers:
            x = layer(x)
        return Restored(x)


def build(**parameters: int) -> DeepLinearGenerator:
    """The network of the ``deep_linear_generator`` row: 647,120 parameters at its defaults."""
    return DeepLinearGenerator(**parameters)
