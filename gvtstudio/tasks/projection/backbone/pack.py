"""Measure the trained backbone on simulated volumes kept apart and write its model package.

Run with::

    python -m gvtstudio.tasks.projection.backbone.pack --trained F --out F
"""

import argparse
import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gvtstudio import __version__
from gvtstudio.domain.model_card import ModelCard, Score
from gvtstudio.prediction.model import load_model, save_model
from gvtstudio.tasks.projection.pairs import projected_field
from gvtstudio.tasks.projection.train import PROJECTIONS
from gvtstudio.training.fields import PairedField
from gvtstudio.training.log_reporter import LogReporter
from gvtstudio.training.scoring import FieldScoring
from gvtstudio.training.simulated import SimulatedStacks

NAME = "project-epithelium"
RECIPE = "projection"
HELD_OUT_SIZE = {"size_z": 40, "size_y": 192, "size_x": 192}
HELD_OUT_PHOTONS = (5.0, 12.0, 30.0)
FIELDS_OF_EACH = 2
FIRST_SEED = 900_000
"""Far from those of any training."""
LIMITS = (
    "Trained on simulated curved epithelia with bright cell borders alone; how well it does on "
    "real stacks was not measured. Compare with the volume before you count or segment.",
    "Made for one surface per column in about 40 planes, between 4 and 40 photons at the borders.",
    "Cells can be left out where the light of the surface is lost in that of debris, and borders "
    "drawn where there are none.",
)

log = logging.getLogger(__name__)


def main() -> None:
    """Score and pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trained", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    model = load_model(options.trained)
    # measured as shipped: with weights in half precision
    weights = {name: t.half().float() for name, t in model.network.state_dict().items()}
    model.network.load_state_dict(weights)
    scores: list[Score] = []
    for field in held_out():
        for score in FieldScoring([field], LogReporter(), PROJECTIONS)(model.network):
            scores.append(_rounded(score))
            log.info("%s", scores[-1])
    (pair,) = field.pairs
    example = pair.image_scale.apply(pair.image[:16, :32, :32])
    card = _card(model.card, tuple(scores))
    save_model(options.out, model.network, card, example, overwrite=True, half=True)
    log.info("%s: %d bytes", options.out, options.out.stat().st_size)


def held_out() -> list[PairedField]:
    """Volumes with their truth at several light levels."""
    stacks, fields = SimulatedStacks("projection", RECIPE), []
    for level, photons in enumerate(HELD_OUT_PHOTONS):
        for number in range(FIELDS_OF_EACH):
            seed = FIRST_SEED + 100 * level + number
            field = projected_field(*stacks.one(seed, {**HELD_OUT_SIZE, "photons": photons}))
            name = f"{field.name} (simulated), {photons:g} photons"
            fields.append(replace(field, name=name))
    return fields


def _rounded(score: Score) -> Score:
    numbers = {name: round(getattr(score, name), 4) for name in ("raw", "baseline", "restored")}
    name = f"best of 127 classical projections: {score.baseline_name}"
    return msgspec.structs.replace(score, **numbers, baseline_name=name)


def _card(trained: ModelCard, scores: tuple[Score, ...]) -> ModelCard:
    return msgspec.structs.replace(
        trained,
        name=NAME,
        title="Curved epithelium to its image",
        summary="Finds the surface of a curved epithelium in a noisy volume and gives its clean "
        "image and height, without any training data of yours.",
        voxel_size_um=(),
        scores=scores,
        limits=LIMITS,
        licence="BSD-3-Clause",
        created=datetime.now(UTC).date().isoformat(),
        program_version=__version__,
    )


if __name__ == "__main__":
    main()
