"""The preferences, drawn from the table of settings."""

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from gvtstudio.domain.settings import SETTINGS
from gvtstudio.services.settings_store import SettingsStore
from gvtstudio.ui.forms.parameter_form import ParameterForm


class SettingsDialog(QDialog):
    """Every change applies and is saved at once.

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
        self.form.values_changed.connect(self._apply)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.form)
        layout.addWidget(buttons)
        self.setMinimumWidth(420)

    def _apply(self) -> None:
        self._store.change(**self.form.values())
