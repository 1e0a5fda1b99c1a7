"""Noise2Fast, a small network that learns from the image it denoises.

Source: Lequyer et al. 2022, "A fast blind zero-shot denoiser", Methods; constants as in its
software (MODELS §7.3).

| layer | operator | channels |
|---|---|---|
| features | 8 × (convolution 3, ReLU) | 1 → 64 |
| head | convolution 1 | 64 → 1 |

All convolutions have a bias and PyTorch's default initialisation. The authors' program for stacks
normalises planes by mean and standard deviation and leaves the output as it is (mean squared
error); that for single images normalises by minimum and maximum and ends in a sigmoid (binary cross
entropy).
"""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.networks.noise2fast.spec import CONVOLUTIONS, NEEDS

OutputActivation = Literal["linear", "sigmoid"]


class Noise2Fast(Network):
    """``(B, C, Y, X) → Restored``.

    Args:
        in_channels: Of the image, which is also what is predicted.
        features: Channels of every layer.
        output: ``sigmoid`` keeps it between 0 and 1.
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        features: int = 64,
        output: OutputActivation = "linear",
    ) -> None:
        super().__init__(NEEDS, in_channels)
        self.output = output
        layers: list[nn.Module] = []
        for pair in pairwise([in_channels] + [features] * CONVOLUTIONS):
            layers += [nn.Conv2d(*pair, 3, padding=1), nn.ReLU(inplace=True)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Conv2d(features, in_channels, 1)

    def evaluate(self, x: Tensor) -> Restored:
        """The restored image in the units of the (normalised) input."""
        mean: Tensor = self.head(self.features(x))
        return Restored(torch.sigmoid(mean) if self.output == "sigmoid" else mean)


def build(**parameters: int | str) -> Noise2Fast:
    """The network of the ``noise2fast`` row: 259,201 parameters at its defaults."""
    return Noise2Fast(**parameters)  # type: ignore[arg-type]
