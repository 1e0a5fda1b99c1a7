"""Saving or copying a picture of the planes on screen."""

from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.figure import FIGURE_KINDS, MOST_PIXELS, FigureRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.io.export import name_without_extension
from gvtstudio.services.job import Job
from gvtstudio.services.output_folder import output_folder
from gvtstudio.services.patience import is_there
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.dialogs.questions import ask_save_file
from gvtstudio.ui.forms.figure_form import FigureForm
from gvtstudio.ui.widgets.labels import styled_label

_PATIENCE_MS = 350
_PREVIEW_SIZE = (520, 420)


class FigureDialog(QDialog):
    """How the figure is drawn, with a preview of it; to a file, or to the clipboard.

    Args:
        request: What is on screen.
        workbench: Draws it.
        parent: Qt parent.
    """

    figure_copied = Signal(object)
    """The ``QImage`` that is on the clipboard now."""
    preview_shown = Signal(object)
    """The ``QImage`` that is previewed."""

    def __init__(
        self, request: FigureRequest, workbench: Workbench, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save figure")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._workbench = workbench
        self.form = FigureForm(request, self)
        self._picture = QImage()
        self._jobs: dict[str, str] = {}
        self._preview = QLabel("Drawing …", self)
        self._size = styled_label("", "quiet", self)
        self._problem = styled_label("", "doubt", self)
        self._timer = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        roles = QDialogButtonBox.ButtonRole
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.copy_button = self._buttons.addButton("Copy", roles.ActionRole)
        self.save_button = self._buttons.addButton("Save…", roles.ActionRole)
        self._build()
        self._connect_signals()
        self._ask_preview()

    def _build(self) -> None:
        self._preview.setAccessibleName("Preview of the figure")
        self._preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._preview.setMinimumSize(*_PREVIEW_SIZE)
        self._preview.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.copy_button.setToolTip("Put the figure on the clipboard, to paste it elsewhere.")
        self.save_button.setToolTip("Write the figure as PNG, TIFF, SVG or PDF.")
        self.save_button.setDefault(True)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self._preview, 1)
        left.addWidget(self._size)
        right.addWidget(self.form)
        right.addStretch(1)
        right.addWidget(self._problem)
        both = QHBoxLayout()
        both.addLayout(left, 1)
        both.addLayout(right)
        column = QVBoxLayout(self)
        column.addLayout(both, 1)
        column.addWidget(self._buttons)

    def _connect_signals(self) -> None:
        self._workbench.queue.job_ended.connect(self._on_job_ended)
        self.form.choice_changed.connect(self._on_changed)
        self._timer.timeout.connect(self._ask_preview)
        self.copy_button.clicked.connect(self.copy)
        self.save_button.clicked.connect(self._ask_where)
        self._buttons.rejected.connect(self.reject)

    def copy(self) -> None:
        """Draw the figure for the clipboard."""
        self._draw("copy", self.form.request())
        self._show_state()

    def save(self, chosen: str) -> None:
        """Write the figure; the chooser has asked whether a file may be replaced."""
        out = Path(chosen).absolute()
        may_replace = is_there(out)
        if out.suffix.lower() not in FIGURE_KINDS:
            out, may_replace = out.with_name(f"{out.name}.png"), False
        request = replace(self.form.request(), out=str(out), overwrite=may_replace)
        self._workbench.queue.submit(request, f"Drawing {out.name}")
        self.accept()

    def done(self, result: int) -> None:
        """Close; nobody waits for a preview any more."""
        for job_id in tuple(self._jobs):
            self._workbench.queue.cancel(job_id)
        super().done(result)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the preview as large as there is room."""
        super().resizeEvent(event)
        self._show_picture()

    def _ask_where(self) -> None:
        source = Path(self.form.request().columns[0].path)
        folder = output_folder(source, "", self._workbench.projects.folder)
        stem = name_without_extension(source)
        number, proposed = 1, folder / f"{stem}_figure.png"
        while is_there(proposed):
            number += 1
            proposed = folder / f"{stem}_figure_{number}.png"
        kinds = {kind: ending for ending, kind in reversed(FIGURE_KINDS.items())}
        words = {ending: kind for kind, ending in reversed(kinds.items())}
        ask_save_file(self, "Save the figure", proposed, self.save, words)

    def _on_changed(self) -> None:
        self._show_state()
        self._timer.start()

    def _ask_preview(self) -> None:
        """Draw what is chosen now; one preview at a time."""
        if "preview" in self._jobs.values():
            self._timer.start()
        elif not self.form.problem():
            self._draw("preview", replace(self.form.request(), scale=1))

    def _draw(self, purpose: str, request: FigureRequest) -> None:
        job = self._workbench.queue.submit(request, "Drawing a figure")
        if job is not None:
            self._jobs[job.id] = purpose

    def _on_job_ended(self, job: Job) -> None:
        purpose = self._jobs.pop(job.id, "")
        if not purpose:
            return
        failure = ""
        match job.ending:
            case Finished(outputs=(path,)):
                self._take(purpose, QImage(path))
            case Failed(message=message, remedy=remedy):
                failure = f"{message} {remedy}".strip()
        self._workbench.queue.remove(job.id)
        self._show_state(failure)

    def _take(self, purpose: str, image: QImage) -> None:
        if purpose == "copy":
            QGuiApplication.clipboard().setImage(image)
            self.figure_copied.emit(image)
        else:
            self._picture = image
            self._show_picture()
            self.preview_shown.emit(image)

    def _show_picture(self) -> None:
        if self._picture.isNull():
            return
        ratio = self.devicePixelRatioF()
        room = self._preview.size() * ratio
        picture = self._picture
        if picture.width() > room.width() or picture.height() > room.height():
            picture = picture.scaled(
                room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        pixmap = QPixmap.fromImage(picture)
        pixmap.setDevicePixelRatio(ratio)
        self._preview.setPixmap(pixmap)

    def _show_state(self, failure: str = "") -> None:
        scale = self.form.request().scale
        width, height = self._picture.width() * scale, self._picture.height() * scale
        self._size.setText(f"{width} × {height} pixels" if width else "")
        problem = self.form.problem() or failure
        if not problem and width * height > MOST_PIXELS:
            problem = (
                f"These are more pixels than the {MOST_PIXELS // 10**6} million a figure can have. "
                "Choose a lower resolution."
            )
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        is_copying = "copy" in self._jobs.values()
        self.copy_button.setText("Copying …" if is_copying else "Copy")
        self.copy_button.setEnabled(not problem and not is_copying)
        self.save_button.setEnabled(not problem)
