"""The curves of an analysis, one colour for each column of the views."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from gvtstudio.domain.analysis import Analysis, AnalysisKind, Curve, describe_number
from gvtstudio.ui.theme import Colours

# Okabe & Ito 2008, told apart by the colour blind; in the order that stands out from the ground.
ON_WHITE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
ON_BLACK = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#f0e442")
STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
LEVEL = 1 / 7
LEGEND_SHARE = 0.12
"""Of the height of the curves, that a line of the legend takes."""
FITTING = 0.5
"""A width stands in the legend where the Gaussian explains that share of the variance."""
_IN_LEGEND: dict[AnalysisKind, tuple[str, str]] = {
    "profile": ("fwhm", "FWHM"),
    "zprofile": ("fwhm", "FWHM"),
    "frc": ("resolution", "resolution"),
}
"""Number that stands beside the name of a stack, and its word; lengths."""
_STEPPED: tuple[AnalysisKind, ...] = ("histogram", "spots")


class AnalysisPlot(pg.PlotWidget):
    """Curves over lengths, intensities or frequencies, with a legend.

    Args:
        chosen: Colours of the theme.
        parent: Qt parent.
    """

    def __init__(self, chosen: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=chosen.base, enableMenu=False)
        self._colours = chosen
        self._inks = ON_BLACK if QColor(chosen.base).lightness() < 128 else ON_WHITE
        self.setAccessibleName("Plot of what is measured")
        self.setAntialiasing(True)
        self.setMinimumSize(260, 120)
        self.hideButtons()
        # pyqtgraph makes this menu for every plot, shown or not, and lets it outlive the plot
        menu = self.getPlotItem().ctrlMenu
        menu.setParent(self, menu.windowFlags())
        self.addLegend(offset=(-8, 2), labelTextColor=chosen.text, verSpacing=-4)
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setPen(chosen.line)
            axis.setTextPen(chosen.text)
            axis.enableAutoSIPrefix(enable=False)

    def show_analysis(self, analysis: Analysis | None) -> None:
        """Plot all its curves, or nothing."""
        self.clear()
        if analysis is None:
            return
        names = list(dict.fromkeys(curve.name for curve in analysis.curves))
        self.setLogMode(x=False, y=False)
        for curve in analysis.curves:
            self._draw(analysis, curve, STYLES[names.index(curve.name) % len(STYLES)])
        self.getAxis("bottom").setLabel(analysis.x_label)
        logarithm = "log₁₀ of " if analysis.is_logarithmic else ""
        label = analysis.y_label.lower() if logarithm else analysis.y_label
        self.getAxis("left").setLabel(logarithm + label)
        if analysis.what == "frc":
            pen = pg.mkPen(self._colours.quiet_text, style=Qt.PenStyle.DashLine)
            self.addItem(pg.InfiniteLine(LEVEL, angle=0, pen=pen))
        self._fit(analysis)

    def _fit(self, analysis: Analysis) -> None:
        """All curves, below the legend."""
        box = self.getViewBox().childrenBounds()
        if None in box:
            return
        (left, right), (low, high) = box
        free = LEGEND_SHARE * len(analysis.curves) * max(high - low, 1e-12)
        self.setXRange(left, right, padding=0.02)
        self.setYRange(low, high + min(free, high - low), padding=0.03)

    def _draw(self, analysis: Analysis, curve: Curve, style: Qt.PenStyle) -> None:
        x, y = np.asarray(curve.x), np.asarray(curve.y)
        if analysis.is_logarithmic:
            told = y > 0
            logarithm = np.log10(y, out=np.zeros_like(y), where=told)
            # an empty bin stands at the bottom of the histogram, a power of nothing nowhere
            x, y = (x, logarithm) if analysis.what in _STEPPED else (x[told], logarithm[told])
        colour = self._inks[curve.stack % len(self._inks)]
        # wide lines are slow to paint, and hide one another
        pen = pg.mkPen(colour, width=1.5, style=style)
        if analysis.what in _STEPPED and len(x) > 1:
            half = (x[1] - x[0]) / 2
            edges = np.append(x - half, x[-1] + half)
            self.plot(edges, y, pen=pen, stepMode="center", name=legend_words(analysis, curve))
        else:
            self.plot(x, y, pen=pen, name=legend_words(analysis, curve))


def legend_words(analysis: Analysis, curve: Curve) -> str:
    """What a curve shows, with the number that is looked for."""
    words = " ".join(filter(None, (analysis.titles[curve.stack], curve.name)))
    if analysis.what not in _IN_LEGEND:
        return words
    name, word = _IN_LEGEND[analysis.what]
    row = analysis.rows[curve.stack]
    value, fitting = row[name], row.get("r_squared", 1.0)
    is_none = value is None or (fitting is not None and fitting < FITTING)
    return words if is_none else f"{words}: {word} {describe_number(value)} {analysis.unit}"
