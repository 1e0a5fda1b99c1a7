"""Train a network from pairs at two magnifications, and judge it on fields kept apart."""

from gvtstudio.domain.errors import ModelRefused
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.model_shelf import find_model
from gvtstudio.tasks.super_resolution.pairs import PERCENTILES, MagnifiedData, load_data
from gvtstudio.tasks.super_resolution.registering import SAME_SCALE
from gvtstudio.tasks.super_resolution.scoring import ENLARGED, SharpeningScoring
from gvtstudio.tasks.super_resolution.spec import SUPER_RESOLUTION
from gvtstudio.training.batches import PatchBatches
from gvtstudio.training.fields import refuse_unfit_augmentation, split_fields
from gvtstudio.training.loop import Lesson
from gvtstudio.training.patches import StackPairs
from gvtstudio.training.supervised import LIKE_ITS_PAIRS, ModelFacts, SupervisedTraining
from gvtstudio.training.validation import PairsJudge, validation_tensors
from gvtstudio.training.volumes import VolumeHolder


def train(request: TrainRequest, folder: JobFolder, reporter: JobReporter) -> Finished:
    """Train and write the model package ``request.out``.

    Raises:
        UsageError: A parameter or architecture that does not exist.
        InputRefused: The pairs cannot be used, or the training diverged.
        Cancelled: The user stopped; the checkpoint in ``folder`` is kept.
    """
    training = SupervisedTraining(SUPER_RESOLUTION, request, folder, reporter)
    values, settings = training.values, training.settings
    data = load_data(request, values, VolumeHolder(folder.path, reporter), reporter)
    _refuse_other_magnification(request, data)
    fields = data.fields
    learned, apart = split_fields(fields, values)
    refuse_unfit_augmentation(settings.augmentation, fields)
    reporter.log(
        f"Training on {len(learned)} fields to make pixels {data.magnification:g} times finer, "
        f"kept apart for judging: {', '.join(field.name for field in apart)}."
    )
    pairs = StackPairs([p for field in learned for p in field.pairs], settings.patch, settings.seed)
    lesson = Lesson(
        PatchBatches(pairs.draw, settings.batch_size, settings.seed, settings.augmentation),
        PairsJudge(validation_tensors(p for field in apart for p in field.pairs)),
        apart[0].calibration,
    )
    shown = apart[0].pairs[0]
    image = shown.image_scale.apply(shown.image[:16, :32, :32])
    facts = ModelFacts(
        percentiles=PERCENTILES,
        training_data=data.sources,
        voxel_size_um=_range(data),
        example=image if training.spec.spatial_dims == 3 else image[0],
        score=SharpeningScoring(apart, reporter, training.prediction),
        limits=(
            LIKE_ITS_PAIRS,
            f"Only for images whose pixels are to become {data.magnification:g} times finer.",
        ),
        magnification=data.magnification,
        rivals=ENLARGED,
    )
    return training.run(lesson, facts, training.named_loss())


def _refuse_other_magnification(request: TrainRequest, data: MagnifiedData) -> None:
    if not request.start_model:
        return
    card = read_card(find_model(request.start_model))
    if abs(card.magnification / data.magnification - 1) > SAME_SCALE:
        raise ModelRefused(
            f"{card.name} makes pixels {card.magnification:g} times finer, but your pairs are "
            f"{data.magnification:g} times finer.",
            "Start from a model of that magnification, or from nothing.",
        )


def _range(data: MagnifiedData) -> tuple[tuple[float, float], ...]:
    """Lowest and highest voxel size of the inputs along Z, Y and X; empty where none is known."""
    if not data.voxel_um:
        return ()
    return tuple((min(sizes), max(sizes)) for sizes in zip(*data.voxel_um, strict=True))
