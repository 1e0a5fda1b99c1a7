"""What measuring a restored stack has found."""

from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.evaluation import Evaluation
from gvtstudio.io.atomic import write_bytes
from gvtstudio.services.evaluation_table import csv_bytes, exported_rows, shown_table
from gvtstudio.ui.dialogs.context_plot_dialog import NORMALISATION_WORDS
from gvtstudio.ui.dialogs.questions import ask_save_file
from gvtstudio.ui.dialogs.table_dialog import TableDialog
from gvtstudio.ui.widgets.labels import styled_label


class EvaluationDialog(TableDialog):
    """The table with what it was measured with, to be copied or saved.

    Args:
        evaluation: The answer of the engine.
        parent: Qt parent.
    """

    def __init__(self, evaluation: Evaluation, parent: QWidget | None = None) -> None:
        self._evaluation = evaluation
        self._first = evaluation.scores[0]
        headings, rows = shown_table(evaluation)
        super().__init__(f"Measured: {Path(self._first.restored).name}", headings, rows, parent)
        measured = styled_label(
            f"{Path(self._first.restored).name} against {Path(self._first.target).name}",
            "subheading",
            self,
        )
        self.words = styled_label(f"Normalisation: {self._normalisation()}.", "quiet", self)
        self.column.insertWidget(0, measured)
        self.column.insertWidget(1, self.words)
        roles = QDialogButtonBox.ButtonRole
        self.copy_button = self.buttons.addButton("Copy", roles.ActionRole)
        self.copy_button.setToolTip("All digits, to be pasted into a spreadsheet.")
        self.save_button = self.buttons.addButton("Save CSV…", roles.ActionRole)
        self.copy_button.clicked.connect(self._copy)
        self.save_button.clicked.connect(self._ask_where)
        self.resize(760, 360)

    def save(self, chosen: str) -> None:
        """Write the table as CSV, and say so or why not."""
        try:
            write_bytes(Path(chosen), csv_bytes(exported_rows(self._evaluation)))
        except GvtError as error:
            self.words.setText(error.sentence())
        else:
            self.words.setText(f"The table is saved as {chosen}.")

    def _normalisation(self) -> str:
        if self._first.label is not None:
            return "none, labels are compared"
        return NORMALISATION_WORDS[self._evaluation.normalisation]

    def _copy(self) -> None:
        rows = exported_rows(self._evaluation)
        QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in rows) + "\n")

    def _ask_where(self) -> None:
        source = Path(self._first.restored)
        proposed = source.parent / f"{source.name.split('.')[0]}_scores.csv"
        ask_save_file(self, "Save table", proposed, self.save, {".csv": "Table"})
