"""CNNT written down line by line from its description (MODELS §5.1 and 5.2), to compare with.

Shares no code with the program. Tensors are ``(B, Z, C, H, W)``; weights are copied in the order
in which the layers are registered, which is the order in which they work.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class PlaneConvolution(nn.Module):
    """3 × 3 convolution of every plane, with bias."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(in_channels, out_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        batch, planes, channels, height, width = x.shape
        y = self.convolution(x.reshape(batch * planes, channels, height, width))
        return y.reshape(batch, planes, -1, height, width)


def instance_norm(x: Tensor) -> Tensor:
    batch, planes, channels, height, width = x.shape
    y = functional.instance_norm(x.reshape(batch * planes, channels, height, width), eps=1e-5)
    return y.reshape(x.shape)


def resized(x: Tensor, factor: float) -> Tensor:
    return functional.interpolate(
        x, scale_factor=(1.0, factor, factor), mode="trilinear", align_corners=False
    )


class Attention(nn.Module):
    def __init__(self, channels: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query = PlaneConvolution(channels, channels)
        self.key = PlaneConvolution(channels, channels)
        self.value = PlaneConvolution(channels, channels)
        self.out = PlaneConvolution(channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        batch, planes, channels, height, width = x.shape
        length = channels // self.heads * height * width

        def split(t: Tensor) -> Tensor:
            return t.reshape(batch, planes, self.heads, length).transpose(1, 2)

        query, key, value = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = query @ key.transpose(2, 3) / math.sqrt(length)
        weights = self.dropout(torch.softmax(scores, dim=-1))
        attended = (weights @ value).transpose(1, 2).reshape(x.shape)
        return self.out(attended)


class Cell(nn.Module):
    def __init__(self, channels: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(channels, heads, dropout)
        self.mixer = nn.Sequential(
            PlaneConvolution(channels, 4 * channels),
            nn.GELU(),
            PlaneConvolution(4 * channels, channels),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(instance_norm(x))
        return x + self.mixer(instance_norm(x))


class CNNTReference(nn.Module):
    """``(B, 1, Z, Y, X) → (B, 1, Z, Y, X)``; Y and X are multiples of 4."""

    def __init__(
        self, base: int = 32, cells: int = 4, heads: int = 8, dropout: float = 0.1
    ) -> None:
        super().__init__()

        def block(in_channels: int, out_channels: int) -> nn.Sequential:
            return nn.Sequential(
                PlaneConvolution(in_channels, out_channels),
                *(Cell(out_channels, heads, dropout) for _ in range(cells)),
            )

        self.pre = nn.Sequential(PlaneConvolution(1, base // 2), PlaneConvolution(base // 2, base))
        self.down1 = block(base, base)
        self.down2 = block(base, 2 * base)
        self.up1 = block(2 * base, 3 * base)
        self.up2 = block(5 * base, 3 * base)
        self.final = block(4 * base, 2 * base)
        self.out_projection = PlaneConvolution(2 * base, base)
        self.post = nn.Sequential(PlaneConvolution(base, base // 2), PlaneConvolution(base // 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        features = self.pre(x.transpose(1, 2))
        x1 = self.down1(features)
        x2 = self.down2(resized(x1, 0.5))
        y1 = resized(self.up1(resized(x2, 0.5)), 2.0)
        y2 = resized(self.up2(torch.cat([y1, x2], dim=2)), 2.0)
        noise = self.out_projection(self.final(torch.cat([y2, x1], dim=2)))
        return self.post(features - noise).transpose(1, 2)
