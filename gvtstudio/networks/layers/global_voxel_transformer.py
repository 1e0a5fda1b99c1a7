"""Global voxel transformer operators (GVTO): every output voxel sees the whole volume.

For an activated input h of n voxels and a query q of N voxels, per head of d channels:

    Y = residual + W_o · V (Kᵀ q) / (N √d) + b_o      K = W_k h + b_k,   V = W_v h + b_v

There is no softmax, so the product can be taken the other way round, (V Kᵀ) q, and the N × n
attention map never exists. Nor do K and V: with a constant 1 below every voxel, ĥ = [h; 1],
Ŵ = [W b], their product follows from one sum over the volume, the Gram matrix of ĥ,

    V Kᵀ = Ŵ_v (Σ ĥ ĥᵀ) Ŵ_kᵀ                          (c + 1) × (c + 1), additive over tiles

and the operator is a mixture T = W_o V Kᵀ / (N √d) of the query's channels. For training T is
applied to the query. For prediction it is **folded** into the convolution W_q that makes the query,
so that the whole operator costs one Gram matrix and one convolution.

Source: Wang, Xie & Ji (2021), "Global voxel transformer networks for augmented microscopy", Fig. 1
and Methods. As in the networks that were really trained, and beyond the paper's formula, the query
is scaled by 1/√d, the result passes a 1-wide convolution with bias, and N counts the voxels of the
query (MODELS §2.1; §13 rows 2 and 3). AEANets add shared references, see ``attention_keys``.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from gvtstudio.domain.errors import UsageError
from gvtstudio.networks.layers.attention_keys import SharedReferences, keys_of_batch
from gvtstudio.networks.layers.barrier import Barrier
from gvtstudio.networks.layers.convolutions import (
    Convolution,
    DoublingConvolution,
    HalvingConvolution,
    convolution,
    mixed_outputs,
)
from gvtstudio.networks.layers.gram import gram_matrix
from gvtstudio.networks.layers.normalization import PreActivation
from gvtstudio.networks.layers.tracing import is_traced

Size = Literal["same", "down", "up", "up4"]

_QUERY = {"down": HalvingConvolution, "up": DoublingConvolution}


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """What distinguishes the operators of the papers.

    Args:
        heads: Independent operators side by side.
        version: What ``down`` and ``up`` add: v1 a (transposed) convolution of its own, v2 the
            query.
        normalised: Whether batch norm comes before the activation.
        references: Learned voxels of the AEANets that every image attends to as well.
        is_batch_aware: Whether half of each training batch attends to all its images together.
        divide_by: Which voxels N counts: the query's (GVTNets) or the keys' (AEANets).
    """

    heads: int = 1
    version: Literal["v1", "v2"] = "v2"
    normalised: bool = False
    references: int = 0
    is_batch_aware: bool = False
    divide_by: Literal["queries", "keys"] = "queries"


class GlobalVoxelTransformer(Barrier):
    """One operator that keeps, halves, doubles or quadruples the size.

    Args:
        dims: 2 or 3 spatial dimensions.
        in_channels: Of the input.
        out_channels: Of the output; must be a multiple of the heads.
        size: ``same`` adds the input; ``down`` halves and ``up`` doubles every axis; ``up4`` takes
            the nearest voxel of its activated input as query, four times as many in Y and X.
        options: What distinguishes the papers' operators.

    Raises:
        UsageError: Channels that do not divide by the heads.
        ValueError: ``same`` or ``up4`` with other output than input channels.
    """

    def __init__(
        self,
        dims: int,
        in_channels: int,
        out_channels: int,
        *,
        size: Size = "same",
        options: GlobalOptions | None = None,
    ) -> None:
        super().__init__()
        self.options = options or GlobalOptions()
        heads = self.options.heads
        if out_channels % heads:
            raise UsageError(
                f"{out_channels} channels do not divide into {heads} heads.",
                "Choose a number of heads that divides the channels.",
            )
        if size in ("same", "up4") and in_channels != out_channels:
            raise ValueError(f'a "{size}" operator keeps the number of channels')
        self.size = size
        self.activation = PreActivation(dims, in_channels, normalised=self.options.normalised)
        self.query = _query(dims, in_channels, out_channels, size)
        self.key = convolution(dims, in_channels, out_channels, kernel=1, bias=True)
        self.value = convolution(dims, in_channels, out_channels, kernel=1, bias=True)
        self.out = convolution(dims, out_channels, out_channels, kernel=1, bias=True)
        has_shortcut = size in _QUERY and self.options.version == "v1"
        self.shortcut = _QUERY[size](dims, in_channels, out_channels) if has_shortcut else None
        self.references = SharedReferences(self.options.references, in_channels)
        self._query_share = {"same": 1, "down": 0.5**dims, "up": 2**dims, "up4": 16}[size]

    def sums(self, x: Tensor) -> Tensor:
        """Gram matrix Σ ĥ ĥᵀ of the activated input, ``(B, c + 1, c + 1)``."""
        return gram_matrix(self.activation(x))

    def forward(self, x: Tensor, sums: Tensor | None = None) -> Tensor:
        """``(B, C_in, *size) → (B, C_out, *new size)``."""
        activated = self.activation(x)
        mixture = self.mixture(gram_matrix(activated) if sums is None else sums)
        # convolutions with weights that are computed cannot be traced
        if self.training or is_traced():
            return self._mixed_query(x, activated, mixture)
        if len(mixture) == 1:
            return self._folded(x, activated, mixture[0])
        pieces = zip(torch.split(x, 1), torch.split(activated, 1), mixture, strict=True)
        return torch.cat([self._folded(*piece) for piece in pieces])

    def mixture(self, sums: Tensor) -> Tensor:
        """T = W_o V Kᵀ / (N √d), ``(B, C_out, C_out)``, in at least float32."""
        with torch.autocast(sums.device.type, enabled=False):
            keys = self._keys(sums)
            product = _with_bias(self.value) @ keys @ _with_bias(self.key).mT
            channels = product.shape[-1]
            depth = channels // self.options.heads
            head = torch.arange(channels, device=product.device) // depth
            product = product * (head[:, None] == head)
            counted = keys if self.options.divide_by == "keys" else sums * self._query_share
            divisor = counted[:, -1:, -1:] * math.sqrt(depth)
            mixture: Tensor = self.out.weight.flatten(1) @ (product / divisor)
            return mixture

    def _keys(self, sums: Tensor) -> Tensor:
        """What is attended to: the image itself, all images of the batch, or references too."""
        if self.training and self.options.is_batch_aware:
            return keys_of_batch(sums, self.references)
        keys: Tensor = self.references(sums)
        return keys

    def _mixed_query(self, x: Tensor, activated: Tensor, mixture: Tensor) -> Tensor:
        query: Tensor = activated if self.query is None else self.query(activated)
        attended = _mixed(query, mixture, self._out_bias())
        if self.size == "same":
            return torch.add(x, attended)
        if self.size == "up4":
            return _quadrupled(query + attended)
        residual: Tensor = query if self.shortcut is None else self.shortcut(activated)
        return torch.add(attended, residual)

    def _out_bias(self) -> Tensor:
        assert self.out.bias is not None
        return self.out.bias

    def _folded(self, x: Tensor, activated: Tensor, mixture: Tensor) -> Tensor:
        """One convolution whose weights hold the attention: (I + T) W_q for v2."""
        if self.size == "up4" or (self.size != "same" and self.shortcut is None):
            mixture = mixture + torch.eye(len(mixture), dtype=mixture.dtype, device=x.device)
        if self.query is None:
            return _quadrupled(_mixed(activated, mixture, self._out_bias()))
        weights = mixed_outputs(self.query, mixture)
        for name, parameter in weights.items():
            if parameter.ndim == 1:
                weights[name] = parameter + self._out_bias()
            elif self.shortcut is not None:
                weights[name] = parameter + self.shortcut.get_parameter(name)
        transformed: Tensor = functional_call(self.query, weights, activated)
        return x + transformed if self.size == "same" else transformed


def _query(dims: int, in_channels: int, out_channels: int, size: Size) -> nn.Module | None:
    if size == "up4":
        return None
    if size == "same":
        return convolution(dims, in_channels, out_channels, kernel=1, bias=True)
    query: nn.Module = _QUERY[size](dims, in_channels, out_channels, bias=True)
    return query


def _with_bias(layer: Convolution) -> Tensor:
    """Ŵ = [W b] of a 1-wide convolution, ``(C_out, C_in + 1)``."""
    assert layer.bias is not None
    return torch.cat([layer.weight.flatten(1), layer.bias[:, None]], dim=1)


def _mixed(x: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
    """A 1-wide convolution with these weights."""
    mixed = (matrix.to(x.dtype) @ x.flatten(2)).reshape(x.shape)
    return mixed + bias.reshape(-1, *[1] * (x.ndim - 2)).to(x.dtype)


def _quadrupled(x: Tensor) -> Tensor:
    """The nearest voxel, four times as many in Y and X."""
    return x.repeat_interleave(4, dim=-2).repeat_interleave(4, dim=-1)
