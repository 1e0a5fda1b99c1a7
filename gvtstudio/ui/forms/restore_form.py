"""What to restore with, how, and where to."""

from pathlib import Path

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.settings import SETTINGS, Settings
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.export import restored_path
from gvtstudio.services.model_fit import knows_odds, tells_uncertainty, uses_context
from gvtstudio.services.output_folder import output_folder
from gvtstudio.tasks import TASKS
from gvtstudio.ui import texts
from gvtstudio.ui.dialogs.card_dialog import CardDialog
from gvtstudio.ui.dialogs.questions import ask_folder
from gvtstudio.ui.forms.parameter_form import ParameterForm
from gvtstudio.ui.widgets.labels import styled_label
from gvtstudio.ui.widgets.model_picker import ModelPicker
from gvtstudio.ui.widgets.resampling_offer import ResamplingOffer

# Field of RestoreRequest → the setting that declares it and gives its first value.
_FROM_SETTINGS = {
    "format": "export_format",
    "dtype": "export_dtype",
    "device": "device",
    "precision": "precision",
    "name_template": "name_template",
}
_TILE = Parameter(
    "tile", "text", "auto", "Tile",
    "How the work is cut: auto, whole, or Z,Y,X in voxels. It never changes what is computed "
    "where the network allows exact tiles.",
)  # fmt: skip
_MEMORY = Parameter(
    "memory", "text", "auto", "Memory",
    "What the restoration may take, such as 4GB; auto takes a share of what is free.",
)  # fmt: skip
_CONTEXT = Parameter(
    "context", "text", "whole", "Context",
    "What the network's global operators may see: whole, or Z,Y,X in voxels. Anything smaller than "
    "the whole stack changes the result.",
)  # fmt: skip
_FLIPS = Parameter(
    "flips", "switch", False, "Mirror images",
    "Restore the mirror images along X and Y too and average: a little better, in four times the "
    "time.",
)  # fmt: skip
_CHANNEL = Parameter(
    "channel", "integer", 0, "Channel",
    "Restore only this channel, counted from 1; 0 restores all. Fluorescence is predicted from "
    "one: that of the transmitted light.",
    minimum=0, maximum=1000,
)  # fmt: skip
_STATISTIC = Parameter(
    "statistic", "choice", "mean", "Statistic",
    "Of a model that knows the odds of every brightness: what a voxel is taken for.",
    choices=("mean", "median", "mode"),
)  # fmt: skip
_UNCERTAINTY = Parameter(
    "uncertainty", "switch", False, "Uncertainty",
    "Add a channel that says how unsure the model is of each voxel, in the units of the stack; the "
    "result is float32.",
)  # fmt: skip
_HEIGHT_MAP = Parameter(
    "height_map", "switch", False, "Height map",
    "Of a projection: add a channel with the plane in which the surface was found; the result is "
    "float32.",
)  # fmt: skip


def _option_rows() -> tuple[Parameter, ...]:
    rows = {row.name: row for row in SETTINGS}
    options = [
        msgspec.structs.replace(rows[setting], name=name)
        for name, setting in _FROM_SETTINGS.items()
    ]
    options[0] = msgspec.structs.replace(options[0], label="Format")
    return (
        *options,
        _TILE,
        _MEMORY,
        _CONTEXT,
        _FLIPS,
        _CHANNEL,
        _STATISTIC,
        _UNCERTAINTY,
        _HEIGHT_MAP,
    )


