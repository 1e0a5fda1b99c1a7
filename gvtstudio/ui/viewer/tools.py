"""What lies over the panes, and what takes the mouse in them: curtains, regions, lines.

To add a tool, write a class with ``use`` and, where it paints, one with ``paint``; hand them to
``CompareView.set_tool`` and ``CompareView.add_overlay``.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from gvtstudio.imaging.panel.plane_axes import PlaneName

if TYPE_CHECKING:
    from gvtstudio.ui.viewer.pane import PlanePane

Phase = Literal["press", "move", "release", "double"]


@dataclass(frozen=True, slots=True)
class ToolGesture:
    """The left mouse button in a pane, in terms of the space.

    Args:
        phase: What the button does; ``move`` only while it is held.
        volume: Index of the volume whose pane it is.
        plane: Which of its planes.
        right: Where, along the axis of the plane that grows to the right.
        down: Where, along the axis that grows downwards.
        modifiers: Keys held with it.
    """

    phase: Phase
    volume: int
    plane: PlaneName
    right: float
    down: float
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier


class Overlay(Protocol):
    """Paints over the panes."""

    def paint(self, painter: QPainter, pane: "PlanePane") -> None:
        """Paint over a pane.

        Args:
            painter: Measures in the space: right and down of the plane. Pens are to be cosmetic;
                words are written after ``painter.resetTransform()`` with ``pane.to_screen``.
            pane: ``pane.volume`` and ``pane.plane`` say which, ``pane.place`` where its image is.
        """


class Tool(Protocol):
    """Takes the left mouse button in all panes; wheel and middle button stay with the view."""

    def use(self, gesture: ToolGesture) -> None:
        """Do what the hand asks."""
