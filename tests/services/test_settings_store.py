import pytest

from gvtstudio.services.notifications import Notifications
from gvtstudio.services.recent import RECENT_LIMIT
from gvtstudio.services.settings_store import SettingsStore


@pytest.fixture
def notifications(qtbot) -> Notifications:
    return Notifications()


def test_change_is_told_saved_and_read_again(qtbot, notifications, tmp_path):
    path = tmp_path / "folder" / "settings.json"
    store = SettingsStore(path, notifications)
    with qtbot.waitSignal(store.settings_changed) as heard:
        store.change(theme="dark")
    assert heard.args[0].theme == "dark"
    assert SettingsStore(path, notifications).settings.theme == "dark"


def test_same_value_tells_nothing(qtbot, notifications, tmp_path):
    store = SettingsStore(tmp_path / "settings.json", notifications)
    with qtbot.assertNotEmitted(store.settings_changed):
        store.change(theme=store.settings.theme)
    assert not (tmp_path / "settings.json").exists()


def test_broken_file_gives_defaults_and_a_warning(qtbot, notifications, tmp_path):
    path = tmp_path / "settings.json"
    path.write_bytes(b'{"theme": "dark"')
    store = SettingsStore(path, notifications)
    assert store.settings.theme == "system"
    with qtbot.waitSignal(notifications.noticed) as heard:
        store.tell_warnings()
    assert heard.args[0].level == "warning"


def test_good_values_of_a_bad_file_are_kept(notifications, tmp_path):
    path = tmp_path / "settings.json"
    path.write_bytes(b'{"theme": "dark", "cache_mb": -3}')
    settings = SettingsStore(path, notifications).settings
    assert (settings.theme, settings.cache_mb) == ("dark", 1024)


def test_place_that_cannot_be_written_gives_a_notice_and_the_change_applies(
    qtbot, notifications, tmp_path
):
    (tmp_path / "in the way").write_text("", encoding="utf-8")
    store = SettingsStore(tmp_path / "in the way" / "settings.json", notifications)
    with qtbot.waitSignal(notifications.noticed) as heard:
        store.change(theme="light")
    assert heard.args[0].remedy
    assert store.settings.theme == "light"


def test_recent_files_are_newest_first_and_few(notifications, tmp_path):
    store = SettingsStore(tmp_path / "settings.json", notifications)
    for number in range(RECENT_LIMIT + 3):
        store.remember_stack(f"{number}.tif")
    store.remember_stack("5.tif")
    recent = store.settings.recent_stacks
    assert len(recent) == RECENT_LIMIT
    assert recent[:2] == ("5.tif", f"{RECENT_LIMIT + 2}.tif")
    store.forget("5.tif")
    assert "5.tif" not in store.settings.recent_stacks