class RestoreForm(QWidget):
    """Task, model, options and output folder, with the three buttons below.

    Args:
        settings: First values of the options.
        parent: Qt parent.
    """

    preview_requested = Signal()
    """Restore what is on screen."""
    restore_requested = Signal()
    """Restore the current stack."""
    restore_all_requested = Signal()
    """Restore every open stack."""
    export_model_requested = Signal()
    """Write the chosen model for others."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stack: StackInfo | None = None
        self._project_folder: Path | None = None
        self.task_box = QComboBox(self)
        self.task_box.setAccessibleName("Task")
        for spec in TASKS.values():
            self.task_box.addItem(spec.title, spec.name)
        self._question = styled_label("", "quiet", self)
        self.models = ModelPicker(self)
        self.resampling = ResamplingOffer(self)
        self.options = ParameterForm(_option_rows(), self)
        self._settings = settings
        self.options.set_values(
            {name: getattr(settings, setting) for name, setting in _FROM_SETTINGS.items()}
        )
        self._more = QToolButton(self)
        self.folder_edit = QLineEdit(self)
        self._browse = QPushButton("Choose…", self)
        self._preview = QPushButton(texts.PREVIEW_VIEW, self)
        self._restore = QPushButton(texts.RESTORE, self)
        self._restore_all = QPushButton(texts.RESTORE_ALL, self)
        self._build()
        self._connect_signals()
        self.set_stack(None)

    def _build(self) -> None:
        self._more.setText("More options")
        self._more.setCheckable(True)
        self._more.setArrowType(Qt.ArrowType.RightArrow)
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.setAutoRaise(True)
        self.options.hide()
        self.folder_edit.setAccessibleName("Output folder")
        self.folder_edit.setClearButtonEnabled(True)
        self._restore.setObjectName("primary")
        self._preview.setToolTip("Restore only what is on screen, in seconds (F5).")
        self._restore.setToolTip("Restore the whole stack and open it in Compare (Ctrl+R).")
        self._restore_all.setToolTip("Queue every open stack with these choices (Ctrl+Shift+R).")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.addWidget(self._scrolled_fields(), 1)
        for button in (self._preview, self._restore, self._restore_all):
            row = QHBoxLayout()
            row.setContentsMargins(8, 0, 8, 0)
            row.addWidget(button)
            layout.addLayout(row)

    def _scrolled_fields(self) -> QScrollArea:
        """All fields, one below the other; on a low screen they scroll, the buttons do not."""
        folder_row = QHBoxLayout()
        folder_row.addWidget(self.folder_edit)
        folder_row.addWidget(self._browse)
        inner = QWidget(self)
        form = QVBoxLayout(inner)
        form.setContentsMargins(8, 8, 8, 8)
        form.addWidget(styled_label("Task", "subheading", inner))
        form.addWidget(self.task_box)
        form.addWidget(self._question)
        form.addSpacing(6)
        form.addWidget(styled_label("Model", "subheading", inner))
        form.addWidget(self.models)
        form.addWidget(self.resampling)
        form.addSpacing(6)
        form.addWidget(styled_label("Output folder", "subheading", inner))
        form.addLayout(folder_row)
        form.addWidget(self._more)
        form.addWidget(self.options)
        form.addStretch()
        scroll = QScrollArea(self)
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return scroll

    def _connect_signals(self) -> None:
        self.task_box.currentIndexChanged.connect(self.offer_models)
        self.models.model_changed.connect(self._show_what_fits)
        self.models.details_requested.connect(self._show_card)
        self._more.toggled.connect(self._show_more)
        self._browse.clicked.connect(
            lambda: ask_folder(self, "Folder for results", self.folder_edit.setText)
        )
        self._preview.clicked.connect(self.preview_requested)
        self._restore.clicked.connect(self.restore_requested)
        self._restore_all.clicked.connect(self.restore_all_requested)

    def set_stack(self, stack: StackInfo | None) -> None:
        """Offer the models that suit a stack."""
        self._stack = stack
        self.offer_models()
        self._show_folder()

    def follow_settings(self, settings: Settings) -> None:
        """Take over the preferences that have changed; other options stay as they were chosen."""
        before, self._settings = self._settings, settings
        now = {name: getattr(settings, setting) for name, setting in _FROM_SETTINGS.items()}
        self.options.set_values(
            {
                name: value
                for name, value in now.items()
                if value != getattr(before, _FROM_SETTINGS[name])
            }
        )

    def set_project_folder(self, folder: Path | None) -> None:
        """Let results go into a project where nothing else is chosen."""
        self._project_folder = folder
        self._show_folder()

    def is_ready(self) -> bool:
        """Whether there is a stack and a model."""
        return self._stack is not None and self.models.model is not None

    def request(self, stack: StackInfo) -> RestoreRequest | None:
        """The restoration of a stack with what is chosen; ``None`` without a model."""
        model = self.models.model
        if model is None:
            return None
        source = Path(stack.path)
        folder = output_folder(source, self.folder_edit.text(), self._project_folder)
        values = self.options.values()
        request = RestoreRequest(
            input=stack.path,
            scene=stack.scene,
            voxel_size=stack.calibration.typed,
            axes=stack.axes,
            model=model.card.name,
            task=str(self.task_box.currentData()),
            output_dir=str(folder),
            parameters=self.models.values,
            resample=self.resampling.is_accepted_for(model.card, stack),
        )
        return msgspec.structs.replace(request, **values)

    def result_path(self, request: RestoreRequest, stack: StackInfo) -> Path:
        """The file a restoration of a stack will write."""
        return restored_path(request, stack, TASKS[request.task].output_suffix, request.model)

    def offer_models(self) -> None:
        """List the models of the task, read from the shelf anew; the chosen one stays."""
        spec = TASKS[self.task_box.currentData()]
        self._question.setText(f"{spec.question}\n{spec.summary}")
        self.models.offer(spec.name, self._stack)
        self._show_what_fits()

    def _show_card(self, card: ModelCard) -> None:
        model = self.models.model
        dialog = CardDialog(card, self, is_file=model is not None and model.path is not None)
        dialog.export_requested.connect(self.export_model_requested)
        dialog.open()

    def _show_what_fits(self) -> None:
        """Options that the chosen model knows, and the buttons it can be used with."""
        model = self.models.model
        self.resampling.offer(None if model is None else model.card, self._stack)
        self.options.set_present(
            "height_map", is_present=TASKS[self.task_box.currentData()].projects
        )
        self.options.set_present(
            "uncertainty", is_present=model is not None and tells_uncertainty(model.card)
        )
        self.options.set_present(
            "statistic", is_present=model is not None and knows_odds(model.card)
        )
        is_trained = model is not None and model.zero_shot is None
        self.options.set_present("flips", is_present=is_trained)
        self.options.set_present(
            "context", is_present=model is not None and uses_context(model.card)
        )
        for button in (self._preview, self._restore, self._restore_all):
            button.setEnabled(self.is_ready())

    def _show_folder(self) -> None:
        if self._stack is None:
            proposed = "Beside each stack"
        else:
            proposed = str(output_folder(Path(self._stack.path), "", self._project_folder))
        self.folder_edit.setPlaceholderText(proposed)
        self.folder_edit.setToolTip(f"Results go to {proposed} unless you choose another folder.")

    def _show_more(self, is_shown: bool) -> None:
        self._more.setArrowType(Qt.ArrowType.DownArrow if is_shown else Qt.ArrowType.RightArrow)
        self.options.setVisible(is_shown)
