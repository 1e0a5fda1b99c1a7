"""What a picture of the orthogonal planes is made of: columns, the part seen, and the manner."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gvtstudio.domain.figure import Background, FigureColumn
from gvtstudio.domain.region import Span
from gvtstudio.domain.stack import Stack
from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.luts import Colouring
from gvtstudio.imaging.panel.comparison import Position
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName, cut_plane, plane_region

Colour = tuple[int, int, int]

ReadPlane = Callable[[PlaneName, tuple[int, int], int], np.ndarray]
"""Plane, (time point, channel) and position across give the voxels, rows first."""

# Of the page and of the words on it. Where the page shows through, grey can be read on any.
PAGES: dict[Background, tuple[Colour | None, Colour]] = {
    "dark": ((30, 30, 30), (232, 232, 232)),
    "white": ((255, 255, 255), (20, 20, 20)),
    "transparent": (None, (122, 122, 122)),
}


@dataclass(frozen=True, slots=True, eq=False)
class PanelColumn:
    """One volume of the picture.

    Args:
        volume: Title and description; the first column gives the measure to the others.
        read: Gives its planes.
        limits: Intensities shown darkest and brightest.
        colouring: How intensities become colours.
    """

    volume: ViewerVolume
    read: ReadPlane
    limits: Limits
    colouring: Colouring = field(default_factory=Colouring)


@dataclass(frozen=True, slots=True)
class PanelView:
    """What is seen.

    Args:
        position: Voxel of the first column that the planes cross in; ``None``: its middle.
        part: Voxels of the first column along Z, Y and X that are seen; they may reach beyond it.
            ``None``: all of it.
        planes: Which planes are drawn; a single slice has XY alone in any case.
        zoom: Pixels for one pixel width of the first column; 0: one for each voxel of the finest
            column, or a whole number more where the picture would be tiny.
        has_crosshair: Whether lines show where the planes cross.
    """

    position: Position | None = None
    part: tuple[Span, Span, Span] | None = None
    planes: tuple[PlaneName, ...] = tuple(PLANES)
    zoom: float = 0.0
    has_crosshair: bool = True


@dataclass(frozen=True, slots=True)
class PanelStyle:
    """How it is drawn.

    Args:
        scale: The same picture with so many times the pixels along each side.
        background: The page around the images.
        caption: Lines below the images; each is wrapped at the width of the picture.
        scale_bar_um: Length of the bar; 0: a round one that suits; ``None``: no bar.
        stamp: Words in the upper right corner of every XY plane, such as the time.
    """

    scale: int = 1
    background: Background = "dark"
    caption: tuple[str, ...] = ()
    scale_bar_um: float | None = 0.0
    stamp: str = ""


def colouring_of(column: FigureColumn) -> Colouring:
    """How the intensities of a column become colours."""
    return Colouring(column.lut, column.gamma, column.is_inverted)


def planes_of(stack: Stack) -> ReadPlane:
    """The planes of an open stack."""

    def read(plane: PlaneName, frame: tuple[int, int], position: int) -> np.ndarray:
        block = stack.read(plane_region(stack.info.shape, plane, frame, position))
        return cut_plane(block[0, :, 0], plane, 0)

    return read
