"""The weights an OT-cycleGAN starts from."""

from typing import TypeVar

from torch import nn

from gvtstudio.networks.layers.convolutions import Convolution, TransposedConvolution

Module = TypeVar("Module", bound=nn.Module)


def kaiming_normal(module: Module) -> Module:
    """Normal weights of variance 2 / fan-in and zero biases in every convolution of a module.

    Source: Park et al. (2021), Methods; the published code does it only when asked (MODELS §13
    row 36).
    """
    for layer in module.modules():
        if isinstance(layer, Convolution | TransposedConvolution):
            nn.init.kaiming_normal_(layer.weight, a=0, mode="fan_in")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return module
