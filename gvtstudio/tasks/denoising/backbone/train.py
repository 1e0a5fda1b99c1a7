"""The backbone ``denoise-fluorescence-3d``: blind denoising of fluorescence stacks.

Run again with::

    python -m gvtstudio.tasks.denoising.backbone.train --data DATA --work FOLDER

DATA holds the open training stacks listed in ``clean_stacks.py``. An interrupted run goes on where
it was. ``pack.py`` then measures the result and writes the model package.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import torch

from gvtstudio.domain.job import Precision
from gvtstudio.domain.model_card import TrainingData
from gvtstudio.domain.specs import load_callable
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.tasks.denoising.backbone.clean_stacks import (
    EARLIER_STACKS,
    TRAINING_STACKS,
    real_truths,
    simulated_truths,
)
from gvtstudio.training.batches import PatchBatches
from gvtstudio.training.exposures import ExposedStacks, ExposureRange
from gvtstudio.training.learner import LoopSettings, SupervisedLearner
from gvtstudio.training.log_reporter import LogReporter
from gvtstudio.training.loop import Lesson, TrainingLoop
from gvtstudio.training.losses import LOSSES
from gvtstudio.training.validation import PairsJudge, ValidationPair

NAME = "denoise-fluorescence-3d"
ARCHITECTURE = "gvtnet_denoising_3d"
PERCENTILES = (2.0, 99.8)
EXPOSURES = ExposureRange(
    photons=(2.5, 250.0), background=(0.005, 0.3), read_noise=(0.8, 3.0), percentiles=PERCENTILES
)
SIMULATED_STACKS = 120
REAL_REPEATS = 3
"""Real stacks are few; each is drawn this many times as often as a simulated one."""
TRAINING_SEED, VALIDATION_SEED = 10_000, 20_000
VALIDATION_STACKS = 8

log = logging.getLogger(__name__)


def settings(steps: int, learning_rate: float, device: str, precision: Precision) -> LoopSettings:
    """How the backbone is trained."""
    return LoopSettings(
        steps=steps,
        minutes=0,
        batch_size=4,
        patch=(16, 48, 48),
        learning_rate=learning_rate,
        schedule="cosine",
        loss="laplace",
        validation_every=250,
        seed=1,
        device=device,
        precision=precision,
    )


def validation_pairs() -> list[ValidationPair]:
    """Exposures of simulated stacks with seeds of their own, at light levels spread evenly."""
    truths = simulated_truths(VALIDATION_STACKS, VALIDATION_SEED)
    levels = np.geomspace(4, 120, VALIDATION_STACKS)
    pairs = []
    for i, (truth, level) in enumerate(zip(truths, levels, strict=True)):
        ranges = EXPOSURES._replace(photons=(level, level))
        generator = torch.Generator().manual_seed(VALIDATION_SEED + i)
        image, target = ExposedStacks([truth], ranges).draw((16, 96, 96), generator)
        pairs.append((image[None], target[None]))
    return pairs


def training_sources() -> list[TrainingData]:
    """What the backbone learns from, for its card."""
    simulated = TrainingData(
        "GVT Studio simulation fluorescence-cells",
        "BSD-3-Clause",
        f"{SIMULATED_STACKS} stacks, seeds from {TRAINING_SEED}",
    )
    real = [
        TrainingData(stack.name, stack.licence, f"{stack.file}, as it is and binned 2×")
        for stack in TRAINING_STACKS
    ]
    earlier = [
        TrainingData(stack.name, stack.licence, f"{stack.file}, in an early stage only")
        for stack in EARLIER_STACKS
    ]
    return [simulated, *real, *earlier]


def build_loop(data: Path, work: Path, chosen: LoopSettings, start: Path | None) -> TrainingLoop:
    """The loop with all its data."""
    simulated = simulated_truths(SIMULATED_STACKS, TRAINING_SEED)
    truths = simulated + REAL_REPEATS * real_truths(data)
    torch.manual_seed(chosen.seed)
    network = load_callable(ARCHITECTURES[ARCHITECTURE].build)()
    if start is not None:
        with start.open("rb") as file:
            learner = torch.load(file, map_location="cpu", weights_only=True)["learner"]
            network.load_state_dict(learner["weights"])
    stacks = ExposedStacks(truths, EXPOSURES)
    batches = PatchBatches(
        lambda number, generator: stacks.draw(chosen.patch, generator),
        chosen.batch_size,
        chosen.seed,
        chosen.augmentation,
    )
    lesson = Lesson(batches, PairsJudge(validation_pairs()))
    return TrainingLoop(
        SupervisedLearner(network, load_callable(LOSSES[chosen.loss]), chosen),
        lesson,
        chosen,
        folder=JobFolder(work),
        fingerprint=f"{NAME} {chosen} {len(truths)}",
    )


def main() -> None:
    """Train, going on from a checkpoint where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=9000)
    parser.add_argument("--learning-rate", type=float, default=6e-4)
    parser.add_argument("--start", type=Path, help="checkpoint of an earlier stage to go on from")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="bfloat16")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    chosen = settings(options.steps, options.learning_rate, options.device, options.precision)
    loop = build_loop(options.data, options.work, chosen, options.start)
    log.info("resumed" if loop.resume() else "new training")
    loop.run(LogReporter())


if __name__ == "__main__":
    main()
