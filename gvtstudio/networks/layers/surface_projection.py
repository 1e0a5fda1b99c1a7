"""ProjectionNet, which finds the surface in a volume, and the network that restores what it finds.

Source: Wang, Xie & Ji 2021, "Global voxel transformer networks for augmented microscopy", Methods;
constants as in the graph that was really trained (MODELS §2.4).

| layer | operator | size in Y, X |
|---|---|---|
| first | convolution (3, 5, 5), maximum of 4 × 4 | 1/4 |
| second | ReLU6, convolution, maximum of 4 × 4 | 1/16 |
| attention + local | same-size global voxel transformer + ReLU6, convolution | 1/16 |
| up1, refine1 | operator with 4 × nearest query, ReLU6, convolution | 1/4 |
| up2, refine2 | operator with 4 × nearest query, ReLU6, convolution | 1 |
| weigh | ReLU6, convolution (5, 5, 5) to one weight per voxel | 1 |

Z is never reduced before the volume is summed over it. Every convolution has 8 channels and a bias.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.declared import SURFACE_NEEDS
from gvtstudio.networks.layers.convolutions import convolution
from gvtstudio.networks.layers.global_voxel_transformer import GlobalOptions, GlobalVoxelTransformer
from gvtstudio.networks.layers.global_voxel_unet import GlobalVoxelUNet
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Projected

Weighting = Literal["mean", "probabilities"]

CHANNELS = 8
KERNEL = (3, 5, 5)


class Surface(NamedTuple):
    """A surface found in a volume: ``(B, 1, Y, X)`` each.

    ``height`` is the plane it lies in, counted from 0, with fractions.
    """

    image: Tensor
    height: Tensor


class SurfaceProjection(nn.Module):
    """``(B, 1, Z, Y, X) → Surface``; Y and X must divide by 16.

    Args:
        options: Of the three global operators.
        weighting: What is done with the weight w of each voxel x of a column. ``mean``, as trained:
            the mean of w·x over Z, with w unconstrained. ``probabilities``, as the paper says:
            the sum of softmax(w)·x over Z.
    """

    def __init__(self, options: GlobalOptions, weighting: Weighting = "probabilities") -> None:
        super().__init__()
        self.weighting = weighting
        self.first = convolution(3, 1, CHANNELS, kernel=KERNEL, bias=True)
        self.second = convolution(3, CHANNELS, CHANNELS, kernel=KERNEL, bias=True)
        self.attention = GlobalVoxelTransformer(3, CHANNELS, CHANNELS, options=options)
        self.local = convolution(3, CHANNELS, CHANNELS, kernel=KERNEL, bias=True)
        self.up1 = GlobalVoxelTransformer(3, CHANNELS, CHANNELS, size="up4", options=options)
        self.refine1 = convolution(3, CHANNELS, CHANNELS, kernel=KERNEL, bias=True)
        self.up2 = GlobalVoxelTransformer(3, CHANNELS, CHANNELS, size="up4", options=options)
        self.refine2 = convolution(3, CHANNELS, CHANNELS, kernel=KERNEL, bias=True)
        self.weigh = convolution(3, CHANNELS, 1, kernel=5, bias=True)

    def forward(self, x: Tensor) -> Surface:
        """The projected image and the height of the surface."""
        h = functional.max_pool3d(self.first(x), (1, 4, 4))
        h = functional.max_pool3d(self.second(functional.relu6(h)), (1, 4, 4))
        h = self.attention(h) + self.local(functional.relu6(h))
        h = self.refine1(functional.relu6(self.up1(h)))
        h = self.refine2(functional.relu6(self.up2(h)))
        weights = self.weigh(functional.relu6(h))
        if self.weighting == "probabilities":
            shares = torch.softmax(weights.float(), dim=2).to(x.dtype)
            return Surface((shares * x).sum(dim=2), _height(shares))
        return Surface((weights * x).mean(dim=2), _height(weights.clamp(min=0)))


def _height(weights: Tensor) -> Tensor:
    """The mean plane under weights that are not negative; the middle where all of them are 0."""
    planes = torch.arange(weights.shape[2], device=weights.device, dtype=torch.float32)
    floor = torch.finfo(torch.float32).tiny
    shares = weights.float() + floor
    return (shares * planes[:, None, None]).sum(dim=2) / shares.sum(dim=2)


class GlobalVoxelProjection(Network):
    """``(B, 1, Z, Y, X) → Projected``: find the surface, then restore the image of it in 2D.

    Args:
        options: Of all six global operators.
        weighting: What is done with the weights of a column, see :class:`SurfaceProjection`.
        base_channels: Of the 2D network, at full resolution (32 in the paper).
        has_scale_head: Whether the 2D network predicts the scale of the Laplace loss.
    """

    def __init__(
        self,
        options: GlobalOptions,
        *,
        weighting: Weighting = "probabilities",
        base_channels: int = 32,
        has_scale_head: bool = False,
    ) -> None:
        super().__init__(SURFACE_NEEDS)
        self.surface = SurfaceProjection(options, weighting)
        self.restoration = GlobalVoxelUNet(
            2, options, base_channels=base_channels, has_scale_head=has_scale_head
        )

    def evaluate(self, x: Tensor) -> Projected:
        """The restored projection and the height of the surface."""
        surface = self.surface(x)
        restored = self.restoration.evaluate(surface.image)
        return Projected(restored.mean, surface.height, restored.scale)
