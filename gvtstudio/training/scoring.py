"""Restored volumes against their targets, on fields a training never saw."""

from collections.abc import Sequence

import numpy as np

from gvtstudio.domain.model_card import Score
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.baseline import best_filter
from gvtstudio.imaging.metrics import measure_agreement
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.training.fields import PairedField
from gvtstudio.training.patches import NormalisedPair
from gvtstudio.training.validation import middle_of

MOST_PAIRS = 4
LARGEST_SCORED = (128, 512, 512)
"""Of a volume that is larger, the middle is scored: all measures hold several copies of it."""
METRICS = ("psnr_db", "ssim", "nrmse")
MEANS = ("psnr_db", "ssim", "dice")


def score_fields(
    network: Network, apart: Sequence[PairedField], reporter: JobReporter
) -> list[Score]:
    """Raw, tuned filter and restored against the target.

    Args:
        network: The trained one, on the processor.
        apart: Fields that were never trained on; the first few pairs are taken.
        reporter: Hears of every pair.
    """
    predictor = VolumePredictor(network, PredictionSettings(device="cpu"))
    named = [(field.name, pair) for field in apart for pair in field.pairs][:MOST_PAIRS]
    scores: list[Score] = []
    for i, (name, pair) in enumerate(named):
        reporter.progress("Judging", i, len(named), "pairs")
        scores += _scored(predictor, name, pair, reporter)
    reporter.progress("Judging", len(named), len(named), "pairs")
    return scores


def mean_scores(scores: Sequence[Score]) -> dict[str, float]:
    """Means over all pairs, for the last message of the job."""
    numbers: dict[str, float] = {}
    for metric in MEANS:
        chosen = [score for score in scores if score.metric == metric]
        for kind in ("raw", "baseline", "restored") if chosen else ():
            numbers[f"{kind}_{metric}"] = float(np.mean([getattr(s, kind) for s in chosen]))
    return numbers


def _scored(
    predictor: VolumePredictor, name: str, pair: NormalisedPair, reporter: JobReporter
) -> list[Score]:
    middle = middle_of(pair.image.shape, LARGEST_SCORED)
    image, target = pair.image[middle], pair.target[middle]
    restored = predictor.predict(
        pair.image_scale.apply(image), lambda done, total: reporter.check_cancelled()
    )
    raw, ours = (measure_agreement(a, target) for a in (image, restored))
    filtered, classical = best_filter(image, target)
    return [
        Score(
            data=name,
            metric=metric,
            normalisation="care",
            raw=getattr(raw, metric),
            baseline=getattr(classical, metric),
            baseline_name=filtered.name,
            restored=getattr(ours, metric),
        )
        for metric in METRICS
        if np.isfinite([getattr(each, metric) for each in (raw, classical, ours)]).all()
    ]
