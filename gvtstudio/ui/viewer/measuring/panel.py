"""Plots and numbers of what is measured in the views, below them."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.analysis import AnalysedStack, AnalyseRequest, Analysis
from gvtstudio.domain.errors import GvtError
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.io.atomic import write_bytes
from gvtstudio.services.analysis import (
    Analyst,
    Measured,
    analysis_csv,
    analysis_text,
    takes_long,
)
from gvtstudio.ui import texts
from gvtstudio.ui.dialogs.questions import ask_save_file
from gvtstudio.ui.theme import LIGHT, colours
from gvtstudio.ui.viewer.compare_view import CompareView
from gvtstudio.ui.viewer.measuring import MEASUREMENTS, Measurement
from gvtstudio.ui.viewer.measuring.numbers import NumbersTable
from gvtstudio.ui.viewer.measuring.plot import AnalysisPlot
from gvtstudio.ui.viewer.measuring.shapes import box_of, line_of
from gvtstudio.ui.viewer.measuring.sketch import Sketch
from gvtstudio.ui.widgets.context_plot import write_png
from gvtstudio.ui.widgets.labels import styled_label

SETTLING_MS = 40
"""A hand that drags asks for more than can be plotted."""
WIDEST = 99
HEIGHT_PX = 230
SHARES = [760, 500]
SAVED_SIZE = (900, 520)
NO_TRUTH = "PSNR and SSIM need a stack in the column truth."


class MeasuringPanel(QWidget):
    """One tab for each of ``MEASUREMENTS``; hidden until one is chosen.

    Args:
        view: What is measured.
        analyst: Measures it.
        theme: Setting of the theme.
        parent: Qt parent.
    """

    closed = Signal()
    """The user closed it."""

    def __init__(
        self, view: CompareView, analyst: Analyst, theme: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._view, self._analyst = view, analyst
        self._analysis: Analysis | None = None
        self._asked: AnalyseRequest | None = None
        self.sketch = Sketch(view, self)
        self.tabs = QTabBar(self)
        self.plot = AnalysisPlot(colours(theme), self)
        self.numbers = NumbersTable(self)
        self.remark = styled_label("", "quiet", self)
        self.width_box = QSpinBox(self)
        self.through_box = QCheckBox("All slices", self)
        self.measure_button = QPushButton("Measure", self)
        self.clear_button = QPushButton("Clear", self)
        self.copy_button = QPushButton("Copy", self)
        self.save_button = QPushButton("Save…", self)
        self._close_button = QPushButton("Close", self)
        self._settling = QTimer(self, singleShot=True, interval=SETTLING_MS)
        self._build()
        self._connect_signals()
        self.hide()

    def _build(self) -> None:
        for each in MEASUREMENTS:
            index = self.tabs.addTab(each.title)
            self.tabs.setTabToolTip(index, f"{each.help} ({each.shortcut})")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("What to measure")
        self._width_label = QLabel("Width", self)
        self._width_label.setBuddy(self.width_box)
        self.width_box.setRange(1, WIDEST)
        self.width_box.setSuffix(" px")
        self.width_box.setKeyboardTracking(False)
        self.width_box.setToolTip("Pixels of the first column across the line that are averaged.")
        self.through_box.setChecked(True)
        self.through_box.setToolTip("The rectangle goes through all planes, or lies in this one.")
        self.clear_button.setToolTip("Take away the line or rectangle (Esc over a view).")
        self.copy_button.setToolTip("The numbers, to be pasted into a spreadsheet.")
        self.save_button.setToolTip("The curves as a table (CSV), or the plot as a picture (PNG).")
        self._close_button.setToolTip("Stop measuring; the mouse moves the crosshair again.")
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.tabs)
        row.addStretch(1)
        for widget in (self._width_label, self.width_box, self.through_box, self.measure_button,
                       self.clear_button, self.copy_button, self.save_button,
                       self._close_button):  # fmt: skip
            row.addWidget(widget)
        right = QWidget(self)
        beside = QVBoxLayout(right)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.numbers, 1)
        beside.addWidget(self.remark)
        self._split = QSplitter(Qt.Orientation.Horizontal, self)
        self._split.addWidget(self.plot)
        self._split.addWidget(right)
        self._split.setSizes(SHARES)
        self._split.setStretchFactor(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 4)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._split, 1)

    def _connect_signals(self) -> None:
        self.tabs.currentChanged.connect(self._show_tab)
        self.sketch.changed.connect(self._settle)
        self._view.crosshair_moved.connect(self._settle)
        self._view.columns_changed.connect(self._settle)
        self.width_box.valueChanged.connect(self._settle)
        self.through_box.toggled.connect(self._settle)
        self._settling.timeout.connect(self._follow)
        self._analyst.measured.connect(self._show_measured)
        self.measure_button.clicked.connect(self._on_measure)
        self.clear_button.clicked.connect(self.sketch.clear)
        self.copy_button.clicked.connect(self._copy)
        self.save_button.clicked.connect(self._ask_where)
        self._close_button.clicked.connect(self.stop)

    def sizeHint(self) -> QSize:
        """Low enough to leave the views their room on a small screen."""
        return QSize(super().sizeHint().width(), HEIGHT_PX)

    @property
    def measurement(self) -> Measurement:
        """The one whose tab is chosen."""
        return MEASUREMENTS[self.tabs.currentIndex()]

    @property
    def analysis(self) -> Analysis | None:
        """What is plotted."""
        return self._analysis

    def start(self, what: str) -> None:
        """Show the tab of a measurement, and draw for it in the views."""
        self.show()
        index = next(i for i, row in enumerate(MEASUREMENTS) if row.what == what)
        self.tabs.setCurrentIndex(index)
        self._show_tab()

    def stop(self) -> None:
        """Hide, and give the mouse back to the crosshair."""
        self.sketch.activate(None)
        self._analyst.forget()
        self.hide()
        self.closed.emit()

    def request(self) -> AnalyseRequest | None:
        """What is measured now; ``None`` while there is nothing to measure."""
        volumes, row = self._view.volumes, self.measurement
        if not volumes:
            return None
        shape = self.sketch.shape(row.draws)
        comparison = self._view.comparison
        place = comparison.point, comparison.reference
        line = region = None
        if row.draws == "line":
            if shape is None:
                return None
            line = line_of(shape, *place)
        elif shape is not None:
            is_through = row.what == "zprofile" or self.through_box.isChecked()
            region = box_of(shape, *place, is_through=is_through)
        elif row.what == "zprofile":
            _, y, x = self._view.position.voxel
            region = ((0, comparison.reference.sizes[0]), (y, y + 1), (x, x + 1))
        return AnalyseRequest(
            what=row.what,
            stacks=tuple(map(_analysed, volumes)),
            t=self._view.position.t,
            c=self._view.position.c,
            line=line,
            width=float(self.width_box.value()),
            region=region,
            truth=_truth(volumes),
        )

    def _show_tab(self) -> None:
        row = self.measurement
        is_line = row.draws == "line"
        self._width_label.setVisible(is_line)
        self.width_box.setVisible(is_line)
        self.through_box.setVisible(not is_line and row.what != "zprofile")
        self.measure_button.setVisible(self._takes_long(self.request()))
        self.plot.setVisible(row.what != "roi")
        if not self.isHidden():
            self.sketch.activate(row.draws)
        self._analyst.forget()
        self._asked = None
        self._show(None, row.remark)
        self._settle()

    def _settle(self) -> None:
        if not self.isHidden():
            self._settling.start()

    def _follow(self) -> None:
        """Measure at once what does not take long."""
        request = self.request()
        is_long = self._takes_long(request)
        self.measure_button.setVisible(is_long)
        if self.isHidden() or is_long:
            if request != self._asked and not self._analyst.is_busy:
                self._show(None, self.measurement.remark)
            return
        if request is None:
            self._asked = None
            self._show(None, self.measurement.remark)
        elif request != self._asked:
            self._asked = request
            self._analyst.ask(request, takes_long=False)

    def _takes_long(self, request: AnalyseRequest | None) -> bool:
        if request is None:
            return False
        return takes_long(request, self._view.comparison.reference.sizes)

    def _on_measure(self) -> None:
        """Measure what takes long, or stop it."""
        if self._analyst.is_busy:
            self._analyst.forget()
            self._asked = None
            self._show(None, self.measurement.remark)
            return
        request = self.request()
        if request is not None:
            self._asked = request
            self._analyst.ask(request, takes_long=True)
            self._show(None, "Measuring whole volumes…")

    def _show_measured(self, measured: Measured) -> None:
        if measured.request == self._asked:
            self._show(measured.analysis, measured.sentence)

    def _show(self, analysis: Analysis | None, remark: str) -> None:
        self._analysis = analysis
        self.plot.show_analysis(analysis)
        self.numbers.show_analysis(analysis)
        notes = [] if analysis is None else [remark, *analysis.notes]
        if analysis is not None and analysis.what == "roi" and _truth(self._view.volumes) is None:
            notes.append(NO_TRUTH)
        self.remark.setText(remark if analysis is None else " ".join(filter(None, notes)))
        self.measure_button.setText("Stop" if self._analyst.is_busy else "Measure")
        for button in (self.copy_button, self.save_button):
            button.setEnabled(analysis is not None)

    def _copy(self) -> None:
        if self._analysis is not None:
            QGuiApplication.clipboard().setText(analysis_text(self._analysis))

    def _ask_where(self) -> None:
        if self._analysis is None or self._asked is None:
            return
        source = Path(self._asked.stacks[0].path)
        proposed = source.parent / f"{source.name.split('.')[0]}_{self._analysis.what}.csv"
        kinds = {".csv": "Table", ".png": "Picture"}
        ask_save_file(self, "Save what is measured", proposed, self._save, kinds)

    def _save(self, chosen: str) -> None:
        try:
            self.save(Path(chosen))
        except GvtError as error:
            self.remark.setText(error.sentence())
        else:
            self.remark.setText(f"Saved as {chosen}.")

    def save(self, path: Path) -> None:
        """Write the curves or the plot, by the name's ending; replaces an older file.

        Raises:
            OutputUnwritable: The folder or file cannot be written.
        """
        if self._analysis is None:
            return
        if path.suffix.lower() != ".png":
            write_bytes(path, analysis_csv(self._analysis))
            return
        picture = AnalysisPlot(LIGHT)
        picture.resize(*SAVED_SIZE)
        picture.show_analysis(self._analysis)
        try:
            write_png(picture, path)
        finally:
            picture.deleteLater()


def _analysed(volume: ViewerVolume) -> AnalysedStack:
    info = volume.info
    return AnalysedStack(
        path=info.path,
        scene=info.scene,
        voxel_size=info.calibration.typed,
        axes=info.axes,
        title=volume.title,
        origin=volume.origin,
    )


def _truth(volumes: Sequence[ViewerVolume]) -> int | None:
    titles = [volume.title for volume in volumes]
    return titles.index(texts.TRUTH) if texts.TRUTH in titles else None
