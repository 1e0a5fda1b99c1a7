"""U-Net of dense blocks and global transformer layers for label-free prediction.

Source: Liu et al. 2019, "Global transformer U-Nets for label-free prediction of fluorescence
images", Section 2. The paper is the specification, because the released code cannot be run
(MODELS §3.5).

| layer | operator | channels | size |
|---|---|---|---|
| multi_scale | three crops at one size | 3 × 13 = 39 | 128 |
| stem | convolution 1 | 32 | 128 |
| encoder1, down1 | dense block of 2, transition; global layer | 64, 64 | 128 → 64 |
| encoder2, down2 | dense block of 4, transition; global layer | 128, 128 | 64 → 32 |
| encoder3, down3 | dense block of 8, transition; global layer | 256, 256 | 32 → 16 |
| bottom | dense block of 8, global layer | 384 | 16 |
| up3, decoder3 | global layer; + skip: transition, dense block of 4 | 192; 224, 288 | 16 → 32 |
| up2, decoder2 | global layer; + skip: transition, dense block of 2 | 144; 136, 168 | 32 → 64 |
| up1, decoder1 | global layer; + skip: transition, dense block of 1 | 84; 74, 90 | 64 → 128 |
| heads | convolution 1 for each of 8 targets | 256 classes | 128 |

A transition is a 1-wide convolution, batch norm, ReLU and dropout; in the decoder it halves the
channels. Growth is 16. Skips are concatenated as [upsampled, skip].

The three crops are half, once and twice as large as the patch, so that the network restores the
centre half of what it is shown. Training and prediction work in windows of one size and call
``evaluate_centre`` with the true surroundings; ``forward`` makes them up by mirroring, and then
takes any size.

Where paper and code disagree (MODELS §13 rows 11–17) this is the paper: rescaled crops, batch norm,
256 classes, 8 plain heads, attention without dropout and without a convolution after it. The
formula of the paper does not scale the query, which is therefore the default;
``parts="scaled-attention"`` does it as the code does. The printed 165 channels of decoder2 must
be 168, from which alone the 90 of decoder1 follow. Not in the paper's table, but needed to arrive
at 6,542,914 parameters: the transitions of the encoder, and batch norm in all transitions.
"""

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.domain.errors import UsageError
from gvtstudio.networks.gt_unet.spec import NEEDS, PARTS, SCALED
from gvtstudio.networks.layers.convolutions import (
    DoublingConvolution,
    HalvingConvolution,
    convolution,
)
from gvtstudio.networks.layers.dense_block import DenseBlock, NormalisedConvolution
from gvtstudio.networks.layers.multi_scale_input import centre, multi_scale
from gvtstudio.networks.layers.network import Network, mirrored, refuse_unfit
from gvtstudio.networks.layers.outputs import BrightnessOdds
from gvtstudio.networks.layers.softmax_attention import GlobalTransformer, Size

STEM_CHANNELS = 32
WITHOUT_ATTENTION, WITHOUT_DENSE, SINGLE_SCALE = 2, 3, 4
"""From which of ``PARTS`` on they are gone."""


class ClassHeads(nn.Module):
    """``(B, C, Y, X) → (B, targets, classes, Y, X)``, a 1-wide convolution for each target."""

    def __init__(self, in_channels: int, targets: int, classes: int) -> None:
        super().__init__()
        self.of_target = nn.ModuleList(
            convolution(2, in_channels, classes, kernel=1, bias=True) for _ in range(targets)
        )

    def forward(self, x: Tensor) -> Tensor:
        """All heads as one convolution, so that their many scores exist only once."""
        parameters: list[Tensor] = [*self.of_target.parameters()]
        weights, biases = torch.cat(parameters[::2]), torch.cat(parameters[1::2])
        scores = functional.conv2d(x, weights, biases)
        return scores.reshape(len(x), len(self.of_target), -1, *x.shape[2:])


