"""Restored volumes against their targets, on fields a training never saw."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gvtstudio.domain.model_card import Score
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.baseline import Filtered, best_filter
from gvtstudio.imaging.metrics import Agreement, measure_agreement
from gvtstudio.imaging.open_volume import Box, OpenVolume, slices_of
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.training.fields import PairedField
from gvtstudio.training.patches import NormalisedPair
from gvtstudio.training.validation import middle_of

MOST_PAIRS = 4
LARGEST_SCORED = (128, 512, 512)
"""Of a volume that is larger, the middle is scored: all measures hold several copies of it."""
METRICS = ("psnr_db", "ssim", "nrmse")
MEANS = ("psnr_db", "ssim", "dice", "pearson_r")


Measure = Callable[[np.ndarray, np.ndarray], Mapping[str, float]]
"""Image and target, (Z, Y, X) → values by metric."""


def agreement_of(image: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """The usual metrics of a whole image."""
    agreement = measure_agreement(image, target)
    return {metric: getattr(agreement, metric) for metric in METRICS}


@dataclass(frozen=True, slots=True)
class Rivals:
    """What the network's image is compared with, all (Z, Y, X); a projection has one plane.

    Args:
        raw: Input → what is compared as it is.
        classical: Input and target → the tuned classical result and its agreement.
        see_whole_depth: Whether all planes of the input are needed for any of the target.
        measure: What is measured of each, after a least-squares fit to the target.
    """

    raw: Callable[[np.ndarray], np.ndarray]
    classical: Callable[[np.ndarray, np.ndarray], tuple[Filtered, Agreement]]
    see_whole_depth: bool = False
    measure: Measure = agreement_of


ON_PROCESSOR = PredictionSettings(device="cpu")
FILTERS = Rivals(raw=lambda image: image, classical=best_filter)


class FieldScoring:
    """Raw, classical and restored against the target, of as many networks as one likes.

    Args:
        apart: Fields that were never trained on; the first few pairs are taken.
        reporter: Hears of every pair.
        rivals: What the restored image is compared with.
        settings: How the networks compute.
    """

    def __init__(
        self,
        apart: Sequence[PairedField],
        reporter: JobReporter,
        rivals: Rivals = FILTERS,
        settings: PredictionSettings = ON_PROCESSOR,
    ) -> None:
        self._named = [(field.name, pair) for field in apart for pair in field.pairs][:MOST_PAIRS]
        self._reporter = reporter
        self._rivals = rivals
        self._settings = settings
        # of each pair what does not depend on the network, once it is known
        self._known: dict[int, tuple[Mapping[str, float], str, Mapping[str, float]]] = {}

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
        return scores

    def _scored(self, predictor: VolumePredictor, index: int) -> list[Score]:
        name, pair = self._named[index]
        image, target = self._cut(pair)
        restored = self._restored(predictor, pair.image_scale.apply(image), target.shape)
        measure = self._rivals.measure
        if index not in self._known:
            filtered, _ = self._rivals.classical(image, target)
            raw = measure(self._rivals.raw(image), target)
            classical = measure(filtered.image.reshape(target.shape), target)
            self._known[index] = (raw, filtered.name, classical)
        raw, classical_name, classical = self._known[index]
        return [
            Score(
                data=name,
                metric=metric,
                normalisation="care",
                raw=raw[metric],
                baseline=classical[metric],
                baseline_name=classical_name,
                restored=value,
            )
            for metric, value in measure(restored, target).items()
            if np.isfinite((raw[metric], classical[metric], value)).all()
        ]

    def _cut(self, pair: NormalisedPair) -> tuple[np.ndarray, np.ndarray]:
        """The middle of the input and the target of it."""
        depth = len(pair.image) if self._rivals.see_whole_depth else LARGEST_SCORED[0]
        z, y, x = middle_of(pair.image.shape, (depth, *LARGEST_SCORED[1:]))
        planes = slice(None) if self._rivals.see_whole_depth else z
        return pair.image[z, y, x], pair.target[planes, y, x]

    def _restored(
        self, predictor: VolumePredictor, normalised: np.ndarray, shape: tuple[int, ...]
    ) -> np.ndarray:
        restored = np.empty(shape, np.float32)

        def write(box: Box, values: np.ndarray) -> None:
            restored[slices_of(box)] = values

        z, y, x = normalised.shape
        predictor.stream(
            OpenVolume((z, y, x), lambda box: normalised[slices_of(box)], write),
            Course(lambda done, total: self._reporter.check_cancelled()),
        )
        return restored


def mean_scores(scores: Sequence[Score]) -> dict[str, float]:
    """Means over all pairs, for the last message of the job."""
    numbers: dict[str, float] = {}
    for metric in MEANS:
        chosen = [score for score in scores if score.metric == metric]
        for kind in ("raw", "baseline", "backbone", "restored"):
            values = [value for s in chosen if (value := getattr(s, kind)) is not None]
            if values:
                numbers[f"{kind}_{metric}"] = float(np.mean(values))
    return numbers
