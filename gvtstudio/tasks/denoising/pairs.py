"""Training pairs from files or from a simulation."""

from collections.abc import Mapping

import numpy as np

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.model_card import TrainingData
from gvtstudio.domain.parameters import Value, validated_values
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.simulation import RECIPES
from gvtstudio.training.fields import PairedField, read_fields
from gvtstudio.training.patches import NormalisedPair
from gvtstudio.training.volumes import VolumeHolder

PERCENTILES = (2.0, 99.8)
SIMULATED_PHOTONS = (3.0, 100.0)
SIMULATED_SIZE = {"size_z": 24, "size_y": 128, "size_x": 128}


def load_fields(
    request: TrainRequest,
    values: Mapping[str, Value],
    holder: VolumeHolder,
    reporter: JobReporter,
) -> tuple[list[PairedField], list[TrainingData]]:
    """Every field of the request.

    Raises:
        InputRefused: A pair cannot be used; the sentence names it.
    """
    if request.recipe:
        return _simulated_fields(request.recipe, values, reporter)
    has_own_scale = values["target_intensity"] == "own"

    def normalise(image: np.ndarray, target: np.ndarray) -> NormalisedPair:
        scale = PercentileNormalization.of(image, PERCENTILES)
        own = PercentileNormalization.of(target, PERCENTILES) if has_own_scale else scale
        return NormalisedPair(image, target, scale, own)

    fields = read_fields(request.pairs, normalise, holder, reporter)
    return fields, [TrainingData("User's own pairs", "", f"{len(fields)} pairs of files")]


def _simulated_fields(
    recipe_name: str, values: Mapping[str, Value], reporter: JobReporter
) -> tuple[list[PairedField], list[TrainingData]]:
    recipes = {name: recipe for name, recipe in RECIPES.items() if recipe.task == "denoising"}
    recipe = look_up(recipes, "recipe for denoising", recipe_name)
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
