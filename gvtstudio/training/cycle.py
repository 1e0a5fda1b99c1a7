"""The OT-cycleGAN: a generator that learns to sharpen from discriminators, without any target.

Source: Park et al. 2021, "Deep learning enables reference-free isotropic super-resolution for
volumetric fluorescence microscopy", Methods; constants as in the published code (MODELS §6.4).

The generator G makes of a measured cube y one that should be as sharp along Z as across it, the
backward generator F blurs that again. Discriminators D compare planes of G(y), in all three
directions, with measured XY planes, others planes of F(G(y)) with the same planes of y:

    L_G = Σ ⅓ (D(plane of G(y)) − 1)² + Σ ⅓ (D(plane of F(G(y))) − 1)² + λ |F(G(y)) − y|
    L_D = Σ ½ ((D(real) − 1)² + D(fake)²)

First G and F do a step, then all discriminators.

F undoes whatever G does, also an inversion of light and dark, and new weights invert as often as
not. Ours may therefore begin with some steps in which G and F only learn to leave the stack as it
is, with λ (|G(y) − y| + |F(G(y)) − y|) as their loss.
"""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gvtstudio.networks.layers.memory_format import channels_last, lay_out
from gvtstudio.networks.layers.network import Network
from gvtstudio.training.adversarial import BETAS, frozen
from gvtstudio.training.batches import Batch
from gvtstudio.training.learner import LoopSettings, Loss, SupervisedLearner, copied, set_rate
from gvtstudio.training.planes import PLANES, Views

Judged = dict[str, Tensor]
"""Name of a plane → what is seen of it."""


@dataclass(frozen=True, slots=True)
class Partners:
    """What the generator learns with.

    Args:
        backward: F, which blurs what the generator made.
        sharpness: Kind of planes → the discriminator that tells restored from measured sharp ones.
        faithfulness: Kind of planes → the one that tells those blurred again from measured ones.
        views: What the discriminators see.
        cycle_weight: λ.
        warm_up: Steps at the beginning in which nothing is sharpened; 0 as published.
        adapts: Whether G has learned already: in the first steps F alone learns to undo it.
    """

    backward: Network
    sharpness: Mapping[str, nn.Module]
    faithfulness: Mapping[str, nn.Module]
    views: Views
    cycle_weight: float
    warm_up: int = 0
    adapts: bool = False


