"""Training pairs from files or from a simulation, and which of them are kept apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gvtstudio.domain.errors import InputRefused, StackUnsuitable
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.model_card import TrainingData
from gvtstudio.domain.parameters import Value, validated_values
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.domain.stack import read_volume
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.suitability import judge_volume, refuse_unsuitable
from gvtstudio.io.stacks import open_stack
from gvtstudio.simulation import RECIPES
from gvtstudio.training.patches import NormalisedPair

PERCENTILES = (2.0, 99.8)
SIMULATED_PHOTONS = (3.0, 100.0)
SIMULATED_SIZE = {"size_z": 24, "size_y": 128, "size_x": 128}


@dataclass(frozen=True, slots=True)
class PairedField:
    """All volumes of one field of view: training and validation never share a field."""

    name: str
    pairs: list[NormalisedPair]
    voxel_um: tuple[float, float, float] | None


def load_fields(
    request: TrainRequest, values: Mapping[str, Value], reporter: JobReporter
) -> tuple[list[PairedField], list[TrainingData]]:
    """Every field of the request, in memory.

    Raises:
        InputRefused: A pair cannot be used; the sentence names it.
    """
    if request.recipe:
        return _simulated_fields(request.recipe, values, reporter)
    fields = []
    for i, (image, target) in enumerate(request.pairs):
        reporter.progress("Reading pairs", i, len(request.pairs), "pairs")
        fields.append(_field(Path(image), Path(target), str(values["target_intensity"])))
    reporter.progress("Reading pairs", len(request.pairs), len(request.pairs), "pairs")
    return fields, [TrainingData("User's own pairs", "", f"{len(fields)} pairs of files")]


def split_fields(
    fields: Sequence[PairedField], values: Mapping[str, Value]
) -> tuple[list[PairedField], list[PairedField]]:
    """Fields to train on and fields kept apart, drawn by the seed.

    Raises:
        InputRefused: Fewer than two fields.
    """
    if len(fields) < 2:
        raise InputRefused(
            "One pair is not enough: a second field is needed to see whether the training works.",
            "Take at least two pairs, better five to ten, of different fields.",
        )
    apart = max(1, min(len(fields) - 1, round(len(fields) * float(values["validation_fraction"]))))
    order = np.random.default_rng(int(values["seed"])).permutation(len(fields))
    return [fields[i] for i in order[apart:]], [fields[i] for i in order[:apart]]


def _field(image_path: Path, target_path: Path, target_intensity: str) -> PairedField:
    image_stack, target_stack = open_stack(image_path), open_stack(target_path)
    try:
        image_info, target_info = image_stack.info, target_stack.info
        for info in (image_info, target_info):
            refuse_unsuitable(info)
        if image_info.shape != target_info.shape:
            raise StackUnsuitable(
                f"{image_path.name} has different sizes in the two folders: {image_info.shape} and "
                f"{target_info.shape} along T, Z, C, Y, X.",
                "Crop or register the two stacks so that they show the same voxels.",
            )
        pairs = []
        for t in range(image_info.shape[0]):
            for c in range(image_info.shape[2]):
                volumes = [read_volume(stack, t, c) for stack in (image_stack, target_stack)]
                pairs.append(_pair(volumes[0], volumes[1], target_intensity, image_path.name))
    finally:
        image_stack.close()
        target_stack.close()
    calibration = image_info.calibration
    sizes = (calibration.z_um, calibration.y_um, calibration.x_um)
    z, y, x = (size or 0.0 for size in sizes)
    return PairedField(image_path.name, pairs, (z, y, x) if all(sizes) else None)


def _pair(
    image: np.ndarray, target: np.ndarray, target_intensity: str, name: str
) -> NormalisedPair:
    for volume, role in ((image, "input"), (target, "target")):
        if judge_volume(volume, name).is_constant:
            raise StackUnsuitable(
                f"The {role} {name} has the same value everywhere.", "Remove this pair."
            )
    scale = PercentileNormalization.of(image, PERCENTILES)
    own = PercentileNormalization.of(target, PERCENTILES)
    return NormalisedPair(image, target, scale, own if target_intensity == "own" else scale)


def _simulated_fields(
    recipe_name: str, values: Mapping[str, Value], reporter: JobReporter
) -> tuple[list[PairedField], list[TrainingData]]:
    recipe = look_up(RECIPES, "recipe", recipe_name)
    simulate = load_callable(recipe.simulate)
    count, first = int(values["simulated_stacks"]), 1000 * int(values["seed"])
    levels = np.geomspace(*SIMULATED_PHOTONS, count)
    fields = []
    for i, level in enumerate(levels):
        reporter.progress("Simulating", i, count, "stacks")
        given = {**SIMULATED_SIZE, "photons": float(level)}
        pair = simulate(validated_values(recipe.parameters, given), first + i)
        scale = PercentileNormalization.of(pair.noisy, PERCENTILES)
        size = pair.calibration
        fields.append(
            PairedField(
                f"{recipe_name} {first + i}",
                [NormalisedPair(pair.noisy, pair.truth, scale, scale)],
                (size.z_um, size.y_um, size.x_um),
            )
        )
    reporter.progress("Simulating", count, count, "stacks")
    detail = f"{count} stacks, seeds from {first}, {levels[0]:g} to {levels[-1]:g} photons"
    return fields, [TrainingData(f"GVT Studio simulation {recipe_name}", "BSD-3-Clause", detail)]
