"""A plot of a measure against the context a model could see."""

from collections.abc import Sequence
from math import log10, prod
from pathlib import Path

import msgspec
import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from gvtstudio.domain.messages import ContextScore
from gvtstudio.io.atomic import write_bytes
from gvtstudio.ui.theme import Colours

# Share of the axis that is left free beyond the outermost values.
_MARGIN = 0.16
# Shares of the axis that the labels need.
_TICK_ROOM, _VALUE_ROOM = 0.2, 0.1


class Metric(msgspec.Struct, frozen=True):
    """A measure of agreement.

    Args:
        title: In the list.
        label: At the axis and in the table.
        decimals: That mean something.
        unit: After a value.
        better: 1 where more is better, -1 where less is.
        least_span: Differences below this share one height: they are nothing to look at.
    """

    title: str
    label: str
    decimals: int
    unit: str
    better: int
    least_span: float

    def format(self, value: float) -> str:
        """A value with its unit."""
        return f"{value:.{self.decimals}f}{self.unit}"


METRICS = {
    "psnr_db": Metric("PSNR, more is better", "PSNR (dB)", 2, " dB", 1, 0.5),
    "ssim": Metric("SSIM, more is better", "SSIM", 4, "", 1, 0.02),
    "nrmse": Metric("NRMSE, less is better", "NRMSE", 4, "", -1, 0.005),
}


class ContextPlot(pg.PlotWidget):
    """Contexts along a logarithmic axis, the input's value as a dashed line.

    Args:
        chosen: Colours of the theme.
        parent: Qt parent.
    """

    def __init__(self, chosen: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=chosen.base, enableMenu=False)
        self._colours = chosen
        self.setAccessibleName("Measure against size of the context")
        self.setAntialiasing(True)
        self.setMinimumSize(420, 260)
        self.hideButtons()
        self.setMouseEnabled(x=False, y=False)
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setPen(chosen.line)
            axis.setTextPen(chosen.text)

    def show_scores(self, scores: Sequence[ContextScore], name: str, normalisation: str) -> None:
        """Show one measure.

        Args:
            scores: The input's and one for each context, the whole last.
            name: Row of ``METRICS``.
            normalisation: How gain and offset were treated, for the axis.
        """
        self.clear()
        metric = METRICS[name]
        told = [(score, getattr(score, name)) for score in scores]
        contexts = [(s.size, value) for s, value in told if s.size and value is not None]
        inputs = [value for s, value in told if s.size is None and value is not None]
        places = [log10(prod(size)) for size, _ in contexts]
        values = [value for _, value in contexts]
        self._draw_input(inputs, metric)
        self._draw_contexts(places, values, metric)
        self._label_axes(contexts, places, f"{metric.label}, {normalisation}")
        self._fit(places, [*values, *inputs], metric.least_span)

    def let_go(self) -> None:
        """Free the menus that pyqtgraph makes for every plot, shown or not."""
        self.getPlotItem().close()

    def _draw_input(self, inputs: Sequence[float], metric: Metric) -> None:
        pen = pg.mkPen(self._colours.quiet_text, width=1.5, style=Qt.PenStyle.DashLine)
        for value in inputs:
            line = pg.InfiniteLine(
                value,
                angle=0,
                pen=pen,
                label=f"input, not restored: {metric.format(value)}",
                labelOpts={"position": 0.03, "anchors": [(0, 1), (0, 1)]},
            )
            line.label.setColor(self._colours.text)
            self.addItem(line)

    def _draw_contexts(
        self, places: Sequence[float], values: Sequence[float], metric: Metric
    ) -> None:
        accent, text = QColor(self._colours.accent), QColor(self._colours.text)
        self.plot(places, values, pen=pg.mkPen(accent, width=2))
        last = len(places) - 1
        points = pg.ScatterPlotItem(
            places,
            values,
            symbol=["d" if index == last else "o" for index in range(len(places))],
            size=[15 if index == last else 9 for index in range(len(places))],
            brush=accent,
            pen=pg.mkPen(text, width=1),
            useCache=False,  # symbols from a cache are no lines in a drawing
        )
        self.addItem(points)
        levels = _levels(places, _VALUE_ROOM, 2)
        for index, (place, value) in enumerate(zip(places, values, strict=True)):
            words = f"{value:.{metric.decimals}f}"
            label = pg.TextItem(
                f"whole: {words}" if index == last else words,
                color=text,
                anchor=(0.5, -0.35 if levels[index] else 1.35),
            )
            label.setPos(place, value)
            self.addItem(label)

    def _label_axes(
        self,
        contexts: Sequence[tuple[tuple[int, int, int], float]],
        places: Sequence[float],
        label: str,
    ) -> None:
        words: dict[float, list[str]] = {}
        for place, (size, _) in zip(places, contexts, strict=True):
            words.setdefault(place, []).append(" × ".join(map(str, size)))
        bottom, left = self.getAxis("bottom"), self.getAxis("left")
        lines = _levels(list(words), _TICK_ROOM, 3)
        ticks = [
            (place, "\n" * line + " and ".join(sizes))
            for (place, sizes), line in zip(words.items(), lines, strict=True)
        ]
        bottom.setTicks([ticks])
        bottom.setStyle(hideOverlappingLabels=False)
        line_height = self.fontMetrics().height()
        bottom.setHeight((max(lines, default=0) + 2) * line_height + 14)
        bottom.setLabel("Context: Z × Y × X voxels (number of voxels on a logarithmic axis)")
        left.setLabel(label)
        left.enableAutoSIPrefix(enable=False)

    def _fit(self, places: Sequence[float], values: Sequence[float], least_span: float) -> None:
        if not places:
            return
        self.setXRange(*_widened(min(places), max(places), 0.3), padding=0)
        self.setYRange(*_widened(min(values), max(values), least_span), padding=0)


def _levels(places: Sequence[float], room: float, most: int) -> list[int]:
    """Levels for labels along the axis, so that none runs into its neighbour.

    Args:
        places: Where the labels stand.
        room: Share of the axis that a label needs.
        most: Number of levels.
    """
    needed = room * (max(places, default=0) - min(places, default=0))
    taken: dict[int, float] = {}
    levels = dict.fromkeys(places, 0)
    for place in sorted(levels):
        free = (
            level for level in range(most) if level not in taken or place - taken[level] >= needed
        )
        levels[place] = next(free, most - 1)
        taken[levels[place]] = place
    return [levels[place] for place in places]


def _widened(low: float, high: float, least: float) -> tuple[float, float]:
    """A range with a margin, and no smaller than something worth looking at."""
    span = max(high - low, least)
    middle = (low + high) / 2
    return middle - span * (0.5 + _MARGIN), middle + span * (0.5 + _MARGIN)


def write_svg(plot: ContextPlot, path: Path) -> None:
    """Write a plot as a drawing, replacing an older one.

    Raises:
        OutputUnwritable: The folder or file cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(plot.size())
    generator.setViewBox(plot.rect())
    # Axes are painted as recordings, which are scaled where the resolution differs.
    generator.setResolution(plot.logicalDpiX())
    plot.grab()  # lays out what has never been shown
    painter = QPainter(generator)
    plot.render(painter, QRectF(plot.rect()), plot.rect())
    painter.end()
    write_bytes(path, bytes(buffer.data().data()))


def write_png(plot: pg.PlotWidget, path: Path) -> None:
    """Write a plot as pixels, replacing an older one.

    Raises:
        OutputUnwritable: The folder or file cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(plot.grab().toImage())
    write_bytes(path, bytes(buffer.data().data()))