class GlobalTransformerUNet(Network):
    """``(B, planes, Y, X) → BrightnessOdds`` of shape ``(B, targets, classes, Y, X)``.

    Args:
        in_channels: Planes of transmitted light.
        targets: Fluorescent labels.
        classes: Brightness levels of a label.
        growth: Channels that each layer of a dense block adds.
        dropout: In training, of every dense layer and transition.
        parts: Of ``PARTS``: all, with the attention of the paper or of the code, or what is left
            for the paper's ablations.
    """

    def __init__(
        self,
        *,
        in_channels: int = 13,
        targets: int = 8,
        classes: int = 256,
        growth: int = 16,
        dropout: float = 0.5,
        parts: str = "all",
    ) -> None:
        super().__init__(NEEDS, in_channels)
        removed, scales_query = PARTS.index(parts), parts == SCALED

        def dense(channels: int, layers: int) -> nn.Module:
            if removed < WITHOUT_DENSE:
                return DenseBlock(2, channels, layers, growth=growth, dropout=dropout)
            after = channels + layers * growth
            pair = ((channels, after), (after, after))
            return nn.Sequential(
                *(NormalisedConvolution(2, *each, kernel=3, dropout=dropout) for each in pair)
            )

        def transition(before: int, after: int) -> NormalisedConvolution:
            return NormalisedConvolution(2, before, after, kernel=1, dropout=dropout)

        def attention(before: int, after: int, size: Size) -> nn.Module:
            if removed < WITHOUT_ATTENTION:
                return GlobalTransformer(2, before, after, size=size, scales_query=scales_query)
            if size == "same":
                return convolution(2, before, after, kernel=3, bias=True)
            resizing = HalvingConvolution if size == "down" else DoublingConvolution
            return resizing(2, before, after, bias=True)

        e0 = STEM_CHANNELS
        e1, e2, e3, e4 = (e0 + layers * growth for layers in (2, 6, 14, 22))
        h3 = (e4 // 2 + e3) // 2
        d3 = h3 + 4 * growth
        h2 = (d3 // 2 + e2) // 2
        d2 = h2 + 2 * growth
        h1 = (d2 // 2 + e1) // 2
        d1 = h1 + growth
        self._sees_scales = removed < SINGLE_SCALE
        scales = 3 if self._sees_scales else 1
        self.stem = convolution(2, scales * in_channels, e0, kernel=1, bias=True)
        self.encoder1 = nn.Sequential(dense(e0, 2), transition(e1, e1))
        self.down1 = attention(e1, e1, "down")
        self.encoder2 = nn.Sequential(dense(e1, 4), transition(e2, e2))
        self.down2 = attention(e2, e2, "down")
        self.encoder3 = nn.Sequential(dense(e2, 8), transition(e3, e3))
        self.down3 = attention(e3, e3, "down")
        self.bottom = nn.Sequential(dense(e3, 8), attention(e4, e4, "same"))
        self.up3 = attention(e4, e4 // 2, "up")
        self.decoder3 = nn.Sequential(transition(e4 // 2 + e3, h3), dense(h3, 4))
        self.up2 = attention(d3, d3 // 2, "up")
        self.decoder2 = nn.Sequential(transition(d3 // 2 + e2, h2), dense(h2, 2))
        self.up1 = attention(d2, d2 // 2, "up")
        self.decoder1 = nn.Sequential(transition(d2 // 2 + e1, h1), dense(h1, 1))
        self.heads = ClassHeads(d1, targets, classes)

    def evaluate(self, x: Tensor) -> BrightnessOdds:
        """Scores for all of ``x``, with surroundings that are its mirror images."""
        margins = [(n // 2, n // 2) for n in x.shape[2:]]
        return self._scores(self._seen(mirrored(x, margins)))

    def evaluate_centre(self, surroundings: Tensor) -> BrightnessOdds:
        """Scores for the centre half of a patch with its true surroundings.

        Args:
            surroundings: (B, planes, 2Y, 2X), both multiples of 16.

        Returns:
            (B, targets, classes, Y, X).

        Raises:
            StackUnsuitable: Other dimensions or channels than the network was made for.
            UsageError: Sizes that do not divide by 16.
        """
        refuse_unfit(surroundings, self.needs, self.in_channels)
        if any(n % 16 for n in surroundings.shape[2:]):
            size = " × ".join(map(str, surroundings.shape[2:]))
            raise UsageError(
                f"This network cannot take patches of {size} pixels.",
                "Choose sizes that are multiples of 16, such as 256 × 256.",
            )
        return self._scores(self._seen(surroundings))

    def _seen(self, surroundings: Tensor) -> Tensor:
        if self._sees_scales:
            return multi_scale(surroundings)
        return centre(surroundings, [n // 2 for n in surroundings.shape[2:]])

    def _scores(self, scales: Tensor) -> BrightnessOdds:
        skip1 = self.encoder1(self.stem(scales))
        skip2 = self.encoder2(self.down1(skip1))
        skip3 = self.encoder3(self.down2(skip2))
        bottom = self.bottom(self.down3(skip3))
        level3 = self.decoder3(torch.cat([self.up3(bottom), skip3], dim=1))
        level2 = self.decoder2(torch.cat([self.up2(level3), skip2], dim=1))
        level1 = self.decoder1(torch.cat([self.up1(level2), skip1], dim=1))
        return BrightnessOdds(self.heads(level1))


def build(*, window: int = NEEDS.window, **parameters: int | float | bool) -> GlobalTransformerUNet:
    """The network of the ``gt_unet`` row: 6,542,914 parameters at its defaults.

    Raises:
        UsageError: Windows that cannot be halved three times.
    """
    if window % 8:
        raise UsageError(f"The window cannot be {window} pixels wide.", "Give a multiple of 8.")
    network = GlobalTransformerUNet(**parameters)  # type: ignore[arg-type]
    network.needs = msgspec.structs.replace(NEEDS, window=window)
    return network
