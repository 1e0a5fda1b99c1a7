"""GVTNet for label-free prediction of fluorescence.

Source: Wang, Xie & Ji 2021, "Global voxel transformer networks for augmented microscopy", Methods;
every constant as in the thirteen networks that were really trained (MODELS §2.2).

| layer | operator | channels |
|---|---|---|
| first | convolution 3 | 1 → 32 |
| encoder1 | residual block | 32 |
| encoder2, 3, 4 | halving residual blocks | 64, 128, 256 |
| bottom | same-size global voxel transformer | 256 |
| up3, decoder3 | transposed convolution, + encoder3, residual block | 128 |
| up2, decoder2 | transposed convolution, + encoder2, residual block | 64 |
| up1, decoder1 | transposed convolution, + encoder1, residual block | 32 |
| activation, head | batch norm, ReLU6, convolution 3 with bias | 1 |

Batch norm everywhere, skips are added, and nothing of the input reaches the output directly. The
paper says ReLU; all trained graphs have ReLU6 (MODELS §13 row 1).
"""

from torch import Tensor

from gvtstudio.networks.gvtnet_label_free.spec import NEEDS
from gvtstudio.networks.layers.convolutions import DoublingConvolution, convolution
from gvtstudio.networks.layers.global_voxel_transformer import GlobalOptions, GlobalVoxelTransformer
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.normalization import PreActivation
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.networks.layers.residual_block import HalvingResidualBlock, ResidualBlock


class GVTNetLabelFree(Network):
    """``(B, C_in, Z, Y, X) → Restored`` with C_out channels.

    Args:
        in_channels: Of transmitted light.
        out_channels: Of fluorescence.
        base_channels: Feature maps at full resolution (32 in the paper).
        heads: Of the global operator (1 in the paper).
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        out_channels: int = 1,
        base_channels: int = 32,
        heads: int = 1,
    ) -> None:
        super().__init__(NEEDS, in_channels)
        c1, c2, c3, c4 = (base_channels * 2**level for level in range(4))
        options = GlobalOptions(heads=heads, normalised=True)
        self.first = convolution(3, in_channels, c1, kernel=3)
        self.encoder1 = ResidualBlock(3, c1, c1, normalised=True)
        self.encoder2 = HalvingResidualBlock(3, c1, c2, normalised=True)
        self.encoder3 = HalvingResidualBlock(3, c2, c3, normalised=True)
        self.encoder4 = HalvingResidualBlock(3, c3, c4, normalised=True)
        self.bottom = GlobalVoxelTransformer(3, c4, c4, options=options)
        self.up3 = DoublingConvolution(3, c4, c3)
        self.decoder3 = ResidualBlock(3, c3, c3, normalised=True)
        self.up2 = DoublingConvolution(3, c3, c2)
        self.decoder2 = ResidualBlock(3, c2, c2, normalised=True)
        self.up1 = DoublingConvolution(3, c2, c1)
        self.decoder1 = ResidualBlock(3, c1, c1, normalised=True)
        self.activation = PreActivation(3, c1, normalised=True)
        self.head = convolution(3, c1, out_channels, kernel=3, bias=True)

    def evaluate(self, x: Tensor) -> Restored:
        """Fluorescence of every voxel, on the scale of the (z-scored) targets."""
        skip1 = self.encoder1(self.first(x))
        skip2 = self.encoder2(skip1)
        skip3 = self.encoder3(skip2)
        bottom = self.bottom(self.encoder4(skip3))
        level3 = self.decoder3(self.up3(bottom) + skip3)
        level2 = self.decoder2(self.up2(level3) + skip2)
        level1 = self.decoder1(self.up1(level2) + skip1)
        return Restored(self.head(self.activation(level1)))


def build(**parameters: int) -> GVTNetLabelFree:
    """The network of the ``gvtnet_label_free`` row: 6,172,225 parameters at its defaults."""
    return GVTNetLabelFree(**parameters)
