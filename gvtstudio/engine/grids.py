"""The voxels a network works on, where they are others than those of the stack."""

from dataclasses import dataclass

import msgspec

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.region import Region
from gvtstudio.domain.specs import Grid
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.imaging.resampled_stack import ResampledStack, resampled_calibration
from gvtstudio.imaging.resampling import Resampling, back_again, region_of_result

SAME_SIZE = 0.02
"""Voxel sizes that differ by no more than this part are taken for the same."""


@dataclass(frozen=True, slots=True)
class WorkGrid:
    """What becomes of the voxels of a stack before the network sees them.

    Args:
        resampling: Of each volume.
        returns: Whether the answer is brought back to the voxels of the stack.
    """

    resampling: Resampling
    returns: bool

    def source(self, stack: Stack) -> Stack:
        """The stack as the network sees it."""
        return stack if self.resampling.is_identity else ResampledStack(stack, self.resampling)

    def part(self, region: Region) -> Region:
        """Where a region of the stack lies in what the network sees."""
        z, y, x = region_of_result(self.resampling, (region.z, region.y, region.x))
        return region.within(z=z, y=y, x=x)

    def result(self, info: StackInfo, region: Region) -> StackInfo:
        """The stack in the voxels of the result; its region in them has the shape that is told."""
        if self.returns:
            return msgspec.structs.replace(info, shape=region.shape)
        calibration = resampled_calibration(info.calibration, self.resampling)
        part = self.part(region)
        return msgspec.structs.replace(info, shape=part.shape, calibration=calibration)

    def way_back(self, region: Region) -> Resampling | None:
        """From the answer for a region to its voxels; ``None`` where it stays as it is."""
        if not self.returns or self.resampling.is_identity:
            return None
        box = region.z, region.y, region.x
        return back_again(self.resampling, box, region_of_result(self.resampling, box))


def work_grid(card: ModelCard, grid: Grid, info: StackInfo) -> WorkGrid:
    """The voxels that a model works on.

    Args:
        card: Of the model.
        grid: Of its task.
        info: Of the stack.

    Raises:
        StackUnsuitable: The voxel size is needed and not known.
    """
    _, z, _, y, x = info.shape
    factors = _factors(card, grid, info)
    returns = grid == "input"
    return WorkGrid(Resampling.by((z, y, x), factors), returns)


def _factors(card: ModelCard, grid: Grid, info: StackInfo) -> tuple[float, float, float]:
    if grid == "magnified":
        return 1.0, card.magnification, card.magnification
    if grid == "input" and not card.work_voxel_um:
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
