"""The voxel sizes a model has seen, and the one a stack of another size would be brought to."""

from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.stack import StackInfo

Range = tuple[float, float]

FINER_IS_WORSE = (
    "The pixels are coarser than what the model has seen. Those that are interpolated share their "
    "noise, which a network takes for structure: denoising mostly became worse by it in tests."
)
"""Measured, see docs/user/models.md; planes in between and coarser pixels did no such harm."""
TOLERANCE = 0.05
"""A voxel size a few per cent off is rounding of the microscope, not another magnification."""


def is_seen(size_um: float, seen: Range) -> bool:
    """Whether a voxel size lies in a range, but for rounding.

    Example:
        >>> is_seen(0.104, (0.1, 0.1)), is_seen(0.2, (0.1, 0.1))
        (True, False)
    """
    low, high = seen
    return low * (1 - TOLERANCE) <= size_um <= high * (1 + TOLERANCE)


def nearest_seen(size_um: float, seen: Range) -> float:
    """The size itself where it is seen, else the nearer end of the range.

    Example:
        >>> nearest_seen(0.104, (0.1, 0.1)), nearest_seen(0.05, (0.1, 0.3))
        (0.104, 0.1)
    """
    if is_seen(size_um, seen):
        return size_um
    low, high = seen
    return low if size_um < low else high


def seen_ranges(
    card: ModelCard, info: StackInfo
) -> tuple[Range | None, Range | None, Range | None]:
    """Lowest and highest size that a stack can be brought to along Z, Y and X.

    ``None`` where it is to stay as it is: the card tells nothing, or the network is given another
    size anyway; along Z also where there is one plane, where each plane is restored by itself, and
    where the network takes a fixed number of planes.

    Args:
        card: Of the model.
        info: Of the stack.
    """
    if len(card.voxel_size_um) != 3:
        return None, None, None
    work = card.work_voxel_um or (0.0, 0.0, 0.0)
    z, y, x = (
        seen if seen[0] > 0 and not fixed else None
        for seen, fixed in zip(card.voxel_size_um, work, strict=True)
    )
    planes_matter = info.shape[1] > 1 and _sees_depth(card) and not card.gives_one_plane
    return z if planes_matter else None, y, x


def _sees_depth(card: ModelCard) -> bool:
    """Whether the network sees more than one plane at once."""
    takes_planes = bool(card.channels) and card.architecture_parameters.get("in_channels", 1) != 1
    return card.axes == "ZYX" or takes_planes
