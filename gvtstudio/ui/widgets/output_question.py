"""What the new model is called, where it is kept, and what computes it."""

from pathlib import Path

import msgspec
from PySide6.QtWidgets import QCheckBox, QFormLayout, QLineEdit, QWidget

from gvtstudio.domain.settings import SETTINGS, Settings
from gvtstudio.io.model_package import MODEL_SUFFIX
from gvtstudio.io.model_shelf import list_models
from gvtstudio.io.places import models_dir
from gvtstudio.services.patience import is_folder, is_there
from gvtstudio.tasks import ZERO_SHOT
from gvtstudio.ui.forms.parameter_form import ParameterForm
from gvtstudio.ui.widgets.folder_edit import FolderEdit
from gvtstudio.ui.widgets.question import Question

_COMPUTING = ("device", "precision")
_NOT_IN_NAMES = '<>:"/\\|?*'


class OutputQuestion(Question):
    """Name, folder and device; an existing model is replaced only when told so.

    Args:
        settings: First values of device and precision.
        parent: Qt parent.
    """

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(
            "What shall it be called?",
            "Models in the folder proposed here are offered on the page Restore at once.",
            parent,
        )
        self._proposed = ""
        self.name_edit = QLineEdit(self)
        self.name_edit.setAccessibleName("Name of the model")
        self.folder = FolderEdit("Folder of the model", self)
        self.folder.set_folder(str(models_dir()))
        self.replace_box = QCheckBox("Replace the model that is there", self)
        rows = {row.name: row for row in SETTINGS}
        self.computing = ParameterForm([rows[name] for name in _COMPUTING], self)
        self.computing.set_values(msgspec.structs.asdict(settings))
        fields = QFormLayout()
        fields.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        fields.addRow("Name", self.name_edit)
        fields.addRow("Folder", self.folder)
        fields.addRow("", self.replace_box)
        self.form.addLayout(fields)
        self.form.addWidget(self.computing)
        self.form.addStretch()
        for other_place in (self.name_edit.textChanged, self.folder.folder_changed):
            other_place.connect(self.forget_replacing)
        for changed in (
            self.name_edit.textChanged,
            self.folder.folder_changed,
            self.replace_box.toggled,
            self.computing.values_changed,
        ):
            changed.connect(self._on_changed)
        self._on_changed()

    @property
    def path(self) -> Path:
        """The file that would be written."""
        return Path(self.folder.folder) / (self.name_edit.text().strip() + MODEL_SUFFIX)

    def propose(self, stem: str) -> None:
        """Propose a name that is not taken, unless the user has typed one."""
        if self.name_edit.text() not in ("", self._proposed):
            return
        name, number = stem, 2
        while is_there(Path(self.folder.folder) / (name + MODEL_SUFFIX)) or _is_known(name):
            name, number = f"{stem}-{number}", number + 1
        self._proposed = name
        self.name_edit.setText(name)

    def forget_replacing(self) -> None:
        """That a model may be replaced was said of another one."""
        self.replace_box.setChecked(False)

    def fields(self) -> dict[str, object]:
        """What a ``TrainRequest`` says of it."""
        overwrite = is_there(self.path) and self.replace_box.isChecked()
        return {"out": str(self.path), "overwrite": overwrite, **self.computing.values()}

    def answer(self) -> str:
        """The name."""
        return self.name_edit.text().strip()

    def problem(self) -> str:
        """Why the model cannot be called so or kept there."""
        name, folder = self.name_edit.text().strip(), self.folder.folder
        if not name:
            return "Type a name for the model."
        wrong = sorted(set(name) & set(_NOT_IN_NAMES))
        if wrong or name.startswith("."):
            return (
                f'"{name}" cannot be a file name. Leave out {" ".join(wrong) or "the first dot"}.'
            )
        if not folder:
            return "Choose a folder for the model."
        if Path(folder) != models_dir() and not is_folder(Path(folder)):
            return f"There is no folder {folder}. Choose one that is there."
        if is_there(self.path):
            if self.replace_box.isChecked():
                return ""
            return (
                f"{self.path.name} exists. Type another name, or tick that it is replaced: models "
                "are never replaced unasked."
            )
        if _is_known(name):
            return f"There is a model called {name} already. Type another name."
        return ""

    def _on_changed(self) -> None:
        self.replace_box.setVisible(bool(self.name_edit.text().strip()) and is_there(self.path))
        self.answered.emit()


def _is_known(name: str) -> bool:
    """Whether a model is called so, in whatever folder of the shelf."""
    return name in ZERO_SHOT or any(model.card.name == name for model in list_models())
