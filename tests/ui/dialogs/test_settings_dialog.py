import json

from gvtstudio.io.places import settings_path
from gvtstudio.ui.dialogs.settings_dialog import SettingsDialog


def test_change_applies_and_is_saved_at_once(qtbot, workbench):
    dialog = SettingsDialog(workbench.settings)
    dialog.show()
    dialog.form.set_values({"cache_mb": 256, "theme": "dark"})
    assert workbench.settings.settings.cache_mb == 256
    saved = json.loads(settings_path().read_text(encoding="utf-8"))
    assert (saved["cache_mb"], saved["theme"]) == (256, "dark")
    dialog.close()
