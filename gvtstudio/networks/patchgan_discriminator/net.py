"""The network that judges patch by patch whether an image is real, D of the OT-cycleGAN.

Source: Park et al. 2021, "Deep learning enables reference-free isotropic super-resolution for
volumetric fluorescence microscopy", Methods; constants as in the published code (MODELS §6.3).

| layer | 4-wide convolution | norm | activation | channels | 144 × 144 become |
|---|---|---|---|---|---|
| blocks 0 | stride 2 | none | leaky ReLU | 1 → 64 | 72 × 72 |
| blocks 1 | stride 2 | instance | leaky ReLU | 128 | 36 × 36 |
| blocks 2 | stride 2 | instance | leaky ReLU | 256 | 18 × 18 |
| blocks 3 | stride 1 | instance | leaky ReLU | 512 | 17 × 17 |
| head | stride 1 | none | none | 1 | 16 × 16 |

Each pixel of the result judges 70 × 70 pixels of the image: towards 1 it is real, towards 0 it was
made by a generator (least-squares GAN, hence no sigmoid). The paper has stride 2 and norm in all
convolutions; the code, which was trained, has not (MODELS §13 row 32).
"""

from torch import Tensor, nn

from gvtstudio.networks.layers.kaiming import kaiming_normal
from gvtstudio.networks.layers.network import refuse_unfit
from gvtstudio.networks.layers.patchgan_block import PatchganBlock
from gvtstudio.networks.patchgan_discriminator.spec import NEEDS


class PatchganDiscriminator(nn.Module):
    """``(B, C, Y, X) → (B, 1, y, x)`` with ``y = ⌊Y / 8⌋ − 2``, one judgement per patch.

    Args:
        in_channels: Of the image.
        base_channels: Feature maps of the first layer (64 in the paper).
    """

    def __init__(self, *, in_channels: int = 1, base_channels: int = 64) -> None:
        super().__init__()
        self.needs = NEEDS
        self.in_channels = in_channels
        c1, c2, c3, c4 = (base_channels * 2**level for level in range(4))
        self.blocks = nn.ModuleList(
            (
                PatchganBlock(in_channels, c1, stride=2, normalised=False),
                PatchganBlock(c1, c2, stride=2),
                PatchganBlock(c2, c3, stride=2),
                PatchganBlock(c3, c4, stride=1),
            )
        )
        self.head = nn.Conv2d(c4, 1, 4, padding=1)
        kaiming_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """How real every patch looks; never cropped or padded.

        Raises:
            StackUnsuitable: Other dimensions or channels, or too small to judge.
        """
        refuse_unfit(x, self.needs, self.in_channels)
        for block in self.blocks:
            x = block(x)
        judgements: Tensor = self.head(x)
        return judgements


def build(**parameters: int) -> PatchganDiscriminator:
    """The network of the ``patchgan_discriminator`` row: 2,762,689 parameters at its defaults."""
    return PatchganDiscriminator(**parameters)
