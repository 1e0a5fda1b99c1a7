"""Training against a discriminator, beside the loss of the task.

The discriminator D of the OT-cycleGAN (Park et al. 2021; a PatchGAN after Isola et al. 2017) judges
planes: of targets, which are real, and of what the network G made of the inputs x. With the least
squares of Mao et al. (2017), as in the published code (MODELS §6.4),

    L_G = loss(G(x), target) + w (D(G(x)) − 1)²
    L_D = ½ ((D(target) − 1)² + D(G(x))²)

First G does a step, then D. It makes restored planes look like good ones, which is no evidence that
what they show is there.
"""

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from gvtstudio.networks.layers.memory_format import channels_last, lay_out
from gvtstudio.networks.layers.network import Network
from gvtstudio.training.batches import Batch
from gvtstudio.training.learner import LoopSettings, Loss, SupervisedLearner, copied, set_rate

BETAS = (0.1, 0.999)
"""Of both Adams; the paper does not say, the published code has these (MODELS §6.4)."""
MOST_PLANES = 16
"""Judged in a step, drawn from all planes of the batch: more takes time and tells little more."""


class AdversarialLearner(SupervisedLearner):
    """Changes the weights of a network and of the discriminator of what it makes.

    Args:
        network: G, the one to be saved.
        discriminator: D, of images of one channel.
        loss: Of the task.
        settings: How to train; ``adversarial`` is the weight w.
    """

    betas = BETAS

    def __init__(
        self, network: Network, discriminator: nn.Module, loss: Loss, settings: LoopSettings
    ) -> None:
        super().__init__(network, loss, settings)
        lay_out(discriminator)
        adam = torch.optim.Adam(
            discriminator.parameters(), settings.learning_rate, betas=self.betas
        )
        self._judge, self._judge_optimizer = self._fabric.setup(discriminator, adam)
        self._weight = settings.adversarial

    def learn(self, batch: Batch, learning_rate: float, seed: int) -> float:
        """Do one step of the network and one of the discriminator; the network's loss.

        Args:
            batch: Input and target; what is not known of a target is NaN.
            learning_rate: Of this step.
            seed: Of dropout, and of the planes that are judged.

        Returns:
            NaN where a loss or a gradient was no number.
        """
        image, target = (self.fitted(patches) for patches in batch)
        for optimizer in (self._optimizer, self._judge_optimizer):
            set_rate(optimizer, learning_rate)
        torch.manual_seed(seed)
        self._network.train()
        answer = self._network(image)
        real, made = _chosen_planes(target, answer.mean, seed)
        loss = self._loss(answer, target)
        if len(real):
            with frozen(self._judge):
                loss = loss + self._weight * ((self._judge(made) - 1) ** 2).mean()
        if not self._stepped(loss, self._optimizer):
            return math.nan
        self._update_average()
        if len(real) and not self._stepped(self._mistaken(real, made), self._judge_optimizer):
            return math.nan
        return float(loss.detach())

    def state(self) -> dict[str, Any]:
        """Everything needed to go on exactly from here, as a copy."""
        judge = {
            "weights": copied(self._judge.module.state_dict()),
            "optimizer": copy.deepcopy(self._judge_optimizer.state_dict()),
        }
        return {**super().state(), "discriminator": judge}

    def go_on_from(self, state: dict[str, Any]) -> None:
        """Take up what ``state`` gave; it is left as it is."""
        super().go_on_from(state)
        judge = state["discriminator"]
        self._judge.load_state_dict(judge["weights"])
        self._judge_optimizer.load_state_dict(copy.deepcopy(judge["optimizer"]))

    def _mistaken(self, real: Tensor, made: Tensor) -> Tensor:
        """How far the discriminator is from telling what was made from what is real."""
        right: Tensor = ((self._judge(real) - 1) ** 2).mean()
        wrong: Tensor = (self._judge(made.detach()) ** 2).mean()
        return 0.5 * (right + wrong)


def _chosen_planes(target: Tensor, answer: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Some planes of both, the same ones, (N, 1, Y, X); none that is not wholly known."""
    real, made = (t.flatten(0, -3)[:, None] for t in (target, answer))
    known = torch.nonzero(torch.isfinite(real).flatten(1).all(1)).flatten()
    order = torch.randperm(len(known), generator=torch.Generator().manual_seed(seed))
    chosen = known[order[:MOST_PLANES].to(known.device)]
    return channels_last(real[chosen]), channels_last(made[chosen])


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Inside, the module's weights get no gradient."""
    module.requires_grad_(requires_grad=False)
    try:
        yield
    finally:
        module.requires_grad_(requires_grad=True)
