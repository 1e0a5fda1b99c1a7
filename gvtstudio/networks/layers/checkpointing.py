"""Training on small cards: activations are computed twice instead of kept.

Each stage of a network keeps only its input; what happened inside is computed again on the way
back (Chen et al. 2016, "Training deep nets with sublinear memory cost"). Gradients are the same,
a step takes about a third longer.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from gvtstudio.networks.layers.network import Network

Context = AbstractContextManager[None]


def recompute_in_backward(network: nn.Module) -> None:
    """From now on, every stage of this network is computed again for its gradient."""
    for stage in _stages(network):
        stage.forward = _checkpointed(stage, stage.forward)


def _stages(network: nn.Module) -> Iterator[nn.Module]:
    for child in network.children():
        if isinstance(child, nn.ModuleList | nn.ModuleDict | Network):
            yield from _stages(child)
        else:
            yield child


def _checkpointed(stage: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
    def forward_twice(*tensors: Any) -> Any:
        if not torch.is_grad_enabled():
            return forward(*tensors)
        return checkpoint(
            forward, *tensors, use_reentrant=False, context_fn=lambda: _contexts(stage)
        )

    return forward_twice


def _contexts(stage: nn.Module) -> tuple[Context, Context]:
    return nullcontext(), _frozen_statistics(stage)


@contextmanager
def _frozen_statistics(stage: nn.Module) -> Iterator[None]:
    """The second time, batch norms must not count the same batch again."""
    norms = [module for module in stage.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
