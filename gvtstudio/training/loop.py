"""One training loop for every task (Lightning Fabric chooses device and precision).

Nothing random is kept between steps: the batch of step n is drawn from (seed, n). A training that
was interrupted and resumed on the same processor therefore ends with the same bits.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from gvtstudio.domain.errors import Cancelled, InputRefused
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.networks.layers.checkpointing import recompute_in_backward
from gvtstudio.networks.layers.memory_format import channels_last, lay_out
from gvtstudio.networks.layers.network import Network
from gvtstudio.training.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from gvtstudio.training.losses import LOSSES
from gvtstudio.training.patches import Patch3, PatchSource, draw_batch
from gvtstudio.training.schedules import SCHEDULES

FABRIC_PRECISION = {"float32": "32-true", "bfloat16": "bf16-mixed", "float16": "16-mixed"}
SEED_STRIDE = 1_000_003
BETAS = (0.9, 0.999)
"""Of Adam, as in the trained denoising graphs (MODELS §13 row 4)."""

ValidationPair = tuple[Tensor, Tensor]
Report = Callable[[int, int, dict[str, float] | None], None]


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
        loss: Row of ``LOSSES``.
        validation_every: Steps.
        seed: Of everything random.
        device: ``cpu``, ``cuda:0`` …
        precision: Key of ``FABRIC_PRECISION``.
        saves_memory: Whether activations are computed twice instead of kept.
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
    precision: str
    saves_memory: bool = False


class TrainingLoop:
    """Trains one network from one source of patches.

    Args:
        network: With new weights, or those of the model to fine-tune.
        source: Where batches come from.
        validation: Normalised (1, 1, Z, Y, X) pairs that are never trained on.
        settings: How to train.
        folder: For the checkpoint.
        fingerprint: Identifies this training; see ``TrainingState``.
    """

    def __init__(
        self,
        network: Network,
        source: PatchSource,
        validation: Sequence[ValidationPair],
        settings: LoopSettings,
        *,
        folder: Path,
        fingerprint: str,
    ) -> None:
        self._settings = settings
        self._source = source
        self._folder = folder
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
        optimizer = torch.optim.Adam(network.parameters(), settings.learning_rate, betas=BETAS)
        self._network, self._optimizer = self._fabric.setup(network, optimizer)
        self._loss = load_callable(look_up(LOSSES, "loss", settings.loss))
        self._schedule = load_callable(look_up(SCHEDULES, "schedule", settings.schedule))
        self._validation = [tuple(self._fitted(t) for t in pair) for pair in validation]
        self._state = TrainingState(
            0, {}, {}, _copied(network.state_dict()), float("inf"), 0, [], fingerprint
        )

    def resume(self) -> bool:
        """Go on from the checkpoint in the folder; ``False`` where there is none.

        Raises:
            FileUnreadable: It is damaged or belongs to another training.
        """
        state = load_checkpoint(self._folder, self._state.fingerprint)
        if state is None:
            return False
        self._state = state
        self._network.load_state_dict(state.weights)
        self._optimizer.load_state_dict(state.optimizer)
        return True

    def run(self, report: Report) -> TrainingState:
        """Train to the end or to the time limit, and keep the best weights.

        Args:
            report: Called after every step with (done, total, scores or None); may raise
                ``Cancelled``, which saves a checkpoint and passes on.

        Raises:
            Cancelled: The user stopped; the checkpoint holds everything.
            InputRefused: The loss is not finite any more.
        """
        total = self._settings.steps
        deadline = time.monotonic() + 60 * (self._settings.minutes or float("inf"))
        try:
            while self._state.step < total and time.monotonic() < deadline:
                loss = self._train_step()
                at_end = self._state.step == total or time.monotonic() >= deadline
                scores = None
                if at_end or self._state.step % self._settings.validation_every == 0:
                    scores = {"loss": loss, **self._validated()}
                    self._save()
                report(self._state.step, total, scores)
        except Cancelled:
            self._save()
            raise
        return self._state

    def _train_step(self) -> float:
        settings, step = self._settings, self._state.step
        generator = torch.Generator().manual_seed(settings.seed * SEED_STRIDE + step)
        image, target = draw_batch(self._source, settings.batch_size, settings.patch, generator)
        for group in self._optimizer.param_groups:
            group["lr"] = settings.learning_rate * self._schedule(step / settings.steps)
        torch.manual_seed(settings.seed * SEED_STRIDE + step)  # of dropout
        self._network.train()
        loss = self._loss(self._network(self._fitted(image)), self._fitted(target))
        value = float(loss.detach())
        if not torch.isfinite(loss.detach()):
            raise InputRefused(
                f"The training diverged at step {step + 1}: the loss is no number any more.",
                "Lower the learning rate, or look for extreme values in the pairs.",
            )
        self._optimizer.zero_grad(set_to_none=True)
        self._fabric.backward(loss)
        self._optimizer.step()
        self._state.step += 1
        return value

    def _validated(self) -> dict[str, float]:
        """Mean absolute error and PSNR over the validation pairs; remembers the best weights."""
        errors, powers = [], []
        self._network.eval()
        with torch.inference_mode():
            for image, target in self._validation:
                difference = (self._network(image).mean - target).float()
                errors.append(float(difference.abs().mean()))
                powers.append(float((difference**2).mean()))
        count = max(len(errors), 1)
        score = sum(errors) / count
        power = sum(powers) / count
        if score < self._state.best_score or not errors:
            self._state.best_score = score
            self._state.best_step = self._state.step
            self._state.best_weights = _copied(self._network.module.state_dict())
        scores = {"validation_mae": score}
        if power > 0:
            scores["validation_psnr_db"] = float(-10 * torch.log10(torch.tensor(power)))
        self._state.history.append({"step": float(self._state.step), **scores})
        return scores

    def _fitted(self, patches: Tensor) -> Tensor:
        """(B, C, Z, Y, X) on the device; for a network of images the planes become the batch."""
        if self._dims == 2:
            patches = patches.transpose(1, 2).flatten(0, 1)
        return channels_last(patches.to(self._fabric.device))

    def _save(self) -> None:
        self._state.weights = _copied(self._network.module.state_dict())
        self._state.optimizer = self._optimizer.state_dict()
        save_checkpoint(self._folder, self._state)


def _copied(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}
