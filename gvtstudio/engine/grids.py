"""The voxels a network works on, where they are others than those of the stack."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from math import prod

import msgspec

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import ModelRefused, StackUnsuitable
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.region import Region
from gvtstudio.domain.seen_voxels import nearest_seen, seen_ranges
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.engine.answer_on_grid import WayBack
from gvtstudio.imaging.resampled_stack import ResampledStack, resampled_calibration
from gvtstudio.imaging.resampling import (
    AxisResampling,
    Resampling,
    back_again,
    region_of_result,
)

Factors = tuple[float, float, float]

SAME_SIZE = 0.02
"""Voxel sizes that differ by no more than this part are taken for the same."""
LEAST_PIXELS = 8
"""Along Y and X: of a smaller image no network makes anything."""
MUCH_GROWTH = 8.0
"""A stack that becomes so many times as large for the network is warned of."""


@dataclass(frozen=True, slots=True)
class WorkGrid:
    """What becomes of the voxels of a stack before the network sees them.

    Args:
        card: Of the model.
        task: Of the model.
        resampling: Of each volume.
    """

    card: ModelCard
    task: TaskSpec
    resampling: Resampling

    @property
    def returns(self) -> bool:
        """Whether the answer is brought back to the voxels of the stack."""
        return self.task.grid == "input"

    def source(self, stack: Stack) -> Stack:
        """The stack as the network sees it."""
        return stack if self.resampling.is_identity else ResampledStack(stack, self.resampling)

    def part(self, region: Region) -> Region:
        """Where a region of the stack lies in what the network sees."""
        z, y, x = region_of_result(self.resampling, (region.z, region.y, region.x))
        return region.within(z=z, y=y, x=x)

    def growth(self, region: Region) -> float:
        """How many voxels of a region the network sees for one that it has."""
        return prod(self.part(region).shape) / prod(region.shape)

    def result(self, info: StackInfo, region: Region) -> StackInfo:
        """The stack in the voxels of the result; its region in them has the shape that is told."""
        if self.returns:
            return msgspec.structs.replace(info, shape=region.shape)
        part = self.part(region)
        return msgspec.structs.replace(info, shape=part.shape, calibration=self.seen(info))

    def seen(self, info: StackInfo) -> Calibration:
        """The voxel size that the network sees."""
        return resampled_calibration(info.calibration, self.resampling)

    def way_back(self, region: Region, extras: Collection[str] = ()) -> WayBack | None:
        """From the answer for a region to its voxels; ``None`` where it stays as it is.

        Args:
            region: Of the stack.
            extras: What follows the image, in the network's words, heights first.
        """
        if not self.returns or self.resampling.is_identity:
            return None
        box = region.z, region.y, region.x
        resampling = back_again(self.resampling, box, region_of_result(self.resampling, box))
        depth, y, x = resampling.axes
        if self.task.projects or self.card.gives_one_plane:
            resampling = replace(resampling, axes=(AxisResampling(1, 1, 1.0), y, x))
        return WayBack(
            resampling,
            is_labels=self.task.gives_labels,
            images=max(1, len(self.card.channels)),
            heights=depth if "height" in extras else None,
        )

    def sentence(self, info: StackInfo) -> str:
        """In words, what becomes of a stack that is brought to the model's voxel size."""
        if self.resampling.is_identity:
            return f"The model has seen the voxel size of {info.name}: nothing is resampled."
        return (
            f"The network sees {info.name} with voxels of {self.seen(info).describe()} instead of "
            f"{info.calibration.describe()}; its answer is brought back."
        )


def work_grid(
    card: ModelCard, task: TaskSpec, info: StackInfo, *, resample: bool = False
) -> WorkGrid:
    """The voxels that a model works on.

    Args:
        card: Of the model.
        task: Of the model.
        info: Of the stack.
        resample: Whether the stack is brought to the voxel size that the model has seen, where
            its own is another.

    Raises:
        ModelRefused: It has seen no voxel size that the stack could be brought to.
        StackUnsuitable: The voxel size is needed and not known, or hardly a voxel would be left.
    """
    _, z, _, y, x = info.shape
    factors = _factors(card, task, info)
    if resample:
        refuse_resampling(card, task)
        to_seen = _factors_to_seen(card, info)
        f_z, f_y, f_x = (a * b for a, b in zip(factors, to_seen, strict=True))  # one of them is 1
        factors = f_z, f_y, f_x
    resampling = Resampling.by((z, y, x), factors)
    if resample:
        _refuse_too_few_voxels(resampling, info)
    return WorkGrid(card, task, resampling)


def refuse_resampling(card: ModelCard, task: TaskSpec) -> None:
    """Raise where stacks cannot be brought to the voxel size of a model.

    Raises:
        ModelRefused: It makes voxels of its own, or does not tell what it has seen.
    """
    if task.grid != "input":
        raise ModelRefused(
            f"The model {card.name} makes voxels of another size itself; a stack resampled before "
            "would not have the sharpness that belongs to its voxels.",
            "Leave out --resample, or train a model on stacks of this voxel size.",
        )
    if not card.voxel_size_um:
        raise ModelRefused(
            f"The card of the model {card.name} does not say which voxel sizes it has seen.",
            "Leave out --resample: the stack is restored with its own voxels.",
        )


def _factors(card: ModelCard, task: TaskSpec, info: StackInfo) -> Factors:
    if task.grid == "magnified":
        return 1.0, card.magnification, card.magnification
    if task.grid == "input" and not card.work_voxel_um:
        return 1.0, 1.0, 1.0
    keeps_planes = bool(card.work_voxel_um) and not card.work_voxel_um[0]
    needs_depth = info.shape[1] > 1 and not keeps_planes
    sizes = _known_sizes(info.calibration, info.name, needs_depth=needs_depth)
    wanted = card.work_voxel_um or (min(sizes),) * 3
    z, y, x = (
        1.0 if not new or abs(size / new - 1) < SAME_SIZE else size / new
        for size, new in zip(sizes, wanted, strict=True)
    )
    return z, y, x


def _factors_to_seen(card: ModelCard, info: StackInfo) -> Factors:
    """To the nearest voxel size that the model has seen, each axis for itself."""
    ranges = seen_ranges(card, info)
    if ranges == (None, None, None):
        return 1.0, 1.0, 1.0
    sizes = _known_sizes(info.calibration, info.name, needs_depth=ranges[0] is not None)
    z, y, x = (
        1.0 if seen is None else size / nearest_seen(size, seen)
        for size, seen in zip(sizes, ranges, strict=True)
    )
    return z, y, x


def _known_sizes(
    calibration: Calibration, name: str, *, needs_depth: bool
) -> tuple[float, float, float]:
    y, x = calibration.y_um, calibration.x_um
    z = calibration.z_um if needs_depth else calibration.z_um or x
    if not z or not y or not x:
        what = "The distance between the planes" if y and x else "The voxel size"
        raise StackUnsuitable(
            f"{what} of {name} is not known, but this model needs it.",
            "Give the voxel size: --voxel-size Z,Y,X in µm, or Axes and Voxel Size… in the window.",
        )
    return z, y, x


def _refuse_too_few_voxels(resampling: Resampling, info: StackInfo) -> None:
    _, *lateral = resampling.axes
    if any(axis.factor < 1 and axis.result < LEAST_PIXELS for axis in lateral):
        height, width = (axis.result for axis in lateral)
        raise StackUnsuitable(
            f"With the voxel size that the model has seen, {info.name} would have {width} × "
            f"{height} pixels.",
            "Check its voxel size (--voxel-size, or Axes and Voxel Size… in the window), or choose "
            "another model.",
        )
