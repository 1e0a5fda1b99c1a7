"""What the plane cache is asked and what it answers."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gvtstudio.imaging.contrast import IntensitySummary
from gvtstudio.imaging.panel.plane_axes import PlaneName
from gvtstudio.imaging.panel.projection import SLICE, Projection


class VolumeKey(NamedTuple):
    """One (Z, Y, X) volume of an open stack: its key, time point and channel, counted from 0."""

    stack: str
    t: int
    c: int


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


@dataclass(frozen=True, slots=True, eq=False)
class PlaneResult:
    """A plane as stored in the file, rows first: (Y, X), (Z, X) or (Y, Z)."""

    request: PlaneRequest
    values: np.ndarray


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
