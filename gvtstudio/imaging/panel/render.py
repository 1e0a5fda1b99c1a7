"""The picture of a comparison, in pixels or as a page of lines and words."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG

from gvtstudio.imaging.panel.comparison import Comparison
from gvtstudio.imaging.panel.drawing import PIXELS_PER_INCH, OverlayDrawing, frame_of
from gvtstudio.imaging.panel.layout import PanelLayout, Place, lay_out_panel
from gvtstudio.imaging.panel.painted import paint_plane
from gvtstudio.imaging.panel.panel import PAGES, PanelColumn, PanelStyle, PanelView
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName

Report = Callable[[int, int], None]
"""Hears how many planes are read, of how many."""


@dataclass(frozen=True, slots=True, eq=False)
class PaintedPanel:
    """A picture whose voxels are read.

    Args:
        layout: Where everything lies.
        style: How it is drawn.
        images: Pixels at the scale of the style, (rows, columns, 4), and their place at scale 1.
        drawing: Words and lines.
    """

    layout: PanelLayout
    style: PanelStyle
    images: tuple[tuple[Place, np.ndarray], ...]
    drawing: OverlayDrawing


def render_panel(columns: Sequence[PanelColumn], view: PanelView, style: PanelStyle) -> np.ndarray:
    """The picture as (rows, columns, 4) uint8; alpha is 255 unless the page is transparent.

    Args:
        columns: At least one; the first gives position and measure.
        view: What is seen.
        style: How it is drawn.

    Raises:
        UsageError: The picture would be too large, the part is empty, or the bar does not fit.
        FileUnreadable: A plane cannot be read.
    """
    return pixels_of(paint_panel(columns, view, style))


def paint_panel(
    columns: Sequence[PanelColumn],
    view: PanelView,
    style: PanelStyle,
    report: Report = lambda done, total: None,
) -> PaintedPanel:
    """Read the planes and lay everything out; arguments and errors as of ``render_panel``."""
    comparison = Comparison(tuple(column.volume for column in columns), view.position)
    layout = lay_out_panel(comparison, view, style)
    drawing = OverlayDrawing(layout, style)
    drawing.write_words()
    images = []
    places = [(i, plane) for i, panes in enumerate(layout.panes) for plane in panes]
    for done, (index, plane) in enumerate(places):
        report(done, len(places))
        pixels = _image(columns[index], index, plane, _Seen(comparison, layout, style.scale))
        if pixels is None:
            continue
        images.append((layout.panes[index][plane], pixels))
        if view.has_crosshair:
            drawing.draw_crosshair(comparison, index, plane)
        if plane == "XY":
            drawing.draw_stamp(frame_of(comparison, layout, index, plane))
    report(len(places), len(places))
    if "XY" in layout.panes[0]:
        drawing.draw_scale_bar(comparison, frame_of(comparison, layout, 0, "XY"))
    return PaintedPanel(layout, style, tuple(images), drawing)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What decides which voxel a pixel shows."""

    comparison: Comparison
    layout: PanelLayout
    scale: int

    def indices(self, index: int, axis: int, pixels: int) -> np.ndarray:
        """The voxel of a column along an axis in which the middle of every pixel lies."""
        box = self.comparison.geometries[index]
        middle = (np.arange(pixels * self.scale) + 0.5) / (self.layout.zoom * self.scale)
        space = self.layout.origin[axis] + middle
        # A hair, because a third of a voxel is no whole number of anything.
        voxels = (space - box.start[axis]) / box.voxel[axis]
        indices: np.ndarray = np.floor(voxels + 1e-9).astype(np.int64)
        return indices


def _image(column: PanelColumn, index: int, plane: PlaneName, seen: _Seen) -> np.ndarray | None:
    """The pixels of one pane; ``None`` where the crosshair lies beside the volume."""
    wanted = seen.comparison.wanted(index, plane)
    if wanted is None:
        return None
    values = column.read(plane, (wanted.t, wanted.c), wanted.position)
    pane, axes = seen.layout.panes[index][plane], PLANES[plane]
    rows = seen.indices(index, axes.down, pane.height)
    columns = seen.indices(index, axes.right, pane.width)
    return paint_plane(values, column.limits, column.colouring, rows, columns)


def pixels_of(panel: PaintedPanel) -> np.ndarray:
    """The picture as (rows, columns, 4) uint8."""
    scale = panel.style.scale
    width, height = panel.layout.size
    page, _ = PAGES[panel.style.background]
    picture = np.zeros((height * scale, width * scale, 4), np.uint8)
    if page is not None:
        picture[...] = (*page, 255)
    for place, image in panel.images:
        top, left = place.top * scale, place.left * scale
        there = picture[top : top + image.shape[0], left : left + image.shape[1]]
        np.copyto(there, image, where=image[..., 3:] > 0)
    _lay_over(picture, panel.drawing.pixels())
    return picture


def _lay_over(picture: np.ndarray, overlay: np.ndarray) -> None:
    """Words and lines over the picture, where there are any."""
    rows, columns = np.nonzero(overlay[..., 3])
    above = overlay[rows, columns].astype(np.float32)
    below = picture[rows, columns].astype(np.float32)
    alpha, ground = above[:, 3:] / 255, below[:, 3:] / 255
    together = alpha + ground * (1 - alpha)
    colour = (above[:, :3] * alpha + below[:, :3] * ground * (1 - alpha)) / together
    mixed = np.concatenate([colour, together * 255], axis=1)
    picture[rows, columns] = np.rint(mixed).astype(np.uint8)


def page_of(panel: PaintedPanel, kind: Literal["svg", "pdf"]) -> bytes:
    """The picture as a page with the words as words and the images inside."""
    for place, image in panel.images:
        panel.drawing.add_image(image, place)
    page, _ = PAGES[panel.style.background]
    width, height = panel.layout.size
    figure = panel.drawing.figure
    figure.set_size_inches(width / PIXELS_PER_INCH, height / PIXELS_PER_INCH)
    if page is not None:
        figure.set_facecolor("#{:02x}{:02x}{:02x}".format(*page))
    buffer = io.BytesIO()
    # The same picture is the same file: no dates, no random names.
    with mpl.rc_context({"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "gvtstudio"}):
        if kind == "svg":
            FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})  # type: ignore[no-untyped-call]
        else:
            canvas = FigureCanvasPdf(figure)
            canvas.print_pdf(buffer, metadata={"CreationDate": None})  # type: ignore[no-untyped-call]
    return buffer.getvalue()
