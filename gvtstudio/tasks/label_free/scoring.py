"""Predicted stains against the true ones, on fields a training never saw."""

from collections.abc import Sequence

import numpy as np

from gvtstudio.domain.model_card import Score
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.metrics import pearson
from gvtstudio.imaging.open_volume import Box, OpenVolume, slices_of
from gvtstudio.imaging.transmitted import best_readout
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.tasks.label_free.predict import predict_volume
from gvtstudio.training.scoring import LARGEST_SCORED, MOST_PAIRS
from gvtstudio.training.stained import StainedField, StainedVolume
from gvtstudio.training.validation import middle_of

METRIC = "pearson_r"


class StainScoring:
    """Pearson's r of every stain: of the transmitted light, of a filter of it, of the network.

    Args:
        apart: Fields that were never trained on; the first few volumes are scored.
        labels: Names of the stains.
        reporter: Hears of every volume.
        device: Where the networks compute.
    """

    def __init__(
        self,
        apart: Sequence[StainedField],
        labels: Sequence[str],
        reporter: JobReporter,
        device: str = "cpu",
    ) -> None:
        self._apart = [(field.name, v) for field in apart for v in field.volumes][:MOST_PAIRS]
        self._labels = labels
        self._reporter = reporter
        self._device = device

    def __call__(self, network: Network) -> list[Score]:
        """Scores of every volume kept apart: of each stain it has, and their mean.

        Args:
            network: The trained one, or the one that is adapted.
        """
        settings = PredictionSettings(device=self._device, outputs=("mean",))
        predictor = VolumePredictor(network, settings)
        scores: list[Score] = []
        for i, (name, volume) in enumerate(self._apart):
            self._reporter.progress("Judging", i, len(self._apart), "volumes")
            scores += self._scored(predictor, name, volume)
        self._reporter.progress("Judging", len(self._apart), len(self._apart), "volumes")
        return scores

    def _scored(self, predictor: VolumePredictor, name: str, volume: StainedVolume) -> list[Score]:
        z, y, x = middle_of(volume.shape, LARGEST_SCORED)
        is_flat = volume.shape[0] < len(volume.image)
        image = volume.image[slice(None) if is_flat else z, y, x]
        predicted = self._predicted(predictor, volume, image, is_flat=is_flat)
        seen = image[len(image) // 2][None] if is_flat else image
        rows: list[Score] = []
        for number, (label, stain) in enumerate(zip(self._labels, volume.stains, strict=True)):
            truth = None if stain is None else stain[z, y, x]
            if truth is None or truth.min() == truth.max():
                continue
            filtered, baseline = best_readout(image, truth)
            rows.append(
                Score(
                    data=name,
                    metric=f"{METRIC} of {label}",
                    normalisation="none",
                    raw=pearson(seen, truth),
                    baseline=baseline,
                    baseline_name=filtered.name,
                    restored=pearson(predicted[number], truth),
                )
            )
        return [*rows, _mean_of(rows)] if rows else []

    def _predicted(
        self, predictor: VolumePredictor, volume: StainedVolume, image: np.ndarray, *, is_flat: bool
    ) -> np.ndarray:
        """(stains, Z, Y, X) of a part of a volume, on the network's scale."""
        depth, height, width = image.shape
        shape = (len(self._labels), 1 if is_flat else depth, height, width)
        predicted = np.empty(shape, np.float32)

        def write(box: Box, values: np.ndarray) -> None:
            predicted[(slice(None), *slices_of(box))] = values

        opened = OpenVolume(
            (depth, height, width),
            lambda box: image[slices_of(box)],
            write,
            gives_one_plane=is_flat,
        )
        course = Course(lambda done, total: self._reporter.check_cancelled())
        predict_volume(predictor, opened, (volume.scale,), course)
        return predicted


def _mean_of(rows: Sequence[Score]) -> Score:
    """Over the stains of a volume."""
    raw, baseline, restored = (
        float(np.mean([getattr(row, kind) for row in rows]))
        for kind in ("raw", "baseline", "restored")
    )
    names = " / ".join(dict.fromkeys(row.baseline_name for row in rows))
    return Score(
        data=rows[0].data,
        metric=METRIC,
        normalisation="none",
        raw=raw,
        baseline=baseline,
        baseline_name=names,
        restored=restored,
    )
