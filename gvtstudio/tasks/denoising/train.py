"""Train a denoising network from pairs or from a simulation, and judge it on fields kept apart."""

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.tasks.denoising.pairs import PERCENTILES, load_fields, look_swapped
from gvtstudio.tasks.denoising.spec import DENOISING
from gvtstudio.training.batches import PatchBatches
from gvtstudio.training.fields import refuse_unfit_augmentation, split_fields, voxel_range
from gvtstudio.training.loop import Lesson
from gvtstudio.training.patches import StackPairs
from gvtstudio.training.scoring import FieldScoring
from gvtstudio.training.supervised import ModelFacts, SupervisedTraining
from gvtstudio.training.validation import PairsJudge, validation_tensors
from gvtstudio.training.volumes import VolumeHolder


def train(request: TrainRequest, folder: JobFolder, reporter: JobReporter) -> Finished:
    """Train and write the model package ``request.out``.

    Raises:
        UsageError: A parameter or architecture that does not exist.
        InputRefused: The pairs cannot be used, or the training diverged.
        Cancelled: The user stopped; the checkpoint in ``folder`` is kept.
    """
    training = SupervisedTraining(DENOISING, request, folder, reporter)
    values, settings = training.values, training.settings
    holder = VolumeHolder(folder.path, reporter)
    fields, sources = load_fields(request, values, holder, reporter)
    learned, apart = split_fields(fields, values)
    refuse_unfit_augmentation(settings.augmentation, fields)
    if look_swapped(fields):
        reporter.log(
            "Most targets are noisier than their inputs: the two folders look swapped. Stop, and "
            "name the folder of the noisy stacks first.",
            "warning",
        )
    reporter.log(
        f"Training on {len(learned)} fields, kept apart for judging: "
        f"{', '.join(field.name for field in apart)}."
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
        training_data=sources,
        voxel_size_um=voxel_range(fields),
        example=image if training.spec.spatial_dims == 3 else image[0],
        score=FieldScoring(apart, reporter, settings=training.prediction),
    )
    return training.run(lesson, facts, training.named_loss())
