"""Everything of a picture that is no voxel: words, crosshair and scale bar, by matplotlib."""

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform

from gvtstudio.domain.errors import UsageError
from gvtstudio.imaging.panel.comparison import Comparison
from gvtstudio.imaging.panel.layout import PanelLayout, Place
from gvtstudio.imaging.panel.lettering import drawable, font, text_width
from gvtstudio.imaging.panel.panel import PAGES, PanelStyle
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName
from gvtstudio.imaging.panel.scale_bar import ScaleBar, fitting_scale_bar, given_scale_bar

Colour = tuple[float, float, float] | tuple[float, float, float, float]

# What a user has set for plots of their own must not change a figure.
mpl.rcdefaults()

PIXELS_PER_INCH = 96
# A hair more, so that rounding never takes the last row of pixels.
HAIR = 0.01
INK = (1.0, 1.0, 1.0)
SHADE = (0.0, 0.0, 0.0, 0.6)
LINE_COLOUR = (1.0, 0.87, 0.16, 0.92)
EDGE_COLOUR = (0.0, 0.0, 0.0, 0.43)
GAP_PX = 12.0
BAR_HEIGHT_PX = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of a pane that a volume fills, in pixels: its left, top, right and bottom."""

    left: float
    top: float
    right: float
    bottom: float


def frame_of(comparison: Comparison, layout: PanelLayout, index: int, plane: PlaneName) -> Frame:
    """Where a volume lies in a pane; without extent where it lies beside it."""
    box, axes, pane = comparison.geometries[index], PLANES[plane], layout.panes[index][plane]

    def across(axis: int, start: int, length: int) -> tuple[float, float]:
        first = (box.start[axis] - layout.origin[axis]) * layout.zoom
        last = (box.stop[axis] - layout.origin[axis]) * layout.zoom
        return start + max(0.0, first), start + min(float(length), last)

    left, right = across(axes.right, pane.left, pane.width)
    top, bottom = across(axes.down, pane.top, pane.height)
    return Frame(left, top, max(left, right), max(top, bottom))


class OverlayDrawing:
    """A figure that words and lines are added to, in pixels from the upper left corner.

    Args:
        layout: Where everything lies.
        style: How it is drawn.
    """

    def __init__(self, layout: PanelLayout, style: PanelStyle) -> None:
        width, height = layout.size
        self._layout, self._style = layout, style
        inches = ((width + HAIR) / PIXELS_PER_INCH, (height + HAIR) / PIXELS_PER_INCH)
        self.figure = Figure(inches, dpi=PIXELS_PER_INCH * style.scale, facecolor="none")
        flipped = Affine2D().scale(1, -1).translate(0, height).scale(1 / PIXELS_PER_INCH)
        self._place: Transform = flipped + self.figure.dpi_scale_trans
        red, green, blue = (part / 255 for part in PAGES[style.background][1])
        self._ink = (red, green, blue)

    def write_words(self) -> None:
        """Titles, names of planes and caption."""
        for words in self._layout.words:
            self._write(words.text, words.left, words.baseline, self._ink, is_bold=words.is_bold)

    def draw_crosshair(self, comparison: Comparison, index: int, plane: PlaneName) -> None:
        """Two lines that leave the voxel they point at free."""
        box, axes, pane = comparison.geometries[index], PLANES[plane], self._layout.panes[index]
        zoom, origin = self._layout.zoom, self._layout.origin
        x = pane[plane].left + (comparison.point[axes.right] - origin[axes.right]) * zoom
        y = pane[plane].top + (comparison.point[axes.down] - origin[axes.down]) * zoom
        gap = max(GAP_PX, max(box.voxel[axes.right], box.voxel[axes.down]) * zoom / 2 + 2)
        frame = frame_of(comparison, self._layout, index, plane)
        pieces = []
        if frame.top <= y <= frame.bottom:
            pieces += [((frame.left, x - gap), (y, y)), ((x + gap, frame.right), (y, y))]
        if frame.left <= x <= frame.right:
            pieces += [((x, x), (frame.top, y - gap)), ((x, x), (y + gap, frame.bottom))]
        for width, colour in ((3, EDGE_COLOUR), (1, LINE_COLOUR)):
            for across, down in pieces:
                if across[1] > across[0] or down[1] > down[0]:
                    self._line(across, down, width, colour)

    def draw_scale_bar(self, comparison: Comparison, frame: Frame) -> None:
        """A bar with its length, in the lower right corner of a frame.

        Raises:
            UsageError: The length asked for does not fit.
        """
        unit = comparison.pixels_per_um_at_scale_1
        asked = self._style.scale_bar_um
        if unit is None or asked is None or frame.right - frame.left < 1:
            return
        per_um = unit * self._layout.zoom
        room = frame.right - frame.left
        bar = given_scale_bar(asked, per_um) if asked else fitting_scale_bar(room, per_um)
        if bar.length_px > room:
            raise UsageError(
                f"A scale bar of {bar.label} is wider than the image.", "Give a shorter one."
            )
        self._draw_bar(bar, frame)

    def _draw_bar(self, bar: ScaleBar, frame: Frame) -> None:
        text_px = self._layout.text_px
        thick = round(BAR_HEIGHT_PX * text_px / 12)
        edge, margin = 3, round(min(text_px, (frame.right - frame.left - bar.length_px) / 2))
        right, bottom = frame.right - margin, round(frame.bottom - min(text_px, margin))
        words = text_width(bar.label, text_px)
        wide = max(bar.length_px, words)
        left = right - wide
        top = bottom - thick - self._layout.line_px
        self._fill(left - edge, top - edge, wide + 2 * edge, bottom - top + 2 * edge, SHADE)
        start = right - (wide + bar.length_px) / 2
        self._fill(start, bottom - thick, bar.length_px, thick, (*INK, 1.0))
        self._write(bar.label, right - (wide + words) / 2, bottom - thick - text_px * 0.4, INK)

    def draw_stamp(self, frame: Frame) -> None:
        """The words of the style in the upper right corner of a frame."""
        text, text_px = drawable(self._style.stamp), self._layout.text_px
        if not text:
            return
        width, edge = text_width(text, text_px), 3
        left, top = frame.right - width - 2 * edge, frame.top
        self._fill(left - edge, top, width + 3 * edge, self._layout.line_px + edge, SHADE)
        self._write(text, left, top + edge + text_px * 0.9, INK)

    def add_image(self, pixels: np.ndarray, place: Place) -> None:
        """An image, for formats of lines and words that hold no pixels of their own."""
        width, height = self._layout.size
        axes = self.figure.add_axes(
            (
                place.left / width,
                1 - (place.top + place.height) / height,
                place.width / width,
                place.height / height,
            ),
            zorder=-1,
        )
        axes.set_axis_off()
        axes.imshow(pixels, interpolation="none", aspect="auto")

    def pixels(self) -> np.ndarray:
        """Words and lines alone, (rows, columns, 4) uint8, transparent where there are none."""
        canvas = FigureCanvasAgg(self.figure)
        canvas.draw()  # type: ignore[no-untyped-call]
        return np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]

    def _write(
        self,
        text: str,
        left: float,
        baseline: float,
        ink: Colour,
        *,
        is_bold: bool = False,
    ) -> None:
        points = self._layout.text_px * 72 / PIXELS_PER_INCH
        self.figure.add_artist(
            Text(
                left,
                baseline,
                text,
                color=ink,
                fontproperties=font(points, is_bold=is_bold),
                parse_math=False,
                transform=self._place,
            )
        )

    def _fill(self, left: float, top: float, width: float, height: float, colour: Colour) -> None:
        rectangle = Rectangle(
            (left, top), width, height, facecolor=colour, linewidth=0, transform=self._place
        )
        rectangle.set_antialiased(False)
        self.figure.add_artist(rectangle)

    def _line(
        self,
        across: tuple[float, float],
        down: tuple[float, float],
        width: int,
        colour: Colour,
    ) -> None:
        points = width * 72 / PIXELS_PER_INCH
        self.figure.add_artist(
            Line2D(
                across,
                down,
                linewidth=points,
                color=colour,
                solid_capstyle="butt",
                transform=self._place,
            )
        )
