"""Training pairs from files or from a simulation."""

from collections.abc import Mapping, Sequence

import numpy as np

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.model_card import TrainingData
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.noise_share import CLEARLY_NOISIER, noise_share
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.training.fields import PairedField, known_voxel_size, read_fields
from gvtstudio.training.patches import NormalisedPair
from gvtstudio.training.simulated import SimulatedStacks
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

    fields = read_fields(request, normalise, holder, reporter)
    return fields, [TrainingData("User's own pairs", "", f"{len(fields)} pairs of files")]


def _simulated_fields(
    recipe_name: str, values: Mapping[str, Value], reporter: JobReporter
) -> tuple[list[PairedField], list[TrainingData]]:
    stacks = SimulatedStacks("denoising", recipe_name, int(values["seed"]))
    levels = np.geomspace(*SIMULATED_PHOTONS, int(values["simulated_stacks"]))
    given = [{**SIMULATED_SIZE, "photons": float(level)} for level in levels]
    fields = []
    for name, pair in stacks.every(given, reporter):
        scale = PercentileNormalization.of(pair.noisy, PERCENTILES)
        normalised = NormalisedPair(pair.noisy, pair.truth, scale, scale)
        fields.append(PairedField(name, [normalised], known_voxel_size(pair.calibration)))
    low, high = SIMULATED_PHOTONS
    return fields, [stacks.source(len(fields), f"{low:g} to {high:g} photons")]


def look_swapped(fields: Sequence[PairedField]) -> bool:
    """Whether most targets are clearly noisier than their inputs, judged by their middle planes."""
    votes = []
    for image, target, _, _ in (pair for field in fields for pair in field.pairs):
        middle = len(image) // 2
        if min(image.shape[1:]) > 1:
            noise = noise_share(target[middle]), noise_share(image[middle])
            votes.append(noise[0] > CLEARLY_NOISIER * noise[1])
    return sum(votes) > len(votes) / 2
