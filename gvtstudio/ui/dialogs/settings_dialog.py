"""The preferences, drawn from the table of settings."""

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from gvtstudio.domain.file_names import filled, makes_one_name, template_problem
from gvtstudio.domain.settings import SETTINGS
from gvtstudio.services.settings_store import SettingsStore
from gvtstudio.ui.forms.parameter_form import ParameterForm
from gvtstudio.ui.widgets.labels import styled_label

_EXAMPLE = {
    "name": "cell 3",
    "scene": "scene2",
    "task": "denoised",
    "model": "denoise-fluorescence-3d",
    "date": "2026-11-22",
}


class SettingsDialog(QDialog):
    """Every change that can be used applies and is saved at once.

    Args:
        store: The settings.
        parent: Qt parent.
    """

    def __init__(self, store: SettingsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._store = store
        self.form = ParameterForm(SETTINGS, self)
        self.form.set_values(msgspec.structs.asdict(store.settings))
        self._names = styled_label("", "quiet", self)
        self._show_names(store.settings.name_template)
        self.form.values_changed.connect(self._apply)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.form)
        layout.addWidget(self._names)
        layout.addWidget(buttons)
        self.setMinimumWidth(420)

    def _apply(self) -> None:
        """Keep the values, but no template that cannot make names."""
        values = self.form.values()
        template = str(values["name_template"])
        self._show_names(template)
        if template_problem(template):
            del values["name_template"]
        self._store.change(**values)

    def _show_names(self, template: str) -> None:
        """Say how a result would be called, or what is wrong with the template."""
        problem = template_problem(template)
        if problem:
            self._names.setText(f"{problem} The one before is kept.")
            return
        example = filled(template, _EXAMPLE)
        alike = " All results of a day would be called alike." * makes_one_name(template)
        self._names.setText(f"Results are called like {example}.{alike}")
