"""Sharpened volumes against their targets, on fields a training never saw.

Everything is measured on one scale for a whole volume, and on that scale once more in the
foreground and in the background of the target, which Otsu's threshold (1979) tells apart: most of
an image is background, where there is nothing to sharpen.
"""

from collections.abc import Sequence

import numpy as np
from skimage.filters import threshold_otsu

from gvtstudio.domain.model_card import Score
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.metrics import Comparison
from gvtstudio.imaging.open_volume import Box, OpenVolume, slices_of
from gvtstudio.imaging.sharpening import best_sharpening
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.tasks.super_resolution.predict import predict_volume
from gvtstudio.training.fields import PairedField
from gvtstudio.training.patches import NormalisedPair
from gvtstudio.training.scoring import LARGEST_SCORED, METRICS, MOST_PAIRS
from gvtstudio.training.validation import middle_of
from gvtstudio.training.verdict import RivalWords

ENLARGED = RivalWords("bicubic enlargement", "the best classical sharpening")
PARTS = ("foreground", "background")

Values = dict[str, float]
"""Metric, and metric with its part, → value."""


class SharpeningScoring:
    """Bicubic enlargement, tuned classical sharpening and the network, against the target.

    Args:
        apart: Fields that were never trained on; the first few pairs are scored.
        reporter: Hears of every pair, and what is gained over bicubic.
        settings: How networks compute.
    """

    def __init__(
        self, apart: Sequence[PairedField], reporter: JobReporter, settings: PredictionSettings
    ) -> None:
        self._named = [(field.name, pair) for field in apart for pair in field.pairs][:MOST_PAIRS]
        self._reporter = reporter
        self._settings = settings
        # of each pair what does not depend on the network, once it is known
        self._known: dict[int, tuple[Values, str, Values]] = {}
        self._has_spoken = False

    def __call__(self, network: Network) -> list[Score]:
        """Scores of every pair.

        Args:
            network: On the processor, where it is afterwards, too.
        """
        predictor, count = VolumePredictor(network, self._settings), len(self._named)
        scores: list[Score] = []
        for i in range(count):
            self._reporter.progress("Judging", i, count, "pairs")
            scores += self._scored(predictor, i)
        self._reporter.progress("Judging", count, count, "pairs")
        network.cpu()
        if not self._has_spoken and scores:  # of the trained network, which is asked first
            self._has_spoken = True
            self._reporter.log(gains(scores))
        return scores

    def _scored(self, predictor: VolumePredictor, index: int) -> list[Score]:
        name, pair = self._named[index]
        middle = middle_of(pair.image.shape, LARGEST_SCORED)
        image, target = pair.image[middle], pair.target[middle]
        ours = measured(self._sharp(predictor, pair, image), target)
        if index not in self._known:
            classical, _ = best_sharpening(image, target)
            self._known[index] = (
                measured(image, target),
                classical.name,
                measured(classical.image, target),
            )
        raw, classical_name, best = self._known[index]
        return [
            Score(
                data=name,
                metric=metric,
                normalisation="care",
                raw=raw[metric],
                baseline=best[metric],
                baseline_name=classical_name,
                restored=value,
            )
            for metric, value in ours.items()
            if np.isfinite([raw[metric], best[metric], value]).all()
        ]

    def _sharp(
        self, predictor: VolumePredictor, pair: NormalisedPair, image: np.ndarray
    ) -> np.ndarray:
        sharp = np.empty(image.shape, np.float32)

        def write(box: Box, values: np.ndarray) -> None:
            sharp[slices_of(box)] = values

        z, y, x = image.shape
        volume = OpenVolume((z, y, x), lambda box: image[slices_of(box)], write)
        course = Course(lambda done, total: self._reporter.check_cancelled())
        predict_volume(predictor, volume, (pair.image_scale,), course)
        return sharp


def measured(image: np.ndarray, target: np.ndarray) -> Values:
    """Every metric, everywhere and in each part of the target.

    Args:
        image: (Z, Y, X).
        target: (Z, Y, X), not constant.
    """
    compared = Comparison(image, target)
    values = {metric: float(getattr(compared, metric)) for metric in METRICS}
    is_bright = target > threshold_otsu(target)  # type: ignore[no-untyped-call]
    for part, mask in zip(PARTS, (is_bright, ~is_bright), strict=True):
        inside = compared.within(mask)
        values |= {f"{metric} {part}": float(getattr(inside, metric)) for metric in METRICS}
    return values


def gains(scores: Sequence[Score]) -> str:
    """What the network gains over bicubic enlargement, as the field reports it."""
    parts = [_gain(scores, f" {part}") for part in PARTS]
    inside = "; ".join(f"{part} {gain}" for part, gain in zip(PARTS, parts, strict=True))
    return f"Gained over bicubic enlargement: {_gain(scores, '')} ({inside})."


def _gain(scores: Sequence[Score], part: str) -> str:
    decibels, similarity = (
        np.mean([s.restored - s.raw for s in scores if s.metric == f"{metric}{part}"])
        for metric in ("psnr_db", "ssim")
    )
    return f"{decibels:+.2f} dB PSNR, {similarity:+.3f} SSIM"
