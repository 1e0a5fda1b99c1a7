"""Where the view stands: what is compared, the crosshair in it and the camera on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from gvtstudio.imaging.panel.comparison import Comparison, Position, Probe
from gvtstudio.imaging.panel.geometry import Triple, ViewerVolume
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName
from gvtstudio.imaging.panel.projection import SLICE, Projection
from gvtstudio.ui.viewer.camera import Camera
from gvtstudio.ui.viewer.gestures import (
    FitAsked,
    Gesture,
    Hovered,
    Panned,
    Pointed,
    Stepped,
    Unhovered,
    Zoomed,
)

StackKey = tuple[object, ...]
Projections = dict[PlaneName, Projection]
SLICES: Projections = dict.fromkeys(PLANES, SLICE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how somebody looked at a stack."""

    position: Position
    camera: Camera
    projections: Projections


class Navigation(QObject):
    """Crosshair and camera, moved by gestures; remembers them for every stack shown before.

    Args:
        fit_scale: Pixels per unit at which everything is on screen.
        parent: Qt owner.
    """

    moved = Signal(object)  # Position: other planes are wanted
    turned = Signal(object)  # Camera
    pointed = Signal(bool)  # whether the mouse, which has moved, is over a plane

    def __init__(self, fit_scale: Callable[[], float], parent: QObject) -> None:
        super().__init__(parent)
        self.comparison = Comparison(())
        self.camera = Camera()
        self.projections = dict(SLICES)
        self._fit_scale = fit_scale
        self._mouse: Hovered | None = None
        self._places: dict[StackKey, Place] = {}

    @property
    def key(self) -> StackKey | None:
        """The first volume, which position and camera belong to."""
        return stack_key(self.comparison.volumes)

    def compare(self, volumes: tuple[ViewerVolume, ...]) -> None:
        """Show these volumes; where the first was looked at before, it is looked at there again."""
        if self.key is not None:
            self._places[self.key] = Place(self.comparison.position, self.camera, self.projections)
        key = stack_key(volumes)
        known = self._places.get(key) if key is not None else None
        self.comparison = Comparison(volumes, known.position if known else None)
        self.camera = known.camera if known else Camera()
        self.projections = dict(known.projections if known else SLICES)
        self._mouse = None

    def move_to(self, position: Position) -> None:
        """Set the crosshair to a voxel of the first volume."""
        if self.comparison.volumes and self.comparison.move_to(position):
            self.moved.emit(self.comparison.position)

    def project(self, projections: Mapping[PlaneName, Projection]) -> None:
        """Show planes as slices or projections, in planes of the first volume."""
        changed = {**self.projections, **projections}
        if self.comparison.volumes and changed != self.projections:
            self.projections = changed
            self.moved.emit(self.comparison.position)

    def step(self, step: Stepped) -> None:
        """Move the crosshair across a plane."""
        if self.comparison.volumes and self.comparison.step(step.plane, step.steps):
            self.moved.emit(self.comparison.position)

    def fit(self) -> None:
        """Everything on screen, now and when the window changes its size."""
        if self.comparison.volumes:
            extent = self.comparison.reference.extent
            self._turn(self.camera.fitted(extent, self._fit_scale()))

    def follow_size(self) -> None:
        """Panes have another size."""
        if self.camera.is_fitted:
            self.fit()
        else:
            self._turn(self.camera)

    def zoom(self, factor: float, anchor: Triple | None = None) -> None:
        """Enlarge about a point of the space, or else the crosshair."""
        if self.comparison.volumes:
            self._turn(self.camera.zoomed(factor, anchor or self.comparison.point))

    def probe(self, plane: PlaneName) -> Probe:
        """What is under the mouse, or under the crosshair while the mouse is elsewhere.

        Args:
            plane: Where the crosshair is looked at.
        """
        mouse = self._mouse
        under = mouse and self.comparison.probe_at(mouse.plane, mouse.right, mouse.down)
        return under or replace(self.comparison.probe(), plane=plane)

    def follow(self, gesture: Gesture) -> None:
        """Do what a hand on mouse or wheel asks."""
        match gesture:
            case Pointed(plane, right, down):
                if self.comparison.point_at(plane, right, down):
                    self.moved.emit(self.comparison.position)
            case Stepped():
                self.step(gesture)
            case Zoomed(plane, factor, right, down):
                anchor = list(self.comparison.point)
                anchor[PLANES[plane].right], anchor[PLANES[plane].down] = right, down
                self.zoom(factor, (anchor[0], anchor[1], anchor[2]))
            case Panned(plane, right, down):
                shift = [0.0, 0.0, 0.0]
                shift[PLANES[plane].right], shift[PLANES[plane].down] = right, down
                extent = self.comparison.reference.extent
                self._turn(self.camera.panned((shift[0], shift[1], shift[2]), extent))
            case FitAsked():
                self.fit()
            case Hovered() | Unhovered():
                self._mouse = gesture if isinstance(gesture, Hovered) else None
                self.pointed.emit(self._mouse is not None)

    def _turn(self, camera: Camera) -> None:
        self.camera = camera
        self.turned.emit(camera)


def stack_key(volumes: tuple[ViewerVolume, ...]) -> StackKey | None:
    """What the first volume is read from; ``None`` without volumes."""
    if not volumes:
        return None
    info = volumes[0].info
    return (info.path, info.scene, info.shape)
