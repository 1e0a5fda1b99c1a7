"""The same network with its global operators computed in four ways, to compare what they cost.

``folded`` is what prediction does, ``unfolded`` what training does, ``direct`` the textbook form,
and ``plain`` leaves the attention out: the price of the convolutions alone.
"""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from gvtstudio.networks.layers.global_voxel_transformer import GlobalVoxelTransformer


class DirectOperator(GlobalVoxelTransformer):
    """Computes the keys and values of all voxels, and V Kᵀ from them."""

    def forward(self, x: Tensor, sums: Tensor | None = None) -> Tensor:
        activated = self.activation(x)
        query = self.query(activated)
        keys = self._per_head(self.key(activated))
        values = self._per_head(self.value(activated))
        voxels = query[0, 0].numel()
        product = values @ keys.mT / (voxels * math.sqrt(keys.shape[2]))
        attended = product.to(query.dtype) @ self._per_head(query)
        mixed = self.out(attended.reshape(query.shape))
        return mixed + (x if self.size == "same" else query)

    def _per_head(self, features: Tensor) -> Tensor:
        """``(B, C, *size) → (B, heads, C / heads, voxels)``."""
        return features.flatten(2).unflatten(1, (self.options.heads, -1))


class PlainOperator(nn.Module):
    """The query's convolution without attention."""

    def __init__(self, operator: GlobalVoxelTransformer) -> None:
        super().__init__()
        self.query = operator.query
        self.is_residual = operator.size == "same"

    def forward(self, x: Tensor) -> Tensor:
        query = self.query(functional.relu6(x))
        return x + query if self.is_residual else query


def variants(network: nn.Module) -> dict[str, nn.Module]:
    """Copies of a network in prediction mode by the way its operators are computed."""
    return {
        "folded": copy.deepcopy(network).eval(),
        "unfolded": _replaced(network, _unfolded),
        "direct": _replaced(network, _direct),
        "plain": _replaced(network, PlainOperator),
    }


def _unfolded(operator: GlobalVoxelTransformer) -> nn.Module:
    operator.training = True
    return operator


def _direct(operator: GlobalVoxelTransformer) -> nn.Module:
    operator.__class__ = DirectOperator
    return operator


def _replaced(
    network: nn.Module, change: Callable[[GlobalVoxelTransformer], nn.Module]
) -> nn.Module:
    changed = copy.deepcopy(network).eval()
    for name, layer in list(changed.named_modules()):
        if isinstance(layer, GlobalVoxelTransformer):
            changed.set_submodule(name, change(layer))
    return changed


def largest_difference(network: nn.Module, other: nn.Module, x: Tensor) -> float:
    """Between the restored images of two networks."""
    with torch.inference_mode():
        return float((network(x).mean - other(x).mean).abs().max())
