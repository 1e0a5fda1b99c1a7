"""Small trainings, and somebody who hears of them."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from gvtstudio.domain.messages import Message, Progress
from gvtstudio.domain.specs import load_callable
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.networks.gvtnet_denoising.net import build_3d
from gvtstudio.networks.patchgan_discriminator.net import PatchganDiscriminator
from gvtstudio.training.adversarial import AdversarialLearner
from gvtstudio.training.batches import PatchBatches
from gvtstudio.training.checkpoint import TrainingState
from gvtstudio.training.learner import LoopSettings, SupervisedLearner
from gvtstudio.training.loop import Lesson, TrainingLoop
from gvtstudio.training.losses import LOSSES
from gvtstudio.training.patches import NormalisedPair, StackPairs
from gvtstudio.training.validation import PairsJudge, validation_tensors

SETTINGS = LoopSettings(
    steps=6,
    minutes=0,
    batch_size=2,
    patch=(8, 16, 16),
    learning_rate=1e-3,
    schedule="cosine",
    loss="laplace",
    validation_every=2,
    seed=5,
    device="cpu",
    precision="float32",
)


def pair(seed: int) -> NormalisedPair:
    rng = np.random.default_rng(seed)
    clean = np.zeros((10, 24, 24), np.float32)
    clean[:, 6:18, 8:20] = 1
    noisy = (clean + rng.normal(0, 0.3, clean.shape)).astype(np.float32)
    scale = PercentileNormalization(0.0, 1.0)
    return NormalisedPair(noisy, clean, scale, scale)


class Heard(Reporter):
    """Keeps every message, progress of every step among them, and may act on it."""

    def __init__(self, act: Callable[[Message, CancelFlag], None] | None = None) -> None:
        self.messages: list[Message] = []
        self.flag = CancelFlag()
        self._act = act
        super().__init__(self.messages.append, self.flag)

    def progress(self, stage: str, done: int, total: int, unit: str = "") -> None:
        if self._act is not None:
            self._act(Progress(stage, done, total, unit), self.flag)
        super().progress(stage, done, total, unit)

    def of(self, kind: type) -> list:
        return [message for message in self.messages if isinstance(message, kind)]


def settings_with(**changes) -> LoopSettings:
    return LoopSettings(
        **{name: changes.get(name, getattr(SETTINGS, name)) for name in SETTINGS.__slots__}
    )


def make_loop(
    folder: Path,
    fingerprint: str = "a",
    batches: Callable | None = None,
    loss_itself: Callable | None = None,
    apart=(3,),
    **changes,
) -> TrainingLoop:
    settings = settings_with(**changes)
    torch.manual_seed(settings.seed)
    pairs = StackPairs([pair(1), pair(2)], settings.patch, settings.seed)
    drawn = PatchBatches(pairs.draw, settings.batch_size, settings.seed, settings.augmentation)
    judge = PairsJudge(validation_tensors(pair(seed) for seed in apart))
    loss = loss_itself or load_callable(LOSSES[settings.loss])
    return TrainingLoop(
        make_learner(loss, settings),
        Lesson(batches(drawn) if batches else drawn, judge),
        settings,
        folder=JobFolder(folder),
        fingerprint=fingerprint,
    )


def make_learner(loss: Callable, settings: LoopSettings) -> SupervisedLearner:
    """Of a small network, against a small discriminator where the settings say so."""
    network = build_3d(base_channels=4)
    if not settings.adversarial:
        return SupervisedLearner(network, loss, settings)
    return AdversarialLearner(network, PatchganDiscriminator(base_channels=4), loss, settings)


def cancel_at(step: int) -> Heard:
    def act(message: Progress, flag: CancelFlag) -> None:
        if message.done == step:
            flag.set()

    return Heard(act)


def finish_at(step: int) -> Heard:
    def act(message: Progress, flag: CancelFlag) -> None:
        if message.done == step:
            flag.finish()

    return Heard(act)


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def same_weights(a: TrainingState, b: TrainingState) -> bool:
    return same(a.best_weights, b.best_weights)


def rows_of(folder: Path) -> list[dict[str, str]]:
    with JobFolder(folder).history_path.open(newline="") as file:
        return list(csv.DictReader(file))
