"""Where images and words lie in a picture, in pixels at scale 1, from the upper left corner."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.figure import MOST_PIXELS
from gvtstudio.imaging.panel.comparison import Comparison
from gvtstudio.imaging.panel.geometry import Triple
from gvtstudio.imaging.panel.lettering import wrapped
from gvtstudio.imaging.panel.panel import PanelStyle, PanelView
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName

SMALLEST_IMAGE_PX = 256
NARROWEST_COLUMN_PX = 150
NARROWEST_PAGE_PX = 400
MARGIN_PX = 12
COLUMN_GAP_PX = 14
PLANE_GAP_PX = 4
TEXT_PX = 12
# A figure this wide fills a small screen; the words of a wider one grow with it.
SCREEN_WIDTH_PX = 1366
LINE = 1.35
SHARPEST = 128


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle, in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text.

    Args:
        text: What it says.
        left: Where it begins.
        baseline: Where it stands.
        is_bold: Whether it is a title.
    """

    text: str
    left: float
    baseline: float
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class PanelLayout:
    """Everything that has a place.

    Args:
        size: Width and height of the picture.
        zoom: Pixels per unit of the space.
        origin: Corner of the part that is seen, (z, y, x) in the space.
        panes: Place of each plane of each column.
        words: Titles, names of planes and caption.
        text_px: Size of the letters.
    """

    size: tuple[int, int]
    zoom: float
    origin: Triple
    panes: tuple[dict[PlaneName, Place], ...]
    words: tuple[Words, ...]
    text_px: float

    @property
    def line_px(self) -> int:
        """From one line of text to the next."""
        return ceil(self.text_px * LINE)


def lay_out_panel(comparison: Comparison, view: PanelView, style: PanelStyle) -> PanelLayout:
    """Columns side by side, the caption below all of them.

    Raises:
        UsageError: No part is seen, or the picture would be too large.
    """
    return _LayingOut(comparison, view, style).result()


class _LayingOut:
    """The steps of ``lay_out_panel``."""

    def __init__(self, comparison: Comparison, view: PanelView, style: PanelStyle) -> None:
        self._comparison = comparison
        self._view, self._style = view, style
        self._origin, extent = _part_seen(comparison, view)
        self._zoom = view.zoom or _zoom_that_suits(comparison, extent)
        z, y, x = (max(1, round(length * self._zoom)) for length in extent)
        self._refuse_too_large(x * len(comparison.volumes), y + z)
        self._image = (z, y, x)
        self._planes: tuple[PlaneName, ...] = ("XY",)
        if any(volume.info.shape[1] > 1 for volume in comparison.volumes):
            self._planes = view.planes
        self._deep = max(z, 2 * TEXT_PX) + PLANE_GAP_PX if len(self._planes) > 1 else 0
        self._pitch = max(x + self._deep, NARROWEST_COLUMN_PX)
        count = len(comparison.volumes)
        inner = count * self._pitch + (count - 1) * COLUMN_GAP_PX
        self._inner = max(inner, NARROWEST_PAGE_PX - 2 * MARGIN_PX)
        self._text = TEXT_PX * max(1.0, self._inner / SCREEN_WIDTH_PX)
        self._line = ceil(self._text * LINE)
        self._words: list[Words] = []

    def result(self) -> PanelLayout:
        """Titles, images, caption from above."""
        titles = [
            wrapped([volume.title], self._pitch, self._text, is_bold=True)
            for volume in self._comparison.volumes
        ]
        lefts = [MARGIN_PX + i * (self._pitch + COLUMN_GAP_PX) for i in range(len(titles))]
        top = MARGIN_PX
        for left, title in zip(lefts, titles, strict=True):
            self._write(title, left, top, is_bold=True)
        top += max(map(len, titles), default=0) * self._line
        panes = tuple(self._place_planes(left, top) for left in lefts)
        _, y, _ = self._image
        top += self._line + y + self._deep + MARGIN_PX // 2
        caption = wrapped(self._style.caption, self._inner, self._text)
        self._write(caption, MARGIN_PX, top)
        height = top + len(caption) * self._line + MARGIN_PX
        width = self._inner + 2 * MARGIN_PX
        self._refuse_too_large(width, height)
        return PanelLayout(
            (width, height), self._zoom, self._origin, panes, tuple(self._words), self._text
        )

    def _place_planes(self, left: int, top: int) -> dict[PlaneName, Place]:
        """XY, YZ right of it, XZ below; names lie beside the images and hide no voxel."""
        z, y, x = self._image
        top += self._line
        places: dict[PlaneName, Place] = {}
        if "XY" in self._planes:
            places["XY"] = Place(left, top, x, y)
            self._write(["XY"], left, top - self._line)
        right, below = left + x + PLANE_GAP_PX, top + y + PLANE_GAP_PX
        if "YZ" in self._planes:
            places["YZ"] = Place(right, top, z, y)
            self._write(["YZ"], right, top - self._line)
        if "XZ" in self._planes:
            places["XZ"] = Place(left, below, x, z)
            self._write(["XZ"], right, below)
        return places

    def _write(self, lines: Sequence[str], left: int, top: int, *, is_bold: bool = False) -> None:
        for i, line in enumerate(lines):
            self._words.append(Words(line, left, top + i * self._line + self._text, is_bold))

    def _refuse_too_large(self, width: int, height: int) -> None:
        width, height = width * self._style.scale, height * self._style.scale
        if width * height > MOST_PIXELS:
            raise UsageError(
                f"The figure would have {width} × {height} pixels, and {MOST_PIXELS // 10**6} "
                "million are the most.",
                "Choose a smaller scale or zoom, or show a smaller part.",
            )


def _part_seen(comparison: Comparison, view: PanelView) -> tuple[Triple, Triple]:
    """Corner and lengths of the part of the space that is seen."""
    reference = comparison.reference
    if view.part is None:
        return reference.start, reference.extent
    if any(stop <= start for start, stop in view.part):
        raise UsageError("That part of the stack is empty.", "Give spans that hold a voxel.")
    spans = zip(view.part, reference.voxel, strict=True)
    (z, c), (y, b), (x, a) = ((first * n, (stop - first) * n) for (first, stop), n in spans)
    return (z, y, x), (c, b, a)


def _zoom_that_suits(comparison: Comparison, extent: Triple) -> float:
    """A pixel for each voxel of the finest column, or a whole number where that is tiny."""
    finest = min(geometry.voxel[PLANES["XY"].right] for geometry in comparison.geometries)
    longest = max(extent[1:]) / finest
    return max(1, min(SHARPEST, ceil(SMALLEST_IMAGE_PX / longest))) / finest
