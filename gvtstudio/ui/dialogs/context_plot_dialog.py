"""How close a restoration comes to the good stack, against the context the model could see."""

from collections.abc import Sequence
from math import prod
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import SweepRequest
from gvtstudio.domain.messages import ContextScore
from gvtstudio.io.model_package import MODEL_SUFFIX
from gvtstudio.ui.dialogs.questions import ask_save_file
from gvtstudio.ui.theme import LIGHT, colours
from gvtstudio.ui.widgets.context_plot import METRICS, ContextPlot, write_png, write_svg
from gvtstudio.ui.widgets.labels import styled_label

NORMALISATION_WORDS = {
    "care": "gain and offset fitted (care)",
    "none": "intensities as they are",
}
_SAVED_SIZE = (900, 520)


class ContextPlotDialog(QDialog):
    """The plot with a choice of measure, to be saved as a picture or copied as a table.

    Args:
        request: What was asked.
        scores: The input's, then one for each context, the whole last.
        theme: Setting of the theme.
        parent: Qt parent.
    """

    def __init__(
        self,
        request: SweepRequest,
        scores: Sequence[ContextScore],
        theme: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("How much context the model uses")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._request = request
        self._scores = tuple(scores)
        self._words = NORMALISATION_WORDS[request.normalisation]
        self.metric_box = QComboBox(self)
        self.plot = ContextPlot(colours(theme), self)
        self._verdict = styled_label("", "quiet", self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self._build()
        self._connect_signals()
        self._show_metric()

    def _build(self) -> None:
        self.metric_box.setAccessibleName("Measure")
        self.metric_box.setToolTip("What the restored and the good stack are compared by.")
        for name, metric in METRICS.items():
            if any(getattr(score, name) is not None for score in self._scores):
                self.metric_box.addItem(metric.title, name)
        row = QHBoxLayout()
        label = QLabel("Measure", self)
        label.setBuddy(self.metric_box)
        row.addWidget(label)
        row.addWidget(self.metric_box)
        row.addStretch()
        model = Path(self._request.model).name.removesuffix(MODEL_SUFFIX)
        what = f"{Path(self._request.input).name} restored with {model}"
        layout = QVBoxLayout(self)
        layout.addWidget(
            styled_label(
                f"{what}, compared with {Path(self._request.target).name}", "subheading", self
            )
        )
        layout.addLayout(row)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self._verdict)
        layout.addWidget(self._buttons)
        self.resize(900, 560)

    def _connect_signals(self) -> None:
        roles = QDialogButtonBox.ButtonRole
        save = self._buttons.addButton("Save picture…", roles.ActionRole)
        save.setToolTip("As PNG, or as SVG for papers and slides; always dark on white.")
        copy = self._buttons.addButton("Copy table", roles.ActionRole)
        copy.setToolTip("All measures, to be pasted into a spreadsheet.")
        save.clicked.connect(self._ask_where)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.table()))
        self._buttons.rejected.connect(self.close)
        self.finished.connect(self.plot.let_go)
        self.metric_box.currentIndexChanged.connect(self._show_metric)

    def table(self) -> str:
        """All measures, separated by tabs, with a heading."""
        heads = ("context", "Z", "Y", "X", *(metric.label for metric in METRICS.values()))
        rows = [(*heads, "seconds", "normalisation")]
        for score in self._scores:
            sizes = ("", "", "") if score.size is None else tuple(map(str, score.size))
            values = (getattr(score, name) for name in METRICS)
            told = ("" if value is None else f"{value:.6g}" for value in values)
            seconds = f"{score.seconds:g}"
            rows.append((score.context, *sizes, *told, seconds, self._request.normalisation))
        return "\n".join("\t".join(row) for row in rows) + "\n"

    def save_picture(self, path: Path) -> None:
        """Write the plot as PNG or SVG, by the name's ending.

        Raises:
            OutputUnwritable: The folder or file cannot be written.
        """
        picture = ContextPlot(LIGHT)
        picture.resize(*_SAVED_SIZE)
        picture.show_scores(self._scores, self.metric_box.currentData(), self._words)
        try:
            if path.suffix.lower() == ".svg":
                write_svg(picture, path)
            else:
                write_png(picture, path)
        finally:
            picture.let_go()
            picture.deleteLater()

    def _show_metric(self) -> None:
        name = self.metric_box.currentData()
        if name is None:
            self._verdict.setText("None of the measures could be told for these stacks.")
            return
        self.plot.show_scores(self._scores, name, self._words)
        self._verdict.setText(_verdict(self._scores, name))

    def _ask_where(self) -> None:
        source = Path(self._request.input)
        proposed = source.parent / f"{source.name.split('.')[0]}_context.png"
        ask_save_file(
            self,
            "Save picture",
            proposed,
            self._save,
            {".png": "Picture", ".svg": "Drawing"},
        )

    def _save(self, chosen: str) -> None:
        try:
            self.save_picture(Path(chosen))
        except GvtError as error:
            self._verdict.setText(error.sentence())
        else:
            self._verdict.setText(f"The picture is saved as {chosen}.")


def _verdict(scores: Sequence[ContextScore], name: str) -> str:
    """What the smallest context lacks of the whole, in words."""
    metric = METRICS[name]
    known = [s for s in scores if s.size is not None and getattr(s, name) is not None]
    if len(known) < 2:
        return "Only the whole was measured; give smaller contexts to compare."
    smallest = min(known, key=lambda score: prod(score.size or ()))
    lacking = (getattr(known[-1], name) - getattr(smallest, name)) * metric.better
    size = " × ".join(map(str, smallest.size or ()))
    how = "better" if lacking > 0 else "worse"
    return (
        f"With the whole the {metric.title.split(',')[0]} is {metric.format(abs(lacking))} {how} "
        f"than with {size} voxels."
    )
