"""Which axes of a volume lie where in each of the three orthogonal planes."""

from typing import Literal, NamedTuple

import numpy as np

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.region import Region

PlaneName = Literal["XY", "XZ", "YZ"]


class PlaneAxes(NamedTuple):
    """Positions of a plane's axes in a (Z, Y, X) triple.

    Args:
        right: Axis that grows to the right.
        down: Axis that grows downwards.
        across: Axis the plane stands across; the wheel moves along it.
    """

    right: int
    down: int
    across: int


# XZ lies under XY and shares its X; YZ lies right of XY and shares its Y.
PLANES: dict[PlaneName, PlaneAxes] = {
    "XY": PlaneAxes(right=2, down=1, across=0),
    "XZ": PlaneAxes(right=2, down=0, across=1),
    "YZ": PlaneAxes(right=0, down=1, across=2),
}


def cut_plane(volume: np.ndarray, plane: PlaneName, position: int) -> np.ndarray:
    """A plane of a (Z, Y, X) volume, rows first and contiguous: (Y, X), (Z, X) or (Y, Z).

    Example:
        >>> cut_plane(np.zeros((3, 4, 5)), "YZ", 0).shape
        (4, 3)
    """
    if plane == "XY":
        return np.ascontiguousarray(volume[position])
    if plane == "XZ":
        return np.ascontiguousarray(volume[:, position, :])
    return np.ascontiguousarray(volume[:, :, position].T)


def plane_region(shape: Shape5, plane: PlaneName, frame: tuple[int, int], position: int) -> Region:
    """What to read of a stack for one plane.

    Args:
        shape: Of the stack.
        plane: Which of the three.
        frame: Time point and channel.
        position: Index along the axis across the plane.
    """
    t, c = frame
    across = "zyx"[PLANES[plane].across]
    return Region.whole(shape).only(t=t, c=c, **{across: position})
