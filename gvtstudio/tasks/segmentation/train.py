"""Train a segmenting network from labelled stacks, and judge it on fields kept apart."""

from collections.abc import Mapping

import msgspec

from gvtstudio.domain.errors import ModelRefused, UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.training_parameters import training_values
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.model_shelf import find_model
from gvtstudio.tasks.segmentation.pairs import PERCENTILES, LabelledData, keep_apart, load_data
from gvtstudio.tasks.segmentation.scoring import SegmentationScoring
from gvtstudio.tasks.segmentation.spec import SEGMENTATION
from gvtstudio.training.batches import PatchBatches
from gvtstudio.training.fields import refuse_unfit_augmentation, voxel_range
from gvtstudio.training.labelled import LabelledPatches
from gvtstudio.training.labels_judge import LabelsJudge, validation_crops
from gvtstudio.training.loop import Lesson
from gvtstudio.training.supervised import ModelFacts, SupervisedTraining
from gvtstudio.training.verdict import RivalWords
from gvtstudio.training.volumes import VolumeHolder

EXAMPLE_SIZE = (16, 32, 32)


def train(request: TrainRequest, folder: JobFolder, reporter: JobReporter) -> Finished:
    """Train and write the model package ``request.out``.

    Raises:
        UsageError: A parameter or architecture that does not exist.
        InputRefused: The pairs cannot be used, or the training diverged.
        Cancelled: The user stopped; the checkpoint in ``folder`` is kept.
    """
    rows, adapts = SEGMENTATION.train_parameters, bool(request.start_model)
    values = training_values(rows, request.parameters, adapts=adapts)
    data = load_data(request, values, VolumeHolder(folder.path, reporter), reporter)
    learned, apart = keep_apart(data.fields, values)
    labels = _labels_to_learn(request, data)
    sized = msgspec.structs.replace(
        request,
        architecture_parameters=_network_values(request.architecture_parameters, data, labels),
    )
    training = SupervisedTraining(SEGMENTATION, sized, folder, reporter)
    settings = training.settings
    refuse_unfit_augmentation(settings.augmentation, data.fields)
    reporter.log(
        f"Training on {len(learned)} fields with {data.channels} channels to tell "
        f"{len(labels)} labels apart ({', '.join(map(str, labels))}), kept apart for judging: "
        f"{', '.join(field.name for field in apart)}."
    )
    volumes = [volume for field in learned for volume in field.volumes]
    patches = LabelledPatches(volumes, labels, settings.patch, settings.seed)
    crops = validation_crops((v for field in apart for v in field.volumes), labels)
    lesson = Lesson(
        PatchBatches(patches.draw, settings.batch_size, settings.seed, settings.augmentation),
        LabelsJudge(crops, labels),
        apart[0].calibration,
    )
    scoring = SegmentationScoring(learned, apart, labels, training.prediction)
    facts = ModelFacts(
        percentiles=PERCENTILES,
        training_data=data.sources,
        voxel_size_um=voxel_range(data.fields),
        example=apart[0].volumes[0].normalised((0, 0, 0), EXAMPLE_SIZE),
        score=lambda network: scoring(network, reporter),
        labels=labels,
        rivals=RivalWords("the commonest label everywhere", "the best clustering"),
    )
    return training.run(lesson, facts, training.named_loss())


def _labels_to_learn(request: TrainRequest, data: LabelledData) -> tuple[int, ...]:
    """Those of the pairs, or all of the model to start from, whose classes stay what they are.

    Raises:
        ModelRefused: The pairs do not fit the model to start from.
    """
    if not request.start_model:
        return data.labels
    card = read_card(find_model(request.start_model))
    if card.task != SEGMENTATION.name:
        return data.labels  # it is refused where it is loaded
    unknown = [str(label) for label in data.labels if label not in card.labels]
    if unknown:
        raise ModelRefused(
            f"{card.name} does not know the label {unknown[0]} of your pairs.",
            f"Use the labels {', '.join(map(str, card.labels))}, or start from nothing.",
        )
    channels = card.architecture_parameters.get("in_channels", data.channels)
    if channels != data.channels:
        raise ModelRefused(
            f"{card.name} takes stacks of {channels} channels, but yours have {data.channels}.",
            "Give stacks with the same channels, or start from nothing.",
        )
    return card.labels


def _network_values(
    given: Mapping[str, Value], data: LabelledData, labels: tuple[int, ...]
) -> dict[str, Value]:
    """Parameters of the network, of which the pairs settle two.

    Raises:
        UsageError: The user asked for others than these.
    """
    settled: dict[str, Value] = {"in_channels": data.channels, "classes": len(labels)}
    for name, value in settled.items():
        if given.get(name, value) != value:
            raise UsageError(
                f"{name} cannot be {given[name]}: the pairs have {value}.",
                f"Leave {name} out; it follows from the pairs.",
            )
    return {**given, **settled}
