"""Choose a stack and a model, look at a preview, restore."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from gvtstudio.domain.file_names import DEFAULT_TEMPLATE, template_problem
from gvtstudio.domain.job import (
    ExportModelRequest,
    ImportModelRequest,
    RestoreRequest,
    TrainRequest,
)
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.model_package import MODEL_SUFFIX
from gvtstudio.services.command_text import restore_command
from gvtstudio.services.job import Job
from gvtstudio.services.open_project import OpenProject
from gvtstudio.services.patience import is_there
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui import texts
from gvtstudio.ui.dialogs.questions import ask, ask_open_files, ask_save_file
from gvtstudio.ui.forms.restore_form import RestoreForm
from gvtstudio.ui.pages.page import Page
from gvtstudio.ui.viewer.compare_view import CompareView, ViewerVolume
from gvtstudio.ui.widgets.empty_state import EmptyState
from gvtstudio.ui.widgets.stack_list import StackList

_OPEN = "Open stacks…"


class RestorePage(Page):
    """Stacks on the left, the current one in the middle, the form on the right.

    Args:
        workbench: The services of the window.
        parent: Qt parent.
    """

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._preview_id = ""
        self._shown_preview = ""
        self.stacks = StackList(workbench.session, self)
        self.form = RestoreForm(workbench.settings.settings, self)
        self.views = CompareView(workbench.planes, self)
        self._empty = EmptyState(
            "No stack is open",
            "Drop image files or a folder anywhere in this window, or choose them. "
            "Then press Preview to see in seconds what a model makes of them.",
            (_OPEN, texts.SIMULATED_STACK),
            self,
        )
        self._middle = QStackedWidget(self)
        self._build()
        self._connect_signals()
        self._show_project(workbench.projects.current)
        self._show_stack(workbench.session.current)

    def _build(self) -> None:
        self._middle.addWidget(self._empty)
        self._middle.addWidget(self.views)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        for widget, stretch in ((self.stacks, 0), (self._middle, 1), (self.form, 0)):
            splitter.addWidget(widget)
            splitter.setStretchFactor(splitter.indexOf(widget), stretch)
        splitter.setSizes([210, 780, 290])
        splitter.setChildrenCollapsible(False)
        self.stacks.setMinimumWidth(150)
        self.form.setMinimumWidth(250)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def _connect_signals(self) -> None:
        self.workbench.session.current_changed.connect(self._show_stack)
        self.workbench.projects.project_changed.connect(self._show_project)
        self.workbench.queue.job_ended.connect(self._on_job_ended)
        self.workbench.settings.settings_changed.connect(self.form.follow_settings)
        self.stacks.open_requested.connect(lambda: self.action_requested.emit("open"))
        self.stacks.scenes_requested.connect(lambda: self.action_requested.emit("scenes"))
        self._empty.button_clicked.connect(
            lambda text: self.action_requested.emit("open" if text == _OPEN else "simulate")
        )
        self.form.preview_requested.connect(self.preview)
        self.form.restore_requested.connect(self.restore)
        self.form.restore_all_requested.connect(self.restore_all)
        self.form.export_model_requested.connect(self.export_model)
        self.form.models.import_requested.connect(self.import_model)

    def viewer(self) -> CompareView | None:
        """The views, when a stack is open."""
        return None if self.workbench.session.current is None else self.views

    def preview(self) -> None:
        """Restore what is on screen and show it beside the input."""
        request = self._request()
        if request is None:
            return
        if self._preview_id:
            self.workbench.queue.cancel(self._preview_id)
        region = self.views.visible_region()
        request = msgspec.structs.replace(request, region=region, output_dir="", overwrite=True)
        job = self.workbench.queue.submit(request, f"Preview of {Path(request.input).name}")
        self._preview_id = "" if job is None else job.id

    def restore(self) -> None:
        """Queue the current stack; asks before an earlier result is replaced."""
        current = self.workbench.session.current
        if self._request() is not None and current is not None:
            self._restore_each([current])

    def restore_all(self) -> None:
        """Queue every open stack; asks before earlier results are replaced."""
        if self._request() is not None:
            self._restore_each(self.workbench.session.stacks)

    def copy_command(self) -> None:
        """Put the command line of this restoration on the clipboard."""
        request = self._request()
        if request is not None:
            QGuiApplication.clipboard().setText(restore_command(request))
            self.workbench.notifications.notify("The command is on the clipboard.")

    def import_model(self) -> None:
        """Choose models in files, to be checked and put among the user's own."""
        names = f"Models (*{MODEL_SUFFIX} *.zip)"
        ask_open_files(self, "Import models", names, self.workbench.import_models)

    def export_model(self) -> None:
        """Choose where to write the model as a package for bioimage.io."""
        model = self.form.models.model
        if model is None or model.path is None:
            self.workbench.notifications.notify(
                "No model in a file is chosen.",
                "Choose one on the page Restore; what learns from the stack itself has none.",
            )
            return
        request = ExportModelRequest(model=str(model.path), out="", overwrite=True)

        def export(out: str) -> None:
            self.workbench.queue.submit(
                msgspec.structs.replace(request, out=out), f"Exporting {Path(out).name}"
            )

        proposed = Path.home() / f"{model.card.name}.bioimage.zip"
        ask_save_file(self, "Export for bioimage.io", proposed, export)

    def _request(self) -> RestoreRequest | None:
        """The restoration of the current stack, or ``None`` after saying what is missing."""
        current = self.workbench.session.current
        request = None if current is None else self.form.request(current)
        if current is None:
            self.workbench.notifications.notify(
                "No stack is open.", "Drop an image file into the window, or press Ctrl+O."
            )
        elif request is None:
            self.workbench.notifications.notify(
                "There is no model for this task on this computer.",
                "Put a .gvtmodel file into the models folder, or choose another task.",
                "warning",
            )
        elif template_problem(request.name_template):
            self.workbench.notifications.notify(
                template_problem(request.name_template),
                f"Write it like {DEFAULT_TEMPLATE}, under More options.",
                "warning",
            )
            request = None
        return request

    def _restore_each(self, stacks: Sequence[StackInfo]) -> None:
        asked = [
            (request, self.form.result_path(request, stack))
            for stack in stacks
            if (request := self.form.request(stack)) is not None
        ]
        requests = [request for request, _ in asked]
        existing = [path for _, path in asked if is_there(path)]
        if not existing:
            self._submit(requests, replace=False)
            return
        missing = [request for request, path in asked if path not in existing]
        first = existing[0]
        answers = {"Replace": partial(self._submit, requests, replace=True)}
        if missing:
            answers["Only the missing ones"] = partial(self._submit, missing, replace=False)
        answers["Cancel"] = partial(self._submit, [], replace=False)
        ask(
            self,
            f"{first.name} exists already."
            if len(existing) == 1
            else f"{len(existing)} results exist already.",
            f"It was made before, in {first.parent}. Originals are never replaced, results only "
            "when you say so.",
            answers,
        )

    def _submit(self, requests: list[RestoreRequest], *, replace: bool) -> None:
        for request in requests:
            self.workbench.queue.submit(
                msgspec.structs.replace(request, overwrite=replace),
                f"Restoring {Path(request.input).name}",
            )

    def _show_stack(self, info: StackInfo | None) -> None:
        self.form.set_stack(info)
        self._drop_preview()
        if info is None:
            self.views.clear()
            self._middle.setCurrentWidget(self._empty)
        else:
            self.views.set_volumes([ViewerVolume(texts.INPUT, info)])
            self._middle.setCurrentWidget(self.views)

    def _show_project(self, opened: OpenProject | None) -> None:
        self.form.set_project_folder(None if opened is None else opened.work_folder)

    def _on_job_ended(self, job: Job) -> None:
        if isinstance(job.request, TrainRequest | ImportModelRequest):
            self.form.offer_models()  # its model may be on the shelf now
        if job.id != self._preview_id:
            return
        self._preview_id = ""
        current = self.workbench.session.current
        if not isinstance(job.request, RestoreRequest) or current is None:
            return
        is_of_current = (job.request.input, job.request.scene) == (current.path, current.scene)
        if isinstance(job.ending, Finished) and job.ending.stacks and is_of_current:
            self._show_preview(current, job.ending.stacks[0], job.request.region, job.id)

    def _show_preview(
        self, current: StackInfo, preview: StackInfo, region: Region | None, job_id: str
    ) -> None:
        self.views.set_volumes(
            [
                ViewerVolume(texts.INPUT, current),
                ViewerVolume(texts.PREVIEW, preview, origin=region, is_restored=True),
            ]
        )
        superseded, self._shown_preview = self._shown_preview, job_id
        self.workbench.queue.remove(superseded)

    def _drop_preview(self) -> None:
        """Forget the preview of another stack, and stop one that is being made."""
        if self._preview_id:
            self.workbench.queue.cancel(self._preview_id)
            self._preview_id = ""
        self.workbench.queue.remove(self._shown_preview)
        self._shown_preview = ""
