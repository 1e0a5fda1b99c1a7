"""Labels against the true ones, on fields a training never saw."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from gvtstudio.domain.model_card import Score
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.clustering import Clustering, tuned_clustering
from gvtstudio.imaging.open_volume import OpenVolume, slices_of
from gvtstudio.imaging.overlap import dice_per_class
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.tasks.segmentation.predict import predict_volume
from gvtstudio.training.labelled import LabelledField, LabelledVolume
from gvtstudio.training.scoring import LARGEST_SCORED, MOST_PAIRS, ON_PROCESSOR
from gvtstudio.training.validation import LARGEST_CROP, middle_of

LEARNED_VOLUMES = 8
"""Of which the classical segmentation is learned."""
BACKGROUND = 0


class SegmentationScoring:
    """Dice of every class: of a single guess, of the classical segmentation, and of the network.

    Args:
        learned: Fields that were trained on; the classical segmentation is tuned on them.
        apart: Fields that were not; the first few volumes are scored.
        labels: That of each class of the network.
        settings: How networks compute.
    """

    def __init__(
        self,
        learned: Sequence[LabelledField],
        apart: Sequence[LabelledField],
        labels: tuple[int, ...],
        settings: PredictionSettings = ON_PROCESSOR,
    ) -> None:
        self._learned = [volume for field in learned for volume in field.volumes]
        self._apart = [(field.name, v) for field in apart for v in field.volumes][:MOST_PAIRS]
        self._labels = np.array(labels)
        self._settings = settings

    @cached_property
    def _rivals(self) -> tuple[int, Clustering]:
        """The commonest label, and the classical segmentation; the same for every network."""
        images, truths = zip(*map(_middle, self._learned[:LEARNED_VOLUMES]), strict=True)
        values, counts = np.unique(np.concatenate([t.ravel() for t in truths]), return_counts=True)
        return int(values[counts.argmax()]), tuned_clustering(images, truths)

    def __call__(self, network: Network, reporter: JobReporter) -> list[Score]:
        """Scores of every volume kept apart.

        Args:
            network: On the processor, where it is afterwards, too.
            reporter: Hears of every volume.
        """
        predictor = VolumePredictor(network, self._settings)
        scores: list[Score] = []
        for i, (name, volume) in enumerate(self._apart):
            reporter.progress("Judging", i, len(self._apart), "volumes")
            scores += self._scored(predictor, name, volume, reporter)
        reporter.progress("Judging", len(self._apart), len(self._apart), "volumes")
        network.cpu()
        return scores

    def _scored(
        self,
        predictor: VolumePredictor,
        name: str,
        volume: LabelledVolume,
        reporter: JobReporter,
    ) -> list[Score]:
        image, truth = _middle(volume, LARGEST_SCORED)
        guess, clustering = self._rivals
        every = (
            np.full_like(truth, guess),
            clustering.apply(image),
            self._labels[_classes(predictor, volume, reporter)],
        )
        dices = [dice_per_class(found, truth) for found in every]
        shown = [int(label) for label in np.unique(truth) if label != BACKGROUND]
        rows = {f"dice of {label}": [dice[label] for dice in dices] for label in shown}
        if len(shown) > 0:
            rows["dice"] = [float(np.mean([dice[label] for label in shown])) for dice in dices]
        return [
            Score(
                data=name,
                metric=metric,
                normalisation="none",
                raw=raw,
                baseline=baseline,
                baseline_name=clustering.name,
                restored=restored,
            )
            for metric, (raw, baseline, restored) in rows.items()
        ]


def _middle(
    volume: LabelledVolume, limits: tuple[int, int, int] = LARGEST_CROP
) -> tuple[np.ndarray, np.ndarray]:
    """Normalised channels (C, Z, Y, X) and labels (Z, Y, X) of the middle of a volume."""
    middle = middle_of(volume.labels.shape, limits)
    both = zip(volume.channels, volume.scales, strict=True)
    image = np.stack([scale.apply(channel[middle]) for channel, scale in both])
    return image, volume.labels[middle].astype(np.int64)


def _classes(
    predictor: VolumePredictor, volume: LabelledVolume, reporter: JobReporter
) -> np.ndarray:
    """What the network takes every voxel of the middle for, (Z, Y, X)."""
    middle = middle_of(volume.labels.shape, LARGEST_SCORED)
    channels = [channel[middle] for channel in volume.channels]
    shape = volume.labels[middle].shape
    found = np.empty(shape, np.int64)

    def read(box: tuple[tuple[int, int], ...]) -> np.ndarray:
        return np.stack([channel[slices_of(box)] for channel in channels])

    def write(box: tuple[tuple[int, int], ...], classes: np.ndarray) -> None:
        found[slices_of(box)] = classes[0]

    course = Course(lambda done, total: reporter.check_cancelled())
    open_volume = OpenVolume(shape, read, write, has_channels=True)
    predict_volume(predictor, open_volume, volume.scales, course)
    return found
