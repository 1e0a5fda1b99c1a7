"""dev.py, the one command of everybody who works on the program."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import dev


@pytest.fixture
def environment_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """dev.py looks at an environment in ``tmp_path`` that nothing is installed into."""
    folder = tmp_path / "Umgebung für 測試" / ".venv"
    folder.parent.mkdir()
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    monkeypatch.setattr(dev, "VENV", folder)
    monkeypatch.setattr(dev, "PYTHON", python)
    monkeypatch.setattr(dev, "STAMP", folder / dev.STAMP.name)
    monkeypatch.setattr(dev, "UNFINISHED", folder / dev.UNFINISHED.name)
    monkeypatch.setattr(dev, "what_to_install", lambda extras: ["--no-index", *NOTHING])
    monkeypatch.setattr(dev.shutil, "which", lambda name: None)
    return folder


NOTHING = ("--no-deps", "pip")  # already there, so pip does nothing


def test_environment_is_made_once_and_again_when_its_recipe_changes(
    environment_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    dev.make_environment()
    assert subprocess.call([str(dev.PYTHON), "-c", ""]) == 0
    assert "Making the environment" in capfd.readouterr().err

    marker = environment_folder / "kept"
    marker.touch()
    dev.make_environment()
    assert capfd.readouterr().err == ""

    monkeypatch.setattr(dev, "fingerprint", lambda: "changed")
    dev.make_environment()
    assert "Making the environment" in capfd.readouterr().err
    assert marker.exists(), "a change of versions must not throw the environment away"


@pytest.mark.parametrize("damage", ["interrupted", "no python"])
def test_a_half_made_environment_is_repaired(environment_folder: Path, damage: str):
    environment_folder.mkdir()
    left_over = environment_folder / "left over"
    left_over.touch()
    if damage == "interrupted":
        dev.UNFINISHED.touch()
    else:
        stamp = {"fingerprint": dev.fingerprint(), "python": sys.version, "extras": ["test"]}
        dev.STAMP.write_text(json.dumps(stamp), encoding="utf-8")
    dev.make_environment()
    assert subprocess.call([str(dev.PYTHON), "-c", ""]) == 0
    assert not left_over.exists()
    assert not dev.UNFINISHED.exists()


def test_a_failed_installation_is_marked_unfinished(
    environment_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dev, "what_to_install", lambda extras: ["--no-index", "there-is-no-such"])
    with pytest.raises(subprocess.CalledProcessError):
        dev.make_environment()
    assert dev.UNFINISHED.exists()
    assert dev.read_stamp() == {}


def test_missing_libraries_are_named_with_the_line_that_installs_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(dev.sys, "platform", "linux")
    monkeypatch.setattr(dev, "can_load", lambda name: name != "libEGL.so.1")
    with pytest.raises(SystemExit):
        dev.check_libraries(with_x11=False)
    error = capsys.readouterr().err
    assert "libEGL.so.1" in error
    assert error.rstrip().endswith("apt-get install -y --no-install-recommends libegl1")


def test_a_library_that_does_not_exist_cannot_be_loaded():
    assert not dev.can_load("libthere-is-no-such.so.7")


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 14, 0)])
def test_another_python_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: tuple[int, ...]
):
    monkeypatch.setattr(dev.sys, "version_info", version)
    monkeypatch.setattr(dev.shutil, "which", lambda name: "found" if name == "python3.12" else None)
    with pytest.raises(SystemExit):
        dev.check_python()
    assert "python3.12 dev.py" in capsys.readouterr().err


def test_python_without_ensurepip_names_the_package(
    environment_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(dev.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        dev.make_environment()
    assert "apt-get install -y python3-venv" in capsys.readouterr().err


def test_uv_is_told_what_pip_is_told(monkeypatch: pytest.MonkeyPatch):
    for variable in ("UV_FIND_LINKS", "UV_INDEX", "UV_INDEX_STRATEGY", "UV_TORCH_BACKEND"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_FIND_LINKS", "wheels")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "file:///one\nfile:///two")
    environment = dev.uv_environment()
    assert environment["UV_FIND_LINKS"] == "wheels"
    assert environment["UV_INDEX"] == "file:///one file:///two"
    assert environment["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert "UV_TORCH_BACKEND" not in environment


def test_an_unknown_command_shows_the_commands(capsys: pytest.CaptureFixture[str]):
    assert dev.main(["tests"]) == 2
    shown = capsys.readouterr().err
    assert [name for name in dev.COMMANDS if f"dev.py {name}" not in shown] == []


def test_versions_are_exact_and_name_no_host(root: Path):
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    versions = [line for line in lines if line and not line.startswith("#")]
    assert all(line.count("==") == 1 and "+" not in line and "/" not in line for line in versions)
    assert "torch==2.13.0" in versions
    assert "pyside6-essentials==6.10.3" in versions
