"""Volumes and the images of the surface in them, from files or from a simulation."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.model_card import TrainingData
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.suitability import judge_volume, refuse_unsuitable
from gvtstudio.io.stacks import open_stack
from gvtstudio.simulation.pair import SimulatedPair
from gvtstudio.training.fields import PairedField, known_voxel_size
from gvtstudio.training.patches import NormalisedPair
from gvtstudio.training.simulated import SimulatedStacks
from gvtstudio.training.volumes import VolumeHolder

PERCENTILES = (2.0, 99.8)
SIMULATED_PHOTONS = (4.0, 40.0)
SIMULATED_SIZE = {"size_z": 40, "size_y": 128, "size_x": 128}


def load_fields(
    request: TrainRequest,
    values: Mapping[str, Value],
    holder: VolumeHolder,
    reporter: JobReporter,
) -> tuple[list[PairedField], list[TrainingData]]:
    """Every field of the request: pairs of a volume (Z, Y, X) and its target (1, Y, X).

    Raises:
        InputRefused: A pair cannot be used; the sentence names it.
    """
    if request.recipe:
        return _simulated_fields(request.recipe, values, reporter)
    has_own_scale = values["target_intensity"] == "own"
    fields, count = [], len(request.pairs)
    for i, (image, target) in enumerate(request.pairs):
        reporter.progress("Reading pairs", i, count, "pairs")
        paths = Path(image), Path(target)
        fields.append(_field(paths, request, has_own_scale, holder))
    reporter.progress("Reading pairs", count, count, "pairs")
    return fields, [TrainingData("User's own pairs", "", f"{count} pairs of files")]


def _field(
    paths: tuple[Path, Path], request: TrainRequest, has_own_scale: bool, holder: VolumeHolder
) -> PairedField:
    image_path, target_path = paths
    # the target has planes of its own kind: one
    image_stack = open_stack(image_path, 0, request.voxel_size, request.axes)
    target_stack = open_stack(target_path)
    try:
        info = image_stack.info
        _refuse_unfit(image_path.name, info, target_stack.info)
        pairs = [
            _pair(image_stack, target_stack, (t, c), has_own_scale, holder)
            for t in range(info.shape[0])
            for c in range(info.shape[2])
        ]
    finally:
        image_stack.close()
        target_stack.close()
    return PairedField(image_path.name, pairs, known_voxel_size(info.calibration))


def _refuse_unfit(name: str, image: StackInfo, target: StackInfo) -> None:
    """What can be told of a pair without looking at a voxel.

    Raises:
        StackUnsuitable: The two are not a volume and its projection.
    """
    for info in (image, target):
        refuse_unsuitable(info)
    frames, depth, channels, *size = image.shape
    target_frames, target_depth, target_channels, *target_size = target.shape
    if depth == 1 and target_depth > 1:
        raise StackUnsuitable(
            f"Of {name} the input is a single plane and the target a volume: the two folders are "
            "swapped.",
            "Name the folder of the volumes first.",
        )
    if depth == 1:
        raise StackUnsuitable(
            f"The input {name} is a single plane, in which no surface can be found.",
            "Give the whole volume, or train denoising with images that are projected already.",
        )
    if target_depth > 1:
        raise StackUnsuitable(
            f"The target {name} has {target_depth} planes, but a projection has one.",
            "Give the good projection as target, or train denoising with pairs of volumes.",
        )
    if size != target_size or frames != target_frames:
        raise StackUnsuitable(
            f"{name} has different sizes in the two folders: {frames} time points of "
            f"{size[0]} × {size[1]} pixels and {target_frames} of "
            f"{target_size[0]} × {target_size[1]}.",
            "Crop or register the two so that they show the same field at the same times.",
        )
    if channels > target_channels:
        raise StackUnsuitable(
            f"The input {name} has {channels} channels, its target {target_channels}.",
            "Save the channel that the target shows as a stack of its own.",
        )


def _pair(
    image_stack: Stack,
    target_stack: Stack,
    place: tuple[int, int],
    has_own_scale: bool,
    holder: VolumeHolder,
) -> NormalisedPair:
    """Those of a time point and channel; channels the target has beyond are left alone."""
    image, target = (holder.hold(stack, *place) for stack in (image_stack, target_stack))
    name = image_stack.info.name
    for volume, role in ((image, "input"), (target, "target")):
        if judge_volume(volume, name).is_constant:
            raise StackUnsuitable(
                f"The {role} {name} has the same value everywhere.", "Remove this pair."
            )
    scale = PercentileNormalization.of(image, PERCENTILES)
    own = PercentileNormalization.of(target, PERCENTILES) if has_own_scale else scale
    return NormalisedPair(image, target, scale, own)


def projected_field(name: str, pair: SimulatedPair) -> PairedField:
    """A simulated volume and its projection."""
    scale = PercentileNormalization.of(pair.noisy, PERCENTILES)
    projection = pair.truth[:, 0]  # the other channel is the height
    normalised = NormalisedPair(pair.noisy, projection, scale, scale)
    return PairedField(name, [normalised], known_voxel_size(pair.calibration))


def _simulated_fields(
    recipe_name: str, values: Mapping[str, Value], reporter: JobReporter
) -> tuple[list[PairedField], list[TrainingData]]:
    stacks = SimulatedStacks("projection", recipe_name, int(values["seed"]))
    levels = np.geomspace(*SIMULATED_PHOTONS, int(values["simulated_stacks"]))
    given = [{**SIMULATED_SIZE, "photons": float(level)} for level in levels]
    fields = [projected_field(name, pair) for name, pair in stacks.every(given, reporter)]
    low, high = SIMULATED_PHOTONS
    return fields, [stacks.source(len(fields), f"{low:g} to {high:g} photons")]
