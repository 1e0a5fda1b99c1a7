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


def test_a_template_that_makes_no_names_is_told_and_not_kept(qtbot, workbench):
    dialog = SettingsDialog(workbench.settings)
    dialog.show()
    assert "cell 3_scene2" not in dialog._names.text()
    dialog.form.set_values({"name_template": "{date} {name}"})
    assert "called like 2026-11-22 cell 3." in dialog._names.text()
    dialog.form.set_values({"name_template": "{date} {nam}"})
    assert "unknown field {nam}" in dialog._names.text()
    assert workbench.settings.settings.name_template == "{date} {name}"
    dialog.form.set_values({"theme": "dark", "name_template": "{date}"})
    assert "called alike" in dialog._names.text()
    assert workbench.settings.settings.name_template == "{date}"
    dialog.close()
