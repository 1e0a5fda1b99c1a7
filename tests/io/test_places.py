from pathlib import Path

from gvtstudio.io import places


def test_one_variable_moves_everything(isolated_home):
    for place in (
        places.user_data_dir(),
        places.models_dir(),
        places.jobs_dir(),
        places.settings_path(),
        places.logs_dir(),
    ):
        assert place == isolated_home or isolated_home in place.parents


def test_without_it_the_systems_own_folders_are_used(monkeypatch, tmp_path):
    monkeypatch.delenv(places.HOME_VARIABLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    paths = {places.user_data_dir(), places.settings_path(), places.logs_dir()}
    assert len(paths) == 3
    assert all(path.is_absolute() and "gvtstudio" in str(path) for path in paths)


def test_a_home_given_relative_is_made_absolute(monkeypatch):
    monkeypatch.setenv(places.HOME_VARIABLE, "stick")
    assert places.user_data_dir() == Path.cwd() / "stick"
