"""Train a network to predict stains from pairs or from a simulation, and judge it on the rest."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.training_parameters import training_values
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.tasks.label_free.lesson_plan import LessonPlan, chosen_spec, start_card
from gvtstudio.tasks.label_free.pairs import StainedData, load_data
from gvtstudio.tasks.label_free.scoring import StainScoring
from gvtstudio.tasks.label_free.spec import LABEL_FREE
from gvtstudio.training.batches import PatchBatches
from gvtstudio.training.fields import refuse_unfit_augmentation, split_fields, voxel_range
from gvtstudio.training.loop import Lesson
from gvtstudio.training.losses.masked import masked_cross_entropy, masked_squared_error
from gvtstudio.training.stained import StainedField, StainedPatches, View, validation_crops
from gvtstudio.training.stained_judge import StainedJudge
from gvtstudio.training.supervised import LIKE_ITS_PAIRS, ModelFacts, SupervisedTraining
from gvtstudio.training.verdict import RivalWords
from gvtstudio.training.volumes import VolumeHolder

EXAMPLE_OF_VOLUMES = (16, 32, 32)
EXAMPLE_OF_IMAGES = (1, 16, 16)
ANY_UM = (0.0, 1e6)
LIMITS = (
    LIKE_ITS_PAIRS,
    "It shows what a label would probably look like, not what is there: do not count, measure or "
    "diagnose on a prediction without checking it against true fluorescence.",
    "Other contrast (bright field, phase, DIC), optics, focus or cells than it learned from may be "
    "predicted wrongly and look right.",
)
RIVALS = RivalWords("the transmitted light itself", "the best simple filter of it")


def train(request: TrainRequest, folder: JobFolder, reporter: JobReporter) -> Finished:
    """Train and write the model package ``request.out``.

    Raises:
        UsageError: A parameter or architecture that does not exist.
        InputRefused: The pairs cannot be used, or the training diverged.
        Cancelled: The user stopped; the checkpoint in ``folder`` is kept.
    """
    rows, adapts = LABEL_FREE.train_parameters, bool(request.start_model)
    values = training_values(rows, request.parameters, adapts=adapts)
    card = start_card(request)
    spec = chosen_spec(request, card)
    plan = LessonPlan(request, values, spec, card)
    holder = VolumeHolder(folder.path, reporter)
    data = plan.fitted(load_data(request, values, plan.reading, holder, reporter))
    sized = msgspec.structs.replace(request, architecture_parameters=plan.network_values(data))
    training = SupervisedTraining(LABEL_FREE, sized, folder, reporter)
    view = View(plan.planes(data), training.network.needs.window)
    training.network.is_shown_surroundings = view.window > 0
    training.settings = replace(
        training.settings,
        patch=(1, view.window, view.window) if view.window else training.settings.patch,
        loss="masked_cross_entropy" if plan.has_classes else "masked_mse",
    )
    learned, apart = split_fields(data.fields, values)
    refuse_unfit_augmentation(training.settings.augmentation, data.fields)
    _say_what_is_learned(data, learned, apart, reporter)
    loss = masked_cross_entropy if plan.has_classes else masked_squared_error
    facts = ModelFacts(
        percentiles=(0.0, 100.0),
        training_data=data.sources,
        voxel_size_um=_voxel_range(data.fields, plan),
        example=_example(apart[0], view),
        score=StainScoring(apart, data.labels, reporter, training.settings.device),
        limits=LIMITS,
        work_voxel_um=(0.0, plan.pixel_um, plan.pixel_um) if plan.pixel_um else (),
        channels=data.labels,
        rivals=RIVALS,
        normalisation="mean_std",
        channel_scales=plan.channel_scales(data, learned),
        gives_one_plane=plan.gives_one_plane(data),
    )
    return training.run(_lesson(training, learned, apart, view), facts, loss)


def _lesson(
    training: SupervisedTraining,
    learned: Sequence[StainedField],
    apart: Sequence[StainedField],
    view: View,
) -> Lesson:
    settings = training.settings
    volumes = [volume for field in learned for volume in field.volumes]
    patches = StainedPatches(volumes, view, settings.patch, settings.seed)
    kept = (volume for field in apart for volume in field.volumes)
    return Lesson(
        PatchBatches(patches.draw, settings.batch_size, settings.seed, settings.augmentation),
        StainedJudge(validation_crops(kept, view, settings.patch[1])),
        apart[0].calibration,
    )


def _say_what_is_learned(
    data: StainedData,
    learned: Sequence[StainedField],
    apart: Sequence[StainedField],
    reporter: JobReporter,
) -> None:
    reporter.log(
        f"Training on {len(learned)} fields to predict {', '.join(data.labels)}; kept apart for "
        f"judging: {', '.join(field.name for field in apart)}."
    )
    for number, label in enumerate(data.labels):
        lacking = sum(volume.stains[number] is None for volume in data.volumes)
        if lacking:
            reporter.log(
                f"{label} is missing in {lacking} of {len(data.volumes)} volumes; it is learned "
                "from the others."
            )


def _voxel_range(
    fields: Sequence[StainedField], plan: LessonPlan
) -> tuple[tuple[float, float], ...]:
    """Of the stacks it learned from; any pixel size will do where all are brought to one."""
    known = voxel_range(fields)
    return (known[0], ANY_UM, ANY_UM) if known and plan.pixel_um else known


def _example(field: StainedField, view: View) -> np.ndarray:
    """A corner as the network takes it without surroundings, (C, Z, Y, X) or (C, Y, X)."""
    size = EXAMPLE_OF_IMAGES if view.planes else EXAMPLE_OF_VOLUMES
    shown = View(view.planes).shown(field.volumes[0], (0, 0, 0), size)
    return shown[:, 0] if view.planes else shown
