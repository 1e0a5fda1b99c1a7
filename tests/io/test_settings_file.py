import json

import pytest

from gvtstudio.domain.settings import Settings
from gvtstudio.io.settings_file import load_settings, save_settings

CHANGED = Settings(
    theme="dark", lut="fire", device="cpu", cache_mb=256, recent_stacks=("/data/Ünï 中文.tif",)
)


def test_settings_come_back_as_they_were(tmp_path):
    path = tmp_path / "config" / "settings.json"
    save_settings(path, CHANGED)
    assert load_settings(path) == (CHANGED, [])


def test_the_first_start_has_defaults_and_no_warning(tmp_path):
    assert load_settings(tmp_path / "settings.json") == (Settings(), [])


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\xfe\x00", b"null"])
def test_a_damaged_file_gives_defaults_and_one_sentence(tmp_path, content):
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings, warnings = load_settings(path)
    assert settings == Settings()
    assert len(warnings) == 1
    assert "damaged" in warnings[0]


def test_good_entries_survive_bad_ones(tmp_path):
    path = tmp_path / "settings.json"
    content = {
        "theme": "dark", "lut": "rainbow", "cache_mb": "much", "recent_stacks": 3,
        "device": "cpu", "of_a_newer_version": True,
    }  # fmt: skip
    path.write_text(json.dumps(content))
    settings, warnings = load_settings(path)
    assert settings == Settings(theme="dark", device="cpu")
    assert len(warnings) == 3
    assert all("default is used" in warning for warning in warnings)


@pytest.mark.parametrize("value", [1, 10_000_000, 100.5])
def test_values_out_of_range_take_the_default(tmp_path, value):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"cache_mb": value}))
    settings, warnings = load_settings(path)
    assert settings.cache_mb == Settings().cache_mb
    assert len(warnings) == 1


def test_a_folder_in_its_place_does_not_stop_the_start(tmp_path):
    settings, warnings = load_settings(tmp_path)
    assert settings == Settings()
    assert len(warnings) == 1
