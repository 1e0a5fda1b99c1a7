"""Global transformer layers (GST, GDT, GUT): every output pixel sees the whole image.

For an input x of n pixels and a query q of N pixels, both of c channels:

    O = V softmax(Kᵀ q)          K = W_k x + b_k  (c × n),   V = W_v x + b_v  (d × n)

The softmax runs over the n keys, so that every output pixel is a mixture of values whose weights
add up to 1. The query decides the size of the output: a 3-wide convolution keeps the size (GST),
one of stride 2 halves it (GDT), a transposed one of stride 2 doubles it (GUT).

Source: Liu et al. (2019), "Global transformer U-Nets for label-free prediction of fluorescence
images", Section 2. The formula has no scale; the released code multiplies q by 1/√c and sends O
through one more 1-wide convolution (MODELS §13 row 17).

Unlike in the global voxel transformers the softmax stands between Kᵀ q and V, so the product cannot
be taken the other way round. All the same the N × n map need not exist: PyTorch's fused kernels
work through it in blocks.
"""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.layers.convolutions import (
    DoublingConvolution,
    HalvingConvolution,
    convolution,
)

Size = Literal["same", "down", "up"]


class GlobalTransformer(nn.Module):
    """One layer that keeps, halves or doubles the size.

    Args:
        dims: 2 or 3 spatial dimensions.
        in_channels: Of the input, the query and the keys.
        out_channels: Of the values, hence of the output.
        size: ``same``, ``down`` halves and ``up`` doubles every axis.
        scales_query: Whether q is multiplied by 1/√c, as in the code but not in the paper.
    """

    def __init__(
        self,
        dims: int,
        in_channels: int,
        out_channels: int,
        *,
        size: Size = "same",
        scales_query: bool = False,
    ) -> None:
        super().__init__()
        self.query = _query(dims, in_channels, size)
        self.key = convolution(dims, in_channels, in_channels, kernel=1, bias=True)
        self.value = convolution(dims, in_channels, out_channels, kernel=1, bias=True)
        self.scale = in_channels**-0.5 if scales_query else 1.0

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C_in, *size) → (B, C_out, *new size)``."""
        return softmax_attention(self.query(x), self.key(x), self.value(x), self.scale)


def softmax_attention(query: Tensor, key: Tensor, value: Tensor, scale: float = 1.0) -> Tensor:
    """``V softmax(scale · Kᵀ Q)``, whatever the order of the keys.

    Args:
        query: (B, c, *size).
        key: (B, c, *other size).
        value: (B, d, *other size).
        scale: Of the products, before the softmax.

    Returns:
        (B, d, *size).
    """
    # the kernels that never build the map want one width for all three; zeros change nothing
    width = max(key.shape[1], value.shape[1])
    attended = functional.scaled_dot_product_attention(
        _pixels(query, width), _pixels(key, width), _pixels(value, width), scale=scale
    )
    kept = attended[:, 0, :, : value.shape[1]]
    return kept.mT.reshape(len(query), -1, *query.shape[2:])


def _pixels(t: Tensor, width: int) -> Tensor:
    """``(B, c, *size) → (B, 1, pixels, width)``, one head of contiguous pixels."""
    rows = t.flatten(2).mT.contiguous()
    return functional.pad(rows, (0, width - t.shape[1]))[:, None]


def _query(dims: int, channels: int, size: Size) -> nn.Module:
    if size == "down":
        return HalvingConvolution(dims, channels, channels, bias=True)
    if size == "up":
        return DoublingConvolution(dims, channels, channels, bias=True)
    return convolution(dims, channels, channels, kernel=3, bias=True)
