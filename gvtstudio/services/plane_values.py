"""What the plane cache is asked and what it answers."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gvtstudio.imaging.contrast import IntensitySummary
from gvtstudio.imaging.panel.plane_axes import PlaneName
from gvtstudio.imaging.panel.projection import SLICE, Projection


class VolumeKey(NamedTuple):
    """One (Z, Y, X) volume of an open stack.

    Args:
        stack: Its key.
        t: Time point, counted from 0.
        c: Channel, counted from 0.
        level: 0 is the volume itself, 1 and more are coarser copies in its file. Below 0, it is a
            sample of so many voxels apart: -4 is every fourth along Z, Y and X.
    """

    stack: str
    t: int
    c: int
    level: int = 0


class PlaneKey(NamedTuple):
    """A plane or projection, wherever on screen it is shown."""

    volume: VolumeKey
    plane: PlaneName
    position: int
    projection: Projection

    @property
    def stack(self) -> str:
        """Key of the stack it is cut from."""
        return self.volume.stack


@dataclass(frozen=True, slots=True)
class PlaneRequest:
    """One plane for one place on screen.

    Args:
        slot: Place on screen; a newer request for the same place replaces an older one.
        volume: The volume to cut.
        plane: Which of the three orthogonal planes.
        position: Index along the axis across the plane: Z for XY, Y for XZ, X for YZ.
        projection: The plane there, or a slab round it.
    """

    slot: str
    volume: VolumeKey
    plane: PlaneName
    position: int
    projection: Projection = SLICE

    @property
    def key(self) -> PlaneKey:
        """The plane without its place."""
        return PlaneKey(self.volume, self.plane, self.position, self.projection)

    @property
    def is_page(self) -> bool:
        """Whether it is an XY plane as it is, which files store in one piece."""
        return self.plane == "XY" and self.projection.kind == "slice"


@dataclass(frozen=True, slots=True, eq=False)
class PlaneResult:
    """A plane as stored in the file, rows first: (Y, X), (Z, X) or (Y, Z).

    Args:
        request: What was asked for.
        values: The voxels.
        level: 0 for the voxels themselves. Otherwise fewer voxels of a coarser copy or a sample,
            which fill the same place; the plane itself follows, unless something else is asked for.
    """

    request: PlaneRequest
    values: np.ndarray
    level: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class VolumeSummary:
    """Intensities of a volume; ``is_complete`` once every voxel of it lies in memory."""

    volume: VolumeKey
    intensities: IntensitySummary
    is_complete: bool


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """A stack that could not be read, with one sentence for the user."""

    stack: str
    sentence: str
