"""One network with its optimiser: what happens in a step (Lightning Fabric: device, precision)."""

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from lightning_fabric import Fabric
from torch import Tensor

from gvtstudio.domain.job import Precision
from gvtstudio.networks.layers.checkpointing import recompute_in_backward
from gvtstudio.networks.layers.memory_format import channels_last, lay_out
from gvtstudio.networks.layers.network import Network
from gvtstudio.training.batches import Batch
from gvtstudio.training.covering_walk import Patch3
from gvtstudio.training.team import ALONE, Team

FABRIC_PRECISION = {"float32": "32-true", "bfloat16": "bf16-mixed", "float16": "16-mixed"}
BETAS = (0.9, 0.999)
"""Of Adam, as in the trained denoising graphs (MODELS §13 row 4)."""
SEEDS_OF_A_RANK = 1 << 40
"""Between those of the processes of a team: more than the steps of any training."""

Loss = Callable[[Any, Tensor], Tensor]
"""(what the network says, target) → one number."""


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """How to train.

    Args:
        steps: Changes of the weights.
        minutes: Time limit of this run, 0 for none.
        batch_size: Patches per step.
        patch: (Z, Y, X) voxels.
        learning_rate: Of Adam at its highest.
        schedule: Row of ``SCHEDULES``.
        loss: Row of ``LOSSES``, or the task's own word for what it makes small.
        validation_every: Steps.
        seed: Of everything random.
        device: ``cpu``, ``cuda:0`` …
        precision: Key of ``FABRIC_PRECISION``.
        saves_memory: Whether activations are computed twice instead of kept.
        gradient_clip: Longest gradient, 0 for any.
        weight_averaging: Share of the average that stays in each step, 0 for no average.
        augmentation: Row of ``AUGMENTATIONS``, or none.
        workers: Threads that draw the next batches.
        patience: Validations without a better one after which the training ends, 0 for never.
        adversarial: Weight of what a discriminator says, 0 for none.
    """

    steps: int
    minutes: float
    batch_size: int
    patch: Patch3
    learning_rate: float
    schedule: str
    loss: str
    validation_every: int
    seed: int
    device: str
    precision: Precision
    saves_memory: bool = False
    gradient_clip: float = 0.0
    weight_averaging: float = 0.0
    augmentation: str = "flips-and-turns"
    workers: int = 1
    patience: int = 0
    adversarial: float = 0.0


class Learner(Protocol):
    """What a training loop drives: one network to be saved, and whatever it learns with."""

    def learn(self, batch: Batch, learning_rate: float, seed: int) -> float:
        """Do one step; the loss, or NaN where nothing was learned because it was no number."""
        ...

    def __call__(self, image: Tensor) -> Any:
        """What the network says of an input (B, C, Z, Y, X)."""
        ...

    def fitted(self, patches: Tensor) -> Tensor:
        """(B, C, Z, Y, X) as the network's answer has them, on its device."""
        ...

    def answering(self) -> AbstractContextManager[None]:
        """Inside, the network is as it would be saved, and learns nothing."""
        ...

    def weights(self) -> dict[str, Tensor]:
        """The weights as they would be saved, on the processor."""
        ...

    def state(self) -> dict[str, Any]:
        """Everything needed to go on exactly from here, as a copy."""
        ...

    def go_on_from(self, state: dict[str, Any]) -> None:
        """Take up what ``state`` gave; it is left as it is."""
        ...


