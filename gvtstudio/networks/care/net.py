"""CARE, the U-Net of content-aware image restoration.

Source: Weigert et al. 2018, "Content-aware image restoration: pushing the limits of fluorescence
microscopy", Online Methods; constants as in its software (MODELS §7.1).

| layer | operator | channels |
|---|---|---|
| unet | U-Net of two levels, see ``layers/care_unet.py`` | 1 → 32 … 128 … 32 |
| unet.mean_head, unet.scale_head | convolution 1; the mean is added to the input | 1 each |

Nothing differs from the paper; the depth is the 2 of its software's default.
"""

from torch import Tensor

from gvtstudio.networks.care.spec import NEEDS
from gvtstudio.networks.layers.care_unet import CareUNet
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored


class Care(Network):
    """``(B, C, *size) → Restored``.

    Args:
        dims: 2 or 3.
        in_channels: Of the image, which is also what is predicted.
        base_channels: Feature maps at full resolution (32 in the paper).
        has_scale_head: Whether to predict the scale of the Laplace loss.
    """

    def __init__(
        self,
        dims: int,
        *,
        in_channels: int = 1,
        base_channels: int = 32,
        has_scale_head: bool = True,
    ) -> None:
        super().__init__(NEEDS[dims], in_channels)
        self.unet = CareUNet(
            dims, in_channels, base_channels=base_channels, has_scale_head=has_scale_head
        )

    def evaluate(self, x: Tensor) -> Restored:
        """Mean and scale of every voxel in the units of the (normalised) input."""
        restored: Restored = self.unet(x)
        return restored


def build_3d(**parameters: int | bool) -> Care:
    """The network of the ``care_3d`` row: 996,802 parameters at its defaults."""
    return Care(3, **parameters)  # type: ignore[arg-type]


def build_2d(**parameters: int | bool) -> Care:
    """The network of the ``care_2d`` row: 923,010 parameters at its defaults."""
    return Care(2, **parameters)  # type: ignore[arg-type]
