"""Stacks and their label volumes, from files or from a simulation."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gvtstudio.domain.errors import InputRefused, StackUnsuitable, UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.model_card import TrainingData
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.overlap import holds_labels
from gvtstudio.imaging.suitability import judge_volume, refuse_unsuitable
from gvtstudio.io.stacks import open_stack
from gvtstudio.training.fields import known_voxel_size, split_fields
from gvtstudio.training.labelled import LabelledField, LabelledVolume
from gvtstudio.training.simulated import SimulatedStacks
from gvtstudio.training.volumes import VolumeHolder

PERCENTILES = (2.0, 99.8)
MOST_CLASSES = 255
SIMULATED_SNR = (3.0, 12.0)
SIMULATED = {"size_z": 32, "size_y": 96, "size_x": 96, "bias_field": 0.3}
"""Hard enough that brightness alone does not tell the tissues apart."""


@dataclass(frozen=True, slots=True)
class LabelledData:
    """Everything a segmentation learns from.

    Args:
        fields: In the order of the request.
        labels: All that occur, rising; their places are the classes of the network.
        sources: For the model card.
    """

    fields: list[LabelledField]
    labels: tuple[int, ...]
    sources: list[TrainingData]

    @property
    def channels(self) -> int:
        """Of every volume."""
        return len(self.fields[0].volumes[0].channels)


def load_data(
    request: TrainRequest,
    values: Mapping[str, Value],
    holder: VolumeHolder,
    reporter: JobReporter,
) -> LabelledData:
    """Every field of the request, and the labels they have.

    Raises:
        InputRefused: A pair cannot be used; the sentence names it.
    """
    if request.recipe:
        fields, sources = _simulated_fields(request.recipe, values, reporter)
    else:
        fields, sources = _fields_of_files(request, holder, reporter), []
        sources.append(TrainingData("User's own pairs", "", f"{len(fields)} pairs of files"))
    _refuse_other_channels(fields)
    found: set[int] = set()
    for field in fields:
        for volume in field.volumes:
            found |= _labels_in(volume.labels, field.name)
            _refuse_too_many(found, field.name)
    if len(found) == 1:
        raise InputRefused(
            f"All voxels of all label volumes have the label {found.pop()}: there is nothing to "
            "tell apart.",
            "See whether the second folder holds the labels.",
        )
    return LabelledData(fields, tuple(sorted(found)), sources)


def keep_apart(
    fields: Sequence[LabelledField], values: Mapping[str, Value]
) -> tuple[list[LabelledField], list[LabelledField]]:
    """Fields to train on and fields kept apart: the one named, or some drawn by the seed.

    Raises:
        InputRefused: Fewer than two fields.
        UsageError: There is no field of that number.
    """
    number = int(values["leave_out"])
    if number > len(fields):
        raise UsageError(
            f"There is no pair number {number} to leave out.",
            f"Give a number from 1 to {len(fields)}, or 0.",
        )
    learned, apart = split_fields(fields, values)
    if not number:
        return learned, apart
    return [*fields[: number - 1], *fields[number:]], [fields[number - 1]]


def _fields_of_files(
    request: TrainRequest, holder: VolumeHolder, reporter: JobReporter
) -> list[LabelledField]:
    fields, count = [], len(request.pairs)
    for i, (image, labels) in enumerate(request.pairs):
        reporter.progress("Reading pairs", i, count, "pairs")
        fields.append(_field((Path(image), Path(labels)), request, holder))
    reporter.progress("Reading pairs", count, count, "pairs")
    return fields


def _field(paths: tuple[Path, Path], request: TrainRequest, holder: VolumeHolder) -> LabelledField:
    image_path, labels_path = paths
    name = image_path.name
    with ExitStack() as stacks:
        # the labels have planes of their own kind: no channels
        opened = open_stack(image_path, 0, request.voxel_size, request.axes)
        stack = stacks.enter_context(closing(opened))
        truth = stacks.enter_context(closing(open_stack(labels_path)))
        _refuse_unfit(name, stack.info, truth.info)
        volumes = []
        for t in range(stack.info.shape[0]):
            channels = tuple(holder.hold(stack, t, c) for c in range(stack.info.shape[2]))
            for number, channel in enumerate(channels, start=1):
                if judge_volume(channel, name).is_constant:
                    raise StackUnsuitable(
                        f"Channel {number} of {name} has the same value everywhere.",
                        "Remove this pair, or this channel from all of them.",
                    )
            scales = tuple(PercentileNormalization.of(c, PERCENTILES) for c in channels)
            volumes.append(LabelledVolume(channels, scales, holder.hold(truth, t, 0)))
        return LabelledField(name, volumes, known_voxel_size(stack.info.calibration))


def _refuse_unfit(name: str, image: StackInfo, labels: StackInfo) -> None:
    """What can be told of a pair without looking at a voxel.

    Raises:
        StackUnsuitable: The two are not a stack and its labels.
    """
    for info in (image, labels):
        refuse_unsuitable(info)
    if labels.shape[2] != 1:
        raise StackUnsuitable(
            f"The label volume of {name} has {labels.shape[2]} channels, but every voxel has one "
            "label.",
            "Give the stacks in the first folder and label volumes of one channel in the second.",
        )
    sizes = [info.shape[:2] + info.shape[3:] for info in (image, labels)]
    if sizes[0] != sizes[1]:
        raise StackUnsuitable(
            f"{name} has different sizes in the two folders: {sizes[0]} and {sizes[1]} along T, Z, "
            "Y, X.",
            "Crop or register the two so that they show the same voxels.",
        )


def _refuse_other_channels(fields: Sequence[LabelledField]) -> None:
    first = fields[0] if fields else None
    for field in fields:
        expected, found = (len(f.volumes[0].channels) for f in (first or field, field))
        if found != expected:
            raise StackUnsuitable(
                f"{field.name} has {_counted(found)}, but {fields[0].name} has "
                f"{_counted(expected)}.",
                "Give stacks with the same channels in the same order.",
            )


def _labels_in(volume: np.ndarray, name: str) -> set[int]:
    """The labels of a volume.

    Raises:
        StackUnsuitable: A value is no label.
    """
    found: set[int] = set()
    for plane in volume:
        if not holds_labels(plane):
            raise StackUnsuitable(
                f"The label volume of {name} holds values with fractions, or none at all; labels "
                "are whole numbers.",
                "See whether the folders are swapped, or the labels were smoothed or resampled.",
            )
        found.update(map(int, np.unique(plane)))
    if min(found) < 0:
        raise StackUnsuitable(
            f"The label volume of {name} holds the negative label {min(found)}.",
            "Give whole numbers from 0, where 0 is the background.",
        )
    return found


def _refuse_too_many(found: set[int], name: str) -> None:
    if len(found) > MOST_CLASSES:
        raise StackUnsuitable(
            f"With {name} there are {len(found)} labels, but at most {MOST_CLASSES} can be told "
            "apart.",
            "Labels name kinds of tissue, not every single cell: give all of a kind one number. "
            "See also whether the folders are swapped.",
        )


def _counted(channels: int) -> str:
    return f"{channels} channel{'' if channels == 1 else 's'}"


def _simulated_fields(
    recipe_name: str, values: Mapping[str, Value], reporter: JobReporter
) -> tuple[list[LabelledField], list[TrainingData]]:
    stacks = SimulatedStacks("segmentation", recipe_name, int(values["seed"]))
    # in another order than that of the fields, so that any one left out is as clear as the others
    levels = np.random.default_rng(stacks.first_seed).permutation(
        np.geomspace(*SIMULATED_SNR, int(values["simulated_stacks"]))
    )
    given = [{**SIMULATED, "snr": float(level)} for level in levels]
    fields = []
    for name, pair in stacks.every(given, reporter):
        channels = tuple(np.ascontiguousarray(channel) for channel in pair.noisy.swapaxes(0, 1))
        scales = tuple(PercentileNormalization.of(c, PERCENTILES) for c in channels)
        volume = LabelledVolume(channels, scales, pair.truth)
        fields.append(LabelledField(name, [volume], known_voxel_size(pair.calibration)))
    low, high = SIMULATED_SNR
    return fields, [stacks.source(len(fields), f"signal to noise {low:g} to {high:g}")]
