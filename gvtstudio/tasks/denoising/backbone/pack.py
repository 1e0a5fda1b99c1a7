"""Measure the trained backbone on stacks kept apart and write its model package.

Run with::

    python -m gvtstudio.tasks.denoising.backbone.pack --data DATA --work FOLDER --minutes M --out F
"""

import argparse
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from gvtstudio import __version__
from gvtstudio.domain.model_card import ModelCard, Score
from gvtstudio.imaging.baseline import best_filter
from gvtstudio.imaging.metrics import measure_agreement
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network, save_model
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.tasks.denoising.backbone.heldout import Exposure, exposures
from gvtstudio.tasks.denoising.backbone.train import (
    ARCHITECTURE,
    EXPOSURES,
    NAME,
    PERCENTILES,
    training_sources,
)
from gvtstudio.tasks.denoising.spec import DENOISING
from gvtstudio.training.checkpoint import CHECKPOINT_NAME

METRICS = ("psnr_db", "ssim", "nrmse")
LIMITS = (
    "Made for fluorescence stacks with shot noise and camera noise that is independent from voxel "
    "to voxel; not for transmitted light, electron microscopy, or images already filtered or "
    "compressed with loss.",
    "Trained between about 2 and 250 photons at the brightest structures; below, faint structures "
    "are smoothed away or, rarely, invented: compare with the raw data.",
    "Does not deconvolve: the resolution of the microscope stays as it is.",
)

log = logging.getLogger(__name__)


def main() -> None:
    """Score and pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True, help="as the training's log says")
    parser.add_argument("--note", default="", help="on stages before this one, for the card")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with (JobFolder(options.work).checkpoint_dir / CHECKPOINT_NAME).open("rb") as file:
        state = torch.load(file, weights_only=True)
    spec = ARCHITECTURES[ARCHITECTURE]
    network = build_network(spec, {})
    # measured as shipped: with weights in half precision
    network.load_state_dict({k: v.half().float() for k, v in state["best_weights"].items()})
    predictor = VolumePredictor(network, PredictionSettings("cpu", "float32"))
    scores: list[Score] = []
    example = None
    for exposure in exposures(options.data):
        scale = PercentileNormalization.of(exposure.noisy, PERCENTILES)
        if example is None:
            example = scale.apply(exposure.noisy[:16, :32, :32])
        restored = predictor.predict(scale.apply(exposure.noisy), lambda done, total: None)
        for score in _scores(exposure, restored):
            scores.append(score)
            if score.metric != "nrmse":
                log.info(_as_line(score))
    if example is None:
        raise SystemExit("no held-out stacks")
    card = _card(state, (options.minutes, options.note), tuple(scores))
    save_model(options.out, network, card, example, overwrite=True, half=True)
    log.info("%s: %d bytes", options.out, options.out.stat().st_size)


def _scores(exposure: Exposure, restored: np.ndarray) -> Iterator[Score]:
    raw = measure_agreement(exposure.noisy, exposure.truth)
    ours = measure_agreement(restored, exposure.truth)
    filtered, classical = best_filter(exposure.noisy, exposure.truth)
    kind = "real stack, simulated exposure" if exposure.is_real else "simulated"
    for metric in METRICS:
        yield Score(
            data=f"{exposure.name} ({kind}), {exposure.photons:g} photons",
            metric=metric,
            normalisation="care",
            raw=round(getattr(raw, metric), 4),
            baseline=round(getattr(classical, metric), 4),
            baseline_name=f"best {filtered.name}",
            restored=round(getattr(ours, metric), 4),
        )


def _as_line(score: Score) -> str:
    better = score.restored > max(score.raw, score.baseline)
    return (
        f"{'ok  ' if better else 'LOSS'} {score.data:75} {score.metric:8} raw {score.raw:8.3f} "
        f"filter {score.baseline:8.3f} restored {score.restored:8.3f} ({score.baseline_name})"
    )


def _card(
    state: dict[str, object], spent: tuple[float, str], scores: tuple[Score, ...]
) -> ModelCard:
    return ModelCard(
        name=NAME,
        title="Fluorescence stacks, noisy to clean",
        summary="Denoises 3D fluorescence stacks (confocal, spinning disk, widefield, light "
        "sheet) from a few to some hundred photons per voxel, without any training data of yours.",
        task=DENOISING.name,
        architecture=ARCHITECTURE,
        architecture_parameters={},
        parameter_count=ARCHITECTURES[ARCHITECTURE].parameter_count,
        axes="ZYX",
        normalisation_percentiles=PERCENTILES,
        training={
            "recipe": "gvtstudio.tasks.denoising.backbone.train",
            "settings": str(state["fingerprint"]),
            "exposures": str(EXPOSURES._asdict()),
            "best_step": int(str(state["best_step"])),
            "minutes": spent[0],
            "note": spent[1],
        },
        training_data=tuple(training_sources()),
        scores=scores,
        limits=LIMITS,
        citation=ARCHITECTURES[ARCHITECTURE].paper,
        licence="BSD-3-Clause",
        created=datetime.now(UTC).date().isoformat(),
        program_version=__version__,
    )


if __name__ == "__main__":
    main()
