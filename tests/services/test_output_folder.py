from pathlib import Path

from gvtstudio.io.places import user_data_dir
from gvtstudio.services import output_folder as module
from gvtstudio.services.output_folder import output_folder


def test_what_the_user_chose_goes_first(tmp_path):
    assert output_folder(tmp_path / "a.tif", f" {tmp_path / 'x'} ", tmp_path) == tmp_path / "x"


def test_project_goes_before_the_folder_of_the_stack(tmp_path):
    assert output_folder(tmp_path / "a.tif", "", tmp_path / "p") == tmp_path / "p" / "results"
    assert output_folder(tmp_path / "a.tif", "", None) == tmp_path


def test_read_only_folder_is_left_alone(tmp_path, monkeypatch):
    # The administrator of a test machine may write anywhere, so the answer is given here.
    monkeypatch.setattr(module.os, "access", lambda folder, mode: Path(folder) != tmp_path)
    assert output_folder(tmp_path / "a.tif", "", None) == user_data_dir() / "results"
