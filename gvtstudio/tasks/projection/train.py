"""Train a projecting network from pairs or from a simulation, and judge it on fields kept apart."""

from collections.abc import Iterable, Sequence
from math import isqrt

import msgspec
import numpy as np
import torch
from torch import Tensor

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import Score
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.metrics import measure_agreement
from gvtstudio.imaging.open_volume import OpenVolume, slices_of
from gvtstudio.imaging.projections import best_projection
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.tasks.projection.pairs import PERCENTILES, load_fields
from gvtstudio.tasks.projection.spec import PROJECTION
from gvtstudio.training.batches import PatchBatches
from gvtstudio.training.fields import PairedField, split_fields, voxel_range
from gvtstudio.training.loop import Lesson
from gvtstudio.training.patches import NormalisedPair, StackPairs
from gvtstudio.training.scoring import LARGEST_SCORED, METRICS, MOST_PAIRS
from gvtstudio.training.supervised import ModelFacts, SupervisedTraining
from gvtstudio.training.validation import PairsJudge, ValidationPair, middle_of
from gvtstudio.training.volumes import VolumeHolder

VALIDATION_VOXELS = 1 << 20
"""At most, of a volume kept apart; the network sees whole columns, so its width gives way."""
COLUMN_MULTIPLE = 16
"""Widths that all networks for projection take without mirroring."""


def train(request: TrainRequest, folder: JobFolder, reporter: JobReporter) -> Finished:
    """Train and write the model package ``request.out``.

    Raises:
        UsageError: A parameter or architecture that does not exist.
        InputRefused: The pairs cannot be used, or the training diverged.
        Cancelled: The user stopped; the checkpoint in ``folder`` is kept.
    """
    training = SupervisedTraining(PROJECTION, request, folder, reporter)
    values = training.values
    holder = VolumeHolder(folder.path, reporter)
    fields, sources = load_fields(request, values, holder, reporter)
    learned, apart = split_fields(fields, values)
    reporter.log(
        f"Training on {len(learned)} fields, kept apart for judging: "
        f"{', '.join(field.name for field in apart)}."
    )
    pairs = [pair for field in learned for pair in field.pairs]
    training.take_patches_of_depth(max(len(pair.image) for pair in pairs))
    settings = training.settings
    columns = ColumnPairs(pairs, settings.patch, settings.seed)
    lesson = Lesson(
        PatchBatches(columns.draw, settings.batch_size, settings.seed, settings.augmentation),
        PairsJudge(validation_tensors(p for field in apart for p in field.pairs)),
        msgspec.structs.replace(apart[0].calibration, z_um=None),
    )
    shown = apart[0].pairs[0]
    facts = ModelFacts(
        percentiles=PERCENTILES,
        training_data=sources,
        voxel_size_um=voxel_range(fields),
        example=shown.image_scale.apply(shown.image[:16, :32, :32]),
        score=lambda network: score_fields(network, apart, reporter),
    )
    return training.run(lesson, facts, training.named_loss())


class ColumnPairs:
    """Patches of whole columns and their images.

    Args:
        pairs: Volumes (Z, Y, X) and targets (1, Y, X) in their own type.
        patch: Size to cut, (Z, Y, X), as deep as the deepest volume. Others are mirrored to that
            depth: their surface is there again and again, and its image remains the same.
        seed: Of the order in which places are visited.
    """

    def __init__(
        self, pairs: Sequence[NormalisedPair], patch: tuple[int, int, int], seed: int
    ) -> None:
        # as if each plane had the target, which costs no memory, so that both are cut alike
        alike = [p._replace(target=np.broadcast_to(p.target, p.image.shape)) for p in pairs]
        self._pairs = StackPairs(alike, patch, seed)

    def draw(self, number: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The normalised input (1, Z, Y, X) and target (1, Y, X) of one patch.

        Args:
            number: Of the patch, counted over the whole training.
            generator: Source of randomness.
        """
        image, target = self._pairs.draw(number, generator)
        return image, target[:, 0].contiguous()


def validation_tensors(pairs: Iterable[NormalisedPair]) -> list[ValidationPair]:
    """The middle columns of every volume kept apart, (1, 1, Z, Y, X), and their (1, 1, Y, X)."""
    tensors = []
    for pair in pairs:
        depth = len(pair.image)
        width = isqrt(VALIDATION_VOXELS // depth) // COLUMN_MULTIPLE * COLUMN_MULTIPLE
        width = max(width, COLUMN_MULTIPLE)
        z, y, x = middle_of(pair.image.shape, (depth, width, width))
        image = pair.image_scale.apply(np.ascontiguousarray(pair.image[z, y, x]))
        target = pair.target_scale.apply(np.ascontiguousarray(pair.target[:, y, x]))
        tensors.append((torch.from_numpy(image)[None, None], torch.from_numpy(target)[None]))
    return tensors


def score_fields(
    network: Network, apart: Sequence[PairedField], reporter: JobReporter
) -> list[Score]:
    """Maximum projection, tuned classical projection and the network's against the target.

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


def _scored(
    predictor: VolumePredictor, name: str, pair: NormalisedPair, reporter: JobReporter
) -> list[Score]:
    _, y, x = middle_of(pair.image.shape, LARGEST_SCORED)
    image, target = pair.image[:, y, x], pair.target[0, y, x]
    restored = np.empty((1, *target.shape), np.float32)

    def write(box: tuple[tuple[int, int], ...], values: np.ndarray) -> None:
        restored[slices_of(box)] = values

    normalised = pair.image_scale.apply(image)
    predictor.stream(
        OpenVolume(image.shape, lambda box: normalised[slices_of(box)], write),
        Course(lambda done, total: reporter.check_cancelled()),
    )
    raw, ours = (measure_agreement(a, target) for a in (image.max(axis=0), restored[0]))
    tuned, classical = best_projection(image, target)
    return [
        Score(
            data=name,
            metric=metric,
            normalisation="care",
            raw=getattr(raw, metric),
            baseline=getattr(classical, metric),
            baseline_name=tuned.name,
            restored=getattr(ours, metric),
        )
        for metric in METRICS
        if np.isfinite([getattr(each, metric) for each in (raw, classical, ours)]).all()
    ]