class CycleLearner(SupervisedLearner):
    """Changes the weights of a generator and of all its partners, a batch of cubes at a time.

    Args:
        network: G, the one to be saved.
        partners: The others.
        loss: Of the cycle: what F makes of G(y), and y.
        settings: How to train.
    """

    betas = BETAS

    def __init__(
        self, network: Network, partners: Partners, loss: Loss, settings: LoopSettings
    ) -> None:
        super().__init__(network, loss, settings)
        self._views = partners.views
        self._cycle_weight = partners.cycle_weight
        self._warm_up = partners.warm_up
        self._adapts = partners.adapts
        self._steps = 0
        judges = nn.ModuleDict(
            {
                f"{what} {kind}": judge
                for what, each in (
                    ("sharpness", partners.sharpness),
                    ("faithfulness", partners.faithfulness),
                )
                for kind, judge in each.items()
            }
        )
        for module in (partners.backward, judges):
            lay_out(module)
        self._backward_generator = self._fabric.setup_module(partners.backward)
        self._judges = {name: self._fabric.setup_module(judge) for name, judge in judges.items()}
        self._all_judges = judges
        # one for both generators: where gradients are scaled, they are for one optimiser
        generators = nn.ModuleList((network, partners.backward))
        self._optimizer = self._adam(generators, settings.learning_rate)
        self._judges_optimizer = self._adam(judges, settings.learning_rate)

    def learn(self, batch: Batch, learning_rate: float, seed: int) -> float:
        """Do one step of the generators and one of the discriminators; the generators' loss.

        Args:
            batch: Measured cubes, and cubes whose XY planes are to be looked like.
            learning_rate: Of this step.
            seed: Of the planes that are looked at.

        Returns:
            NaN where a loss or a gradient was no number.
        """
        measured, sharp = (self.fitted(cubes) for cubes in batch)
        for optimizer in (self._optimizer, self._judges_optimizer):
            set_rate(optimizer, learning_rate)
        torch.manual_seed(seed)
        chance = torch.Generator().manual_seed(seed)
        self._network.train()
        if self._steps < self._warm_up:
            loss = self._leave_as_it_is(measured)
        else:
            loss = self._compete(measured, sharp, chance)
        if math.isfinite(loss):
            self._steps += 1
            self._update_average()
        return loss

    def _leave_as_it_is(self, measured: Tensor) -> float:
        """A step of both generators, without any discriminator."""
        restored = self._network(measured)
        if self._adapts:
            loss = self._loss(self._backward_generator(restored.mean.detach()), measured)
        else:
            loss = self._loss(restored, measured) + self._loss(self._blur_again(restored), measured)
        loss = self._cycle_weight * loss
        return float(loss.detach()) if self._stepped(loss, self._optimizer) else math.nan

    def _compete(self, measured: Tensor, sharp: Tensor, chance: torch.Generator) -> float:
        """A step of both generators, then one of all discriminators."""
        restored = self._network(measured)
        again = self._blur_again(restored)
        seen = {p: self._views.restored(restored.mean, p, chance) for p in PLANES}
        blurred = {p: self._views.single(again.mean, p, chance) for p in PLANES}
        with frozen(self._all_judges):
            loss = self._cycle_weight * self._loss(again, measured)
            loss = loss + self._deceived("sharpness", seen)
            loss = loss + self._deceived("faithfulness", blurred)
        if not self._stepped(loss, self._optimizer):
            return math.nan
        real = {p: self._views.sharp(sharp, chance) for p in PLANES}
        wrong = self._wrong("sharpness", real, seen)
        real = {p: self._views.single(measured, p, chance) for p in PLANES}
        wrong = wrong + self._wrong("faithfulness", real, blurred)
        return float(loss.detach()) if self._stepped(wrong, self._judges_optimizer) else math.nan

    def _blur_again(self, restored: Any) -> Any:
        return self._backward_generator(restored.mean)

    def blurred(self, restored: Tensor) -> Tensor:
        """What the backward generator makes of restored cubes (B, C, Z, Y, X)."""
        answer: Tensor = self._backward_generator(self.fitted(restored)).mean
        return answer

    def state(self) -> dict[str, Any]:
        """Everything needed to go on exactly from here, as a copy."""
        partners = {
            "backward": copied(self._backward_generator.module.state_dict()),
            "judges": copied(self._all_judges.state_dict()),
            "optimizer of judges": copy.deepcopy(self._judges_optimizer.state_dict()),
            "steps": self._steps,
        }
        return {**super().state(), "partners": partners}

    def go_on_from(self, state: dict[str, Any]) -> None:
        """Take up what ``state`` gave; it is left as it is."""
        super().go_on_from(state)
        partners = state["partners"]
        self._backward_generator.load_state_dict(partners["backward"])
        self._all_judges.load_state_dict(partners["judges"])
        self._judges_optimizer.load_state_dict(copy.deepcopy(partners["optimizer of judges"]))
        self._steps = partners["steps"]

    def _deceived(self, what: str, made: Judged) -> Tensor:
        """How far the discriminators are from taking what was made for real."""
        answers = (self._judgement(what, plane, image) for plane, image in made.items())
        return torch.stack([((answer - 1) ** 2).mean() for answer in answers]).mean()

    def _wrong(self, what: str, real: Judged, made: Judged) -> Tensor:
        """How far the discriminators are from telling what was made from what is real."""
        losses = []
        for plane, image in real.items():
            right = (self._judgement(what, plane, image) - 1) ** 2
            other = self._judgement(what, plane, made[plane].detach()) ** 2
            losses.append(0.5 * (right.mean() + other.mean()))
        return torch.stack(losses).sum()

    def _judgement(self, what: str, plane: str, image: Tensor) -> Tensor:
        kind = self._views.kinds[plane]
        answer: Tensor = self._judges[f"{what} {kind}"](channels_last(image))
        return answer

    def _adam(self, module: nn.Module, rate: float) -> Any:
        adam = torch.optim.Adam(module.parameters(), rate, betas=self.betas)
        return self._fabric.setup_optimizers(adam)
