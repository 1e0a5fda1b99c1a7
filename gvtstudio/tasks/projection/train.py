"""Train a projecting network from pairs or from a simulation, and judge it on fields kept apart."""

from collections.abc import Iterable, Sequence
from math import isqrt

import msgspec
import numpy as np
import torch
from torch import Tensor

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.projections import best_projection
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.tasks.projection.pairs import PERCENTILES, load_fields
from gvtstudio.tasks.projection.spec import PROJECTION
from gvtstudio.training.batches import PatchBatches
from gvtstudio.training.fields import split_fields, voxel_range
from gvtstudio.training.loop import Lesson
from gvtstudio.training.patches import NormalisedPair, StackPairs
from gvtstudio.training.scoring import FieldScoring, Rivals
from gvtstudio.training.supervised import ModelFacts, SupervisedTraining
from gvtstudio.training.validation import PairsJudge, ValidationPair, middle_of
from gvtstudio.training.verdict import RivalWords
from gvtstudio.training.volumes import VolumeHolder

VALIDATION_VOXELS = 1 << 20
"""At most, of a volume kept apart; the network sees whole columns, so its width gives way."""
COLUMN_MULTIPLE = 16
"""Widths that all networks for projection take without mirroring."""
PROJECTIONS = Rivals(
    raw=lambda volume: volume.max(axis=0, keepdims=True),
    classical=lambda volume, target: best_projection(volume, target[0]),
    see_whole_depth=True,
)


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
        score=FieldScoring(apart, reporter, PROJECTIONS, training.prediction),
        rivals=RivalWords("the maximum projections", "the best classical projection"),
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
