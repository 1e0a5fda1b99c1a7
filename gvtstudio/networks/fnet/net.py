"""fnet, the 3D U-Net of label-free prediction.

Source: Ounkomol et al. 2018, "Label-free prediction of three-dimensional fluorescence images from
transmitted-light microscopy", Methods; constants as in its first release (MODELS §7.4).

| layer | operator | channels |
|---|---|---|
| encoder.0 … 3 | 2 × (convolution 3, batch norm, ReLU) | 32, 64, 128, 256 |
| – each | halved by convolution 2 stride 2, batch norm, ReLU | the same |
| bottom | 2 × (convolution 3, batch norm, ReLU) | 512 |
| decoder.0 … 3 | transposed convolution 2 stride 2, batch norm, ReLU | 256, 128, 64, 32 |
| – each | [skip, doubled], 2 × (convolution 3, batch norm, ReLU) | the same |
| head | convolution 3 | 32 → 1 |

All convolutions have a bias. The weights begin as in the paper's release: N(0, 0.02) for
convolutions and N(1, 0.02) for batch norm; later releases leave PyTorch's defaults.
"""

import torch
from torch import Tensor, nn

from gvtstudio.networks.fnet.spec import NEEDS
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored

DEPTH = 4
SPREAD = 0.02


class Halving(nn.Module):
    """``(B, C_in, 2n, …) → (B, C_out, 2n, …)``, the skip, and the same halved."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.features = _two_convolutions(in_channels, out_channels)
        self.down = _normalised(nn.Conv3d(out_channels, out_channels, 2, stride=2))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Skip and halved."""
        skip = self.features(x)
        return skip, self.down(skip)


class Doubling(nn.Module):
    """``(B, 2C, n, …)`` and the skip ``(B, C, 2n, …) → (B, C, 2n, …)``."""

    def __init__(self, out_channels: int) -> None:
        super().__init__()
        self.up = _normalised(nn.ConvTranspose3d(2 * out_channels, out_channels, 2, stride=2))
        self.features = _two_convolutions(2 * out_channels, out_channels)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Of the size of the skip."""
        features: Tensor = self.features(torch.cat([skip, self.up(x)], dim=1))
        return features


class FNet(Network):
    """``(B, C_in, Z, Y, X) → Restored`` with C_out channels.

    Args:
        in_channels: Of transmitted light.
        out_channels: Of fluorescence.
        base_channels: Feature maps at full resolution (32 in the paper).
    """

    def __init__(
        self, *, in_channels: int = 1, out_channels: int = 1, base_channels: int = 32
    ) -> None:
        super().__init__(NEEDS, in_channels)
        widths = [base_channels * 2**level for level in range(DEPTH)]
        self.encoder = nn.ModuleList(
            [Halving(*pair) for pair in zip([in_channels, *widths], widths, strict=False)]
        )
        self.bottom = _two_convolutions(widths[-1], 2 * widths[-1])
        self.decoder = nn.ModuleList([Doubling(width) for width in reversed(widths)])
        self.head = nn.Conv3d(base_channels, out_channels, 3, padding=1)
        self.apply(_draw_weights)

    def evaluate(self, x: Tensor) -> Restored:
        """Fluorescence of every voxel, on the scale of the (z-scored) targets."""
        h, skips = x, []
        for level in self.encoder:
            skip, h = level(h)
            skips.append(skip)
        h = self.bottom(h)
        for level in self.decoder:
            h = level(h, skips.pop())
        return Restored(self.head(h))


def _normalised(layer: nn.Conv3d | nn.ConvTranspose3d) -> nn.Sequential:
    return nn.Sequential(layer, nn.BatchNorm3d(layer.out_channels), nn.ReLU(inplace=True))


def _two_convolutions(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        _normalised(nn.Conv3d(in_channels, out_channels, 3, padding=1)),
        _normalised(nn.Conv3d(out_channels, out_channels, 3, padding=1)),
    )


def _draw_weights(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv3d | nn.ConvTranspose3d):
        nn.init.normal_(layer.weight, 0, SPREAD)
    elif isinstance(layer, nn.BatchNorm3d):
        nn.init.normal_(layer.weight, 1, SPREAD)


def build(**parameters: int) -> FNet:
    """The network of the ``fnet`` row: 23,280,769 parameters at its defaults."""
    return FNet(**parameters)
