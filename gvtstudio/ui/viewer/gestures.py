"""What a hand on mouse and wheel asks of the viewer, in terms of the space and not of pixels."""

from dataclasses import dataclass

from gvtstudio.imaging.panel.plane_axes import PlaneName


@dataclass(frozen=True, slots=True)
class Pointed:
    """A click or drag at a point of a plane."""

    plane: PlaneName
    right: float
    down: float


@dataclass(frozen=True, slots=True)
class Stepped:
    """The wheel turned over a plane; positive is deeper."""

    plane: PlaneName
    steps: int


@dataclass(frozen=True, slots=True)
class Zoomed:
    """The wheel turned with Ctrl; the point under the mouse stays."""

    plane: PlaneName
    factor: float
    right: float
    down: float


@dataclass(frozen=True, slots=True)
class Panned:
    """The image was dragged by a distance in the space."""

    plane: PlaneName
    right: float
    down: float


@dataclass(frozen=True, slots=True)
class FitAsked:
    """A double click."""


@dataclass(frozen=True, slots=True)
class Hovered:
    """The mouse stands over a point of a plane."""

    plane: PlaneName
    right: float
    down: float


@dataclass(frozen=True, slots=True)
class Unhovered:
    """The mouse has left a pane."""


Gesture = Pointed | Stepped | Zoomed | Panned | FitAsked | Hovered | Unhovered