class SupervisedLearner:
    """Changes the weights of one network, a batch of inputs and targets at a time.

    Args:
        network: With new weights, or those of the model to fine-tune.
        loss: What to make small.
        settings: How to train.
        team: Others that do the same with their share of every batch.
    """

    betas = BETAS

    def __init__(
        self, network: Network, loss: Loss, settings: LoopSettings, team: Team = ALONE
    ) -> None:
        kind, _, index = settings.device.partition(":")
        precision: Any = FABRIC_PRECISION[settings.precision]
        self._fabric = Fabric(
            accelerator=kind,
            devices=[int(index or 0)] if kind == "cuda" else 1,
            precision=precision,
        )
        self._dims = network.needs.dims
        lay_out(network)
        if settings.saves_memory:
            recompute_in_backward(network)
        optimizer = torch.optim.Adam(network.parameters(), settings.learning_rate, betas=self.betas)
        self._network, self._optimizer = self._fabric.setup(network, optimizer)
        self._team = team
        self._loss = loss
        self._clip = settings.gradient_clip
        # with half precision of this kind gradients are scaled, and steps that overflow left out
        self._may_overflow = settings.precision == "float16"
        self._averaging = settings.weight_averaging
        self._average = self._own_weights() if self._averaging else {}
        self._updates = 0

    def learn(self, batch: Batch, learning_rate: float, seed: int) -> float:
        """Do one step; the loss, or NaN where nothing was learned because it was no number.

        Args:
            batch: Input and target.
            learning_rate: Of this step.
            seed: Of dropout.
        """
        image, target = (self.fitted(patches) for patches in batch)
        set_rate(self._optimizer, learning_rate)
        torch.manual_seed(seed + self._team.rank * SEEDS_OF_A_RANK)
        self._network.train()
        loss = self._loss(self._network(image), target)
        if not self._stepped(loss, self._optimizer):
            return math.nan
        self._update_average()
        return self._team.mean(float(loss.detach()))

    def __call__(self, image: Tensor) -> Any:
        """What the network says of an input (B, C, Z, Y, X)."""
        return self._network(self.fitted(image))

    def fitted(self, patches: Tensor) -> Tensor:
        """(B, C, Z, Y, X) on the device; for a network of images the planes become the batch."""
        if self._dims == 2 and patches.ndim == 5:
            patches = patches.transpose(1, 2).flatten(0, 1)
        return channels_last(patches.to(self._fabric.device))

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Inside, the network is as it would be saved, and learns nothing."""
        own = self._own_weights() if self._averaging else {}
        self._network.eval()
        try:
            if own:
                self._network.module.load_state_dict(self._average)
            with torch.inference_mode():
                yield
        finally:
            if own:
                self._network.module.load_state_dict(own)

    def weights(self) -> dict[str, Tensor]:
        """The weights as they would be saved, on the processor."""
        return copied(self._average or self._network.module.state_dict())

    def state(self) -> dict[str, Any]:
        """Everything needed to go on exactly from here, as a copy."""
        return {
            "weights": copied(self._network.module.state_dict()),
            "optimizer": copy.deepcopy(self._optimizer.state_dict()),
            "average": copied(self._average),
            "updates": self._updates,
            "precision": dict(self._fabric.strategy.precision.state_dict()),
        }

    def go_on_from(self, state: dict[str, Any]) -> None:
        """Take up what ``state`` gave; it is left as it is."""
        self._network.load_state_dict(state["weights"])
        # loading keeps the tensors it is given where they need not be moved
        self._optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
        device = self._fabric.device
        self._average = {name: t.to(device, copy=True) for name, t in state["average"].items()}
        self._updates = state["updates"]
        self._fabric.strategy.precision.load_state_dict(state["precision"])

    def _stepped(self, loss: Tensor, optimizer: Any) -> bool:
        """Whether loss and gradient were numbers; if they were not, nothing is learned."""
        if not math.isfinite(self._team.mean(float(loss.detach()))):
            return False
        optimizer.zero_grad(set_to_none=True)
        self._fabric.backward(loss)
        self._team.average(_gradients(optimizer))
        if not self._gradient_is_finite(optimizer):
            return False
        optimizer.step()
        return True

    def _gradient_is_finite(self, optimizer: Any) -> bool:
        """Whether the gradient is a number; a long one is shortened on the way."""
        if self._clip:
            # which module is given makes no difference: the weights are those of the optimiser
            norm = self._fabric.clip_gradients(
                self._network, optimizer, max_norm=self._clip, error_if_nonfinite=False
            )
        else:
            norm = torch.nn.utils.get_total_norm(_gradients(optimizer))
        return self._may_overflow or (norm is not None and math.isfinite(float(norm)))

    def _update_average(self) -> None:
        """``average ← d · average + (1 − d) · weights``, at first with a smaller d."""
        if not self._averaging:
            return
        self._updates += 1
        # so that the weights it began with are soon forgotten
        kept = min(self._averaging, (1 + self._updates) / (10 + self._updates))
        with torch.no_grad():
            for name, tensor in self._network.module.state_dict().items():
                if tensor.is_floating_point():
                    self._average[name].lerp_(tensor, 1 - kept)
                else:
                    self._average[name].copy_(tensor)

    def _own_weights(self) -> dict[str, Tensor]:
        weights = self._network.module.state_dict()
        return {name: tensor.detach().clone() for name, tensor in weights.items()}


def set_rate(optimizer: Any, learning_rate: float) -> None:
    """Give an optimiser the learning rate of a step."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def _gradients(optimizer: Any) -> list[Tensor]:
    """Of all weights that an optimiser changes."""
    weights = (p for group in optimizer.param_groups for p in group["params"])
    return [p.grad for p in weights if p.grad is not None]


def copied(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same weights, on the processor and apart from what is learned further."""
    return {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}
