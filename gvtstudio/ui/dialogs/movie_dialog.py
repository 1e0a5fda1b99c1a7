"""Saving a movie of a way through what is on screen."""

from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QVBoxLayout, QWidget

from gvtstudio.domain.figure import FigureRequest
from gvtstudio.domain.movie import MovieRequest
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.export import name_without_extension
from gvtstudio.io.movies import MOVIE_FORMATS
from gvtstudio.services.output_folder import output_folder
from gvtstudio.services.patience import is_there
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.dialogs.questions import ask_save_file
from gvtstudio.ui.forms.figure_form import ONLY_XY, FigureForm
from gvtstudio.ui.forms.movie_form import MovieForm
from gvtstudio.ui.widgets.labels import styled_label


class MovieDialog(QDialog):
    """Which way the movie goes and how a frame is drawn; the job goes on without the dialog.

    Args:
        request: What is on screen.
        info: Its first stack.
        workbench: Draws it.
        parent: Qt parent.
    """

    def __init__(
        self,
        request: FigureRequest,
        info: StackInfo,
        workbench: Workbench,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save movie")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._workbench = workbench
        self.way = MovieForm(info, self)
        self.frame = FigureForm(replace(request, has_caption=False, has_crosshair=False), self)
        self._length = styled_label("", "quiet", self)
        self._problem = styled_label("", "doubt", self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self.save_button = self._buttons.addButton("Save…", role)
        self._build()
        self._connect_signals()
        self._show_state()

    def _build(self) -> None:
        self.frame.background_box.removeItem(self.frame.background_box.findData("transparent"))
        # what a caption says of the place is not true of all frames
        self.frame.caption_box.hide()
        self.frame.caption_edit.hide()
        # other sizes would make some voxels wider than others, which shows when they move
        self.frame.planes_box.setCurrentText(ONLY_XY)
        self.frame.zoom_box.setCurrentIndex(self.frame.zoom_box.findData(0.0))
        self.save_button.setToolTip("Write the movie as MP4, GIF or animated PNG.")
        self.save_button.setDefault(True)
        left = QVBoxLayout()
        left.addWidget(self.way)
        left.addWidget(self._length)
        left.addWidget(self._problem)
        left.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(24)
        both.addLayout(left)
        both.addWidget(self.frame, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.addLayout(both, 1)
        column.addWidget(self._buttons)

    def _connect_signals(self) -> None:
        self.way.choice_changed.connect(self._show_state)
        self.frame.choice_changed.connect(self._show_state)
        self.save_button.clicked.connect(self._ask_where)
        self._buttons.rejected.connect(self.reject)

    def request(self, out: Path, *, overwrite: bool = False) -> MovieRequest:
        """What is chosen, written to a file."""
        figure, way = self.frame.request(), self.way
        if way.finds_limits:
            columns = tuple(replace(column, limits=None) for column in figure.columns)
            figure = replace(figure, columns=columns)
        return MovieRequest(
            figure=figure,
            axis=way.axis,
            first=way.first_box.value(),
            last=way.last_box.value(),
            fps=way.fps_box.value(),
            forth_and_back=way.back_box.isChecked(),
            has_text=way.text_box.isChecked(),
            out=str(out),
            overwrite=overwrite,
        )

    def save(self, chosen: str) -> None:
        """Write the movie; the chooser has asked whether a file may be replaced."""
        out = Path(chosen).absolute()
        may_replace = is_there(out)
        if out.suffix.lower() not in MOVIE_FORMATS:
            out, may_replace = out.with_name(f"{out.name}.mp4"), False
        self._workbench.queue.submit(
            self.request(out, overwrite=may_replace), f"Drawing {out.name}"
        )
        self.accept()

    def _ask_where(self) -> None:
        source = Path(self.frame.request().columns[0].path)
        folder = output_folder(source, "", self._workbench.projects.folder)
        stem = f"{name_without_extension(source)}_{self.way.axis}"
        number, proposed = 1, folder / f"{stem}.mp4"
        while is_there(proposed):
            number += 1
            proposed = folder / f"{stem}_{number}.mp4"
        formats = {ending: row.title for ending, row in MOVIE_FORMATS.items()}
        ask_save_file(self, "Save the movie", proposed, self.save, formats)

    def _show_state(self) -> None:
        problem = self.way.problem() or self.frame.problem()
        seconds = self.way.frames / self.way.fps_box.value()
        self._length.setText("" if problem else f"{self.way.frames} frames, {seconds:.1f} s")
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self.save_button.setEnabled(not problem)
