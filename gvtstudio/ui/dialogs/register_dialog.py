"""Finding a stack of low magnification in one of high magnification."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.job import RegisterRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.export import result_name
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.services.job import Job
from gvtstudio.services.output_folder import output_folder
from gvtstudio.services.patience import is_there
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.dialogs.questions import ask_save_file
from gvtstudio.ui.widgets.job_status import progress_words, show_progress
from gvtstudio.ui.widgets.labels import styled_label
from gvtstudio.ui.widgets.registration_table import RegistrationTable
from gvtstudio.ui.widgets.stack_box import StackBox

_EXPLANATION = (
    "The stack of low magnification is found in the other one by what both show, turned, shifted "
    "and enlarged until it lies over it. All its planes and channels are moved alike."
)
_WIDTH = 640
_LOW, _HIGH = "Low magnification", "High magnification"


class RegisterDialog(QDialog):
    """Which stacks; what a look at them finds; and writing the one as the other shows the field.

    A look ends with the dialog; what is being written goes on without it.

    Args:
        stacks: Everything that is open.
        compared: Those of them that are being looked at: they are proposed where there are two.
        workbench: Runs the job, and knows formats and folders.
        parent: Qt parent.
    """

    def __init__(
        self,
        stacks: Sequence[StackInfo],
        compared: Sequence[StackInfo],
        workbench: Workbench,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Register two magnifications")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._workbench = workbench
        self._job: Job | None = None
        low, high = proposed_pair(compared) or proposed_pair(stacks) or (None, None)
        self.boxes = {
            _LOW: StackBox(f"Stack of {_LOW.lower()}", stacks, low, self),
            _HIGH: StackBox(f"Stack of {_HIGH.lower()}", stacks, high, self),
        }
        self._fields = QWidget(self)
        self.magnification_edit = QLineEdit(self._fields)
        self.swap_button = QPushButton("Swap", self._fields)
        self.verdict = styled_label("", "subheading", self)
        self.found = RegistrationTable(self)
        self.problem = styled_label("", "doubt", self)
        self._progress = QWidget(self)
        self._bar = QProgressBar(self._progress)
        self._progress_words = QLabel(self._progress)
        self.cancel_button = QPushButton("Cancel", self._progress)
        roles = QDialogButtonBox.ButtonRole
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.look_button = self._buttons.addButton("Look Only", roles.ActionRole)
        self.save_button = self._buttons.addButton("Register and Save…", roles.ActionRole)
        self._column = QVBoxLayout(self)
        # its own least height would be that of all texts in narrow columns
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._build()
        self._connect_signals()
        self._on_changed()

    def _build(self) -> None:
        self._build_fields()
        self._build_progress()
        self.look_button.setDefault(True)
        self.look_button.setToolTip("Say how well the two fit; nothing is written.")
        self.save_button.setToolTip(
            "Write the first stack as the second shows the field, and see both side by side."
        )
        column = self._column
        explanation = styled_label("", "quiet", self)
        # only a text that is set later lets Qt ask for the height at the width there is
        explanation.setText(_EXPLANATION)
        column.addWidget(explanation)
        for widget in (self._fields, self.verdict, self.found, self.problem, self._progress):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(self._buttons)
        self.setMinimumWidth(_WIDTH)

    def _build_fields(self) -> None:
        grid = QGridLayout(self._fields)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        for row, (title, box) in enumerate(self.boxes.items()):
            browse = QPushButton("Choose…", self._fields)
            browse.setAccessibleName(f"Choose: {title}")
            browse.setToolTip("A file that is not open.")
            browse.setAutoDefault(False)
            browse.clicked.connect(box.browse)
            grid.addWidget(_label(title, box, self._fields), row, 0)
            grid.addWidget(box, row, 1)
            grid.addWidget(browse, row, 2)
        grid.addWidget(_label("Magnification", self.magnification_edit, self._fields), 2, 0)
        grid.addWidget(self.magnification_edit, 2, 1)
        grid.addWidget(self.swap_button, 2, 2)
        self.swap_button.setAutoDefault(False)
        self.swap_button.setToolTip("Take each stack for the other.")
        self.magnification_edit.setToolTip(
            "How many pixels of the finer image are one of the coarser, where the voxel sizes are "
            "missing or wrong."
        )

    def _build_progress(self) -> None:
        self._bar.setAccessibleName("Progress of the registration")
        self._bar.setTextVisible(False)
        progress = QHBoxLayout(self._progress)
        progress.setContentsMargins(0, 0, 0, 0)
        progress.addWidget(self._progress_words)
        progress.addWidget(self._bar, 1)
        progress.addWidget(self.cancel_button)

    def _connect_signals(self) -> None:
        queue = self._workbench.queue
        queue.jobs_changed.connect(self._show_progress)
        queue.job_ended.connect(self._on_job_ended)
        for box in self.boxes.values():
            box.currentIndexChanged.connect(self._on_changed)
        self.magnification_edit.textChanged.connect(self._on_changed)
        self.swap_button.clicked.connect(self._swap)
        self.look_button.clicked.connect(self._look)
        self.save_button.clicked.connect(self._ask_where)
        self.cancel_button.clicked.connect(self._cancel)
        self._buttons.rejected.connect(self.reject)

    def reject(self) -> None:
        """Close; nobody waits for a look any more."""
        if self._job is not None and self._job.is_look:
            self._cancel()
        super().reject()

    def save(self, chosen: str) -> None:
        """Register and write; the chooser has asked whether a file may be replaced."""
        exporter = EXPORTERS[self._workbench.settings.settings.export_format]
        out = Path(chosen).absolute()
        may_replace = is_there(out)
        if not out.name.lower().endswith(exporter.endings):
            out, may_replace = out.with_name(out.name + exporter.extension), False
        self._submit(
            msgspec.structs.replace(
                self._request(), out=str(out), format=exporter.name, overwrite=may_replace
            )
        )

    def _look(self) -> None:
        self._submit(self._request())

    def _ask_where(self) -> None:
        request = self._request()
        exporter = EXPORTERS[self._workbench.settings.settings.export_format]
        source = Path(request.low)
        folder = output_folder(source, "", self._workbench.projects.folder)
        scene = f"scene{request.low_scene + 1}" if request.low_scene else ""
        number, proposed = 1, Path()
        while number == 1 or is_there(proposed):
            suffix = "registered" if number == 1 else f"registered_{number}"
            proposed = folder / result_name(source, suffix, scene, exporter.extension)
            number += 1
        ask_save_file(
            self, "Save the registered stack", proposed, self.save,
            {exporter.extension: exporter.title.split(":")[0]},
        )  # fmt: skip

    def _request(self) -> RegisterRequest:
        low, high = (box.dataset or ("", 0) for box in self.boxes.values())
        return RegisterRequest(
            low=low[0],
            high=high[0],
            low_scene=low[1],
            high_scene=high[1],
            magnification=self._magnification() or 0.0,
        )

    def _submit(self, request: RegisterRequest) -> None:
        self._forget()
        title = f"Registering {Path(request.low).name}"
        self._job = self._workbench.queue.submit(request, title)
        self._show_state()

    def _cancel(self) -> None:
        if self._job is not None:
            self._workbench.queue.cancel(self._job.id)

    def _on_job_ended(self, job: Job) -> None:
        if self._job is None or job.id != self._job.id:
            return
        self._job = None
        match job.ending:
            case Finished(outputs=outputs) if outputs:
                self.accept()
            case Finished(numbers=numbers):
                self.verdict.setText("The two fit. Nothing has been written.")
                self.found.show_numbers(numbers)
                self._show_state()
            case Failed(message=message, remedy=remedy):
                self._show_state(f"{message} {remedy}".strip())
            case _:
                self._show_state()

    def _show_progress(self) -> None:
        job = None if self._job is None else self._workbench.queue.job(self._job.id)
        if job is not None:
            self._progress_words.setText(progress_words(job))
            show_progress(self._bar, job)

    def _on_changed(self) -> None:
        """What was found is not true of another choice."""
        self._forget()
        low, high = (box.info for box in self.boxes.values())
        told = 0.0 if low is None or high is None else _told_magnification(low, high)
        self.magnification_edit.setPlaceholderText(
            f"{told:.4g}, from the voxel sizes" if told else "Found by the registration"
        )
        self._show_state()

    def _forget(self) -> None:
        self.verdict.clear()

    def _show_state(self, failure: str = "") -> None:
        """Show what belongs to the choice that is made, to a job at work, or to its end."""
        is_running = self._job is not None
        problem = self._problem()
        has_found = bool(self.verdict.text())
        self._fields.setEnabled(not is_running)
        self._progress.setVisible(is_running)
        self.verdict.setVisible(has_found)
        self.found.setVisible(has_found)
        self.problem.setText(failure or problem)
        self.problem.setVisible(bool(self.problem.text()))
        for button in (self.look_button, self.save_button):
            button.setEnabled(not is_running and not problem)
        self._show_progress()
        # as high as what is shown; the layout would keep the height of what was
        self._column.activate()
        self.resize(self.width(), self._column.totalHeightForWidth(self.width()))

    def _problem(self) -> str:
        low, high = (box.dataset for box in self.boxes.values())
        if low is None or high is None:
            return "Choose the stack of low magnification and that of high magnification."
        if low == high:
            return "This is the same stack twice; choose another one of high magnification."
        if self._magnification() is None:
            return "Type the magnification as a number such as 2.5, or nothing."
        return ""

    def _magnification(self) -> float | None:
        """What was typed; 0 for nothing, ``None`` for what is no magnification."""
        typed = self.magnification_edit.text().strip()
        try:
            number = float(typed.replace(",", ".") or 0)
        except ValueError:
            return None
        return number if number > 0 or not typed else None

    def _swap(self) -> None:
        low, high = self.boxes.values()
        first, second = low.dataset, high.dataset
        low.choose(second)
        high.choose(first)


def proposed_pair(stacks: Sequence[StackInfo]) -> tuple[StackInfo, StackInfo] | None:
    """The stacks with the coarsest and the finest pixels; ``None`` where there is only one.

    Voxel sizes tell which; where one is missing, the stack of fewer pixels is the coarser.
    """
    if len(stacks) < 2:
        return None
    sizes_um = [info.calibration.y_um or 0.0 for info in stacks]
    if all(sizes_um) and min(sizes_um) < max(sizes_um):
        ordered = sorted(stacks, key=lambda info: -(info.calibration.y_um or 0.0))
    else:
        ordered = sorted(stacks, key=lambda info: info.shape[3] * info.shape[4])
    return ordered[0], ordered[-1]


def _told_magnification(low: StackInfo, high: StackInfo) -> float:
    """What the voxel sizes say; 0 where one is missing."""
    coarse, fine = low.calibration.y_um, high.calibration.y_um
    return coarse / fine if coarse and fine else 0.0


def _label(text: str, field: QWidget, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setBuddy(field)
    return label
