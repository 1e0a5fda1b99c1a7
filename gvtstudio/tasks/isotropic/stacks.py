"""Stacks to learn from, in voxels as deep as wide; refused where nothing can be learned.

The network never sees anything but such voxels: cubes of unequal ones would teach it a wrong blur.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import InputRefused, StackUnsuitable
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.model_card import TrainingData
from gvtstudio.domain.parameters import Value, validated_values
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.domain.stack import Stack
from gvtstudio.imaging.isotropy import SMALLEST, anisotropy_db
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.resampled_stack import ResampledStack
from gvtstudio.imaging.resampling import Resampling, resample_volume
from gvtstudio.imaging.suitability import judge_volume, refuse_unsuitable
from gvtstudio.io.stacks import open_stack
from gvtstudio.simulation import RECIPES
from gvtstudio.training.cubes import IsotropicVolume
from gvtstudio.training.fields import known_voxel_size
from gvtstudio.training.validation import middle_of
from gvtstudio.training.volumes import VolumeHolder

FEWEST_PLANES = 8
"""Below, there are no XZ and YZ planes to speak of."""
SMALLEST_EDGE = 24
"""Of a cube that the discriminators can judge."""
LIKE_CUBES = 1.1
"""Voxels no deeper than so many times their width count as isotropic."""
AS_SHARP_DB = 1.2
"""Spectra that differ less are alike: simulations measure 0.5 to 1 where isotropic, else 2 to 4."""
SAME_SIZE = 0.02
"""Voxel sizes that differ by no more than this part are taken for the same, as in restoring."""
MEASURED = (128, 128, 128)
"""The middle of the volume that spectra are taken of."""
SIMULATED_SIZE = {"size_z": 24, "size_y": 128, "size_x": 128}

VoxelSize = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class IsotropicField:
    """A stack to learn from.

    Args:
        name: For sentences.
        voxel_um: As it was measured, along Z, Y and X.
        measured: Its volumes in its own voxels.
        volumes: The same in voxels as deep as wide.
        truth: What a simulated one should have shown.
    """

    name: str
    voxel_um: VoxelSize
    measured: list[np.ndarray]
    volumes: list[IsotropicVolume]
    truth: np.ndarray | None = None

    @property
    def edge_um(self) -> float:
        """Of an isotropic voxel."""
        return min(self.voxel_um)

    @property
    def calibration(self) -> Calibration:
        """Of the isotropic voxels."""
        edge = self.edge_um
        return Calibration(z_um=edge, y_um=edge, x_um=edge, source="file")


def load_fields(
    request: TrainRequest,
    values: Mapping[str, Value],
    holder: VolumeHolder,
    reporter: JobReporter,
) -> tuple[list[IsotropicField], list[TrainingData]]:
    """Every stack of the request.

    Raises:
        InputRefused: A stack cannot be learned from; the sentence names it.
    """
    share = float(values["saturated_percent"])
    percentiles = (share, 100 - share)
    if request.recipe:
        return _simulated(request.recipe, values, percentiles)
    if not request.stacks:
        raise InputRefused(
            "There is no stack to learn from.",
            "Give a stack: gvtstudio isotropic STACK --out DIR, or --stacks STACK.",
        )
    fields = []
    for i, path in enumerate(request.stacks):
        reporter.progress("Reading stacks", i, len(request.stacks), "stacks")
        opened = open_stack(Path(path), 0, request.voxel_size, request.axes)
        with closing(opened) as stack:
            field = _read(stack, percentiles, holder)
        judge_anisotropy(field, reporter)
        fields.append(field)
    reporter.progress("Reading stacks", len(fields), len(fields), "stacks")
    return fields, [TrainingData("User's own stacks", "", f"{len(fields)} stacks")]


def isotropic_resampling(shape: tuple[int, int, int], voxel_um: VoxelSize) -> Resampling:
    """To cubes with the shortest edge of a voxel, as the result of restoring has them."""
    edge = min(voxel_um)
    z, y, x = (1.0 if abs(size / edge - 1) < SAME_SIZE else size / edge for size in voxel_um)
    return Resampling.by(shape, (z, y, x))


def cube_edge(fields: list[IsotropicField], wanted: int, reporter: JobReporter) -> int:
    """Edge of the cubes, a multiple of four that fits into all stacks.

    Raises:
        StackUnsuitable: A stack is too small for any cube.
    """
    smallest, name = min(
        (min(volume.image.shape), field.name) for field in fields for volume in field.volumes
    )
    if smallest < SMALLEST_EDGE:
        raise StackUnsuitable(
            f"{name} is too small: in voxels as deep as wide its shortest side has {smallest} of "
            f"them, but cubes of {SMALLEST_EDGE} are needed to learn from.",
            "Take a larger field or more planes, or learn from a larger stack of the same kind.",
        )
    edge: int = min(wanted, smallest) // 4 * 4
    if edge < wanted:
        reporter.log(f"The cubes to learn from have an edge of {edge} voxels, not {wanted}.")
    return edge


def judge_anisotropy(field: IsotropicField, reporter: JobReporter) -> None:
    """Look whether there is anything to learn, by the voxel size and by the spectra.

    Raises:
        StackUnsuitable: The stack is isotropic already.
    """
    deeper = field.voxel_um[0] / max(field.voxel_um[1:])
    found = [_anisotropy(volume) for volume in field.volumes]
    known = [decibels for decibels in found if decibels is not None]
    differ = max(known, default=np.inf)
    are_cubes, is_sharp = deeper <= LIKE_CUBES, differ < AS_SHARP_DB
    if are_cubes and is_sharp:
        raise StackUnsuitable(
            f"{field.name} is isotropic already: its voxels are {deeper:.2g} times as deep as wide "
            f"and the spectra of its XZ and YZ planes fall like those of XY (within {differ:.1f} "
            "dB), so that there is nothing to learn.",
            "If its voxel size is wrong, give the right one with --voxel-size Z,Y,X in µm.",
        )
    if is_sharp:
        reporter.log(
            f"The XZ and YZ planes of {field.name} are hardly blurrier than XY (spectra within "
            f"{differ:.1f} dB); the gain will be small.",
            "warning",
        )
    else:
        reporter.log(
            f"{field.name}: voxels {deeper:.2g} times as deep as wide; the spectra of XZ and YZ "
            f"planes differ from those of XY by {differ:.1f} dB."
        )


def _anisotropy(volume: IsotropicVolume) -> float | None:
    part = volume.normalised(middle_of(volume.image.shape, MEASURED))
    return anisotropy_db(part) if min(part.shape) >= SMALLEST else None


def _read(stack: Stack, percentiles: tuple[float, float], holder: VolumeHolder) -> IsotropicField:
    info = stack.info
    refuse_unsuitable(info)
    times, planes, channels, height, width = info.shape
    if planes < FEWEST_PLANES:
        raise StackUnsuitable(
            f"{info.name} has too few planes: {planes}; at least {FEWEST_PLANES} are needed to "
            "learn how it looks along Z.",
            "Take a stack with more planes.",
        )
    voxel_um = known_voxel_size(info.calibration)
    if voxel_um is None:
        raise StackUnsuitable(
            f"The voxel size of {info.name} is not known, but making it isotropic needs the "
            "distance between the planes and the size of a pixel.",
            "Give the voxel size: --voxel-size Z,Y,X in µm, or the field Voxel size in the window.",
        )
    resampled = ResampledStack(stack, isotropic_resampling((planes, height, width), voxel_um))
    measured, volumes = [], []
    for t in range(times):
        for c in range(channels):
            raw = holder.hold(stack, t, c)
            if judge_volume(raw, info.name).is_constant:
                raise StackUnsuitable(
                    f"{info.name} has the same value everywhere: there is nothing to learn.",
                    "Check that the right file was chosen and that the shutter was open.",
                )
            scale = PercentileNormalization.of(raw, percentiles)
            measured.append(raw)
            volumes.append(IsotropicVolume(holder.hold(resampled, t, c), scale))
    return IsotropicField(info.name, voxel_um, measured, volumes)


def _simulated(
    name: str, values: Mapping[str, Value], percentiles: tuple[float, float]
) -> tuple[list[IsotropicField], list[TrainingData]]:
    recipes = {row.name: row for row in RECIPES.values() if row.task == "isotropic"}
    recipe = look_up(recipes, "recipe for isotropic", name)
    seed = int(values["seed"])
    simulate = load_callable(recipe.simulate)
    pair = simulate(validated_values(recipe.parameters, SIMULATED_SIZE), seed)
    voxel_um = known_voxel_size(pair.calibration)
    assert voxel_um is not None
    scale = PercentileNormalization.of(pair.noisy, percentiles)
    shape = isotropic_resampling(pair.noisy.shape, voxel_um).shape
    volume = IsotropicVolume(resample_volume(pair.noisy, shape), scale)
    field = IsotropicField(f"{name} {seed}", voxel_um, [pair.noisy], [volume], pair.truth)
    source = TrainingData(f"GVT Studio simulation {name}", "BSD-3-Clause", f"seed {seed}")
    return [field], [source]
