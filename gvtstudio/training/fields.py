"""Pairs of stacks as fields of view, and which of them are kept apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import InputRefused, StackUnsuitable, UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.training_parameters import NO_AUGMENTATION
from gvtstudio.imaging.suitability import judge_volume, refuse_unsuitable
from gvtstudio.io.stacks import open_stack
from gvtstudio.training.augmentations import AUGMENTATIONS
from gvtstudio.training.patches import NormalisedPair
from gvtstudio.training.volumes import VolumeHolder

LARGEST_ANISOTROPY = 1.1
FEW_FIELDS = 5

AnyField = TypeVar("AnyField")
VoxelSize = tuple[float, float, float]
Normalise = Callable[[np.ndarray, np.ndarray], NormalisedPair]
"""Input and target, (Z, Y, X), raw → the pair with its scales."""


class Field(Protocol):
    """A field of view, whatever its volumes are."""

    @property
    def name(self) -> str:
        """For sentences."""
        ...

    @property
    def voxel_um(self) -> VoxelSize | None:
        """Along Z, Y and X, where it is known."""
        ...

    @property
    def calibration(self) -> Calibration:
        """The voxel size as stacks carry it."""
        ...


@dataclass(frozen=True, slots=True)
class PairedField:
    """All volumes of one field of view: training and validation never share a field."""

    name: str
    pairs: list[NormalisedPair]
    voxel_um: VoxelSize | None

    @property
    def calibration(self) -> Calibration:
        """The voxel size as stacks carry it."""
        return calibration_with(self.voxel_um)


def calibration_with(voxel_um: VoxelSize | None) -> Calibration:
    """That of a stack with this voxel size."""
    if voxel_um is None:
        return Calibration()
    z, y, x = voxel_um
    return Calibration(z_um=z, y_um=y, x_um=x, source="file")


def known_voxel_size(calibration: Calibration) -> VoxelSize | None:
    """Along Z, Y and X; ``None`` where one of them is not known."""
    sizes = (calibration.z_um, calibration.y_um, calibration.x_um)
    z, y, x = (size or 0.0 for size in sizes)
    return (z, y, x) if all(sizes) else None


def read_fields(
    request: TrainRequest,
    normalise: Normalise,
    holder: VolumeHolder,
    reporter: JobReporter,
) -> list[PairedField]:
    """Fields from pairs of files whose stacks show the same voxels.

    Args:
        request: Names the pairs, and the voxel size where it was typed.
        normalise: Brings a pair to the network's scale.
        holder: Where the volumes are kept.
        reporter: Hears of every pair.

    Raises:
        InputRefused: A pair cannot be used; the sentence names it.
    """
    fields, count = [], len(request.pairs)
    for i, (image, target) in enumerate(request.pairs):
        reporter.progress("Reading pairs", i, count, "pairs")
        paths = Path(image), Path(target)
        fields.append(_field(paths, request, normalise, holder))
    reporter.progress("Reading pairs", count, count, "pairs")
    return fields


def split_fields(
    fields: Sequence[AnyField], values: Mapping[str, Value]
) -> tuple[list[AnyField], list[AnyField]]:
    """Fields to train on and fields kept apart, drawn by the seed.

    A verdict on a single field is chance, so that of a few at least two are kept apart.

    Raises:
        InputRefused: Fewer than two fields.
    """
    if len(fields) < 2:
        raise InputRefused(
            "One pair is not enough: a second field is needed to see whether the training works.",
            "Take at least two pairs, better five to ten, of different fields.",
        )
    least = 2 if len(fields) >= FEW_FIELDS else 1
    wanted = round(len(fields) * float(values["validation_fraction"]))
    apart = max(least, min(len(fields) - 1, wanted))
    order = np.random.default_rng(int(values["seed"])).permutation(len(fields))
    return [fields[i] for i in order[apart:]], [fields[i] for i in order[:apart]]


def refuse_unfit_augmentation(name: str, fields: Sequence[Field]) -> None:
    """Turning Z into Y and X is right only where voxels are as deep as wide.

    Args:
        name: Row of ``AUGMENTATIONS``, or none.
        fields: Those whose voxel size is not known are believed to fit.

    Raises:
        UsageError: It does not fit a field.
    """
    if name == NO_AUGMENTATION or not AUGMENTATIONS[name].needs_isotropic_voxels:
        return
    for field in fields:
        anisotropy = field.calibration.anisotropy
        if not 1 / LARGEST_ANISOTROPY <= anisotropy <= LARGEST_ANISOTROPY:
            raise UsageError(
                f"The augmentation {name} needs voxels as deep as wide, but those of {field.name} "
                f"are {anisotropy:.2g} times as deep.",
                "Choose flips-and-turns.",
            )


def voxel_range(fields: Sequence[Field]) -> tuple[tuple[float, float], ...]:
    """Lowest and highest voxel size along Z, Y and X, empty where none is known."""
    known = [field.voxel_um for field in fields if field.voxel_um]
    if not known:
        return ()
    return tuple((min(sizes), max(sizes)) for sizes in zip(*known, strict=True))


def _field(
    paths: tuple[Path, Path], request: TrainRequest, normalise: Normalise, holder: VolumeHolder
) -> PairedField:
    image_path, target_path = paths
    image_stack = open_stack(image_path, 0, request.voxel_size, request.axes)
    target_stack = open_stack(target_path, axes=request.axes)
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
                image, target = (holder.hold(stack, t, c) for stack in (image_stack, target_stack))
                _refuse_constant(image, target, image_path.name)
                pairs.append(normalise(image, target))
    finally:
        image_stack.close()
        target_stack.close()
    return PairedField(image_path.name, pairs, known_voxel_size(image_info.calibration))


def _refuse_constant(image: np.ndarray, target: np.ndarray, name: str) -> None:
    for volume, role in ((image, "input"), (target, "target")):
        if judge_volume(volume, name).is_constant:
            raise StackUnsuitable(
                f"The {role} {name} has the same value everywhere.", "Remove this pair."
            )
