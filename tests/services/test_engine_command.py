import sys
from pathlib import Path

from gvtstudio.services.engine_command import engine_command, engine_environment


def test_checkout_starts_this_python_which_finds_the_same_package(root):
    assert engine_command() == (sys.executable, "-m", "gvtstudio.engine")
    environment = engine_environment({"PYTHONPATH": "elsewhere"})
    assert environment["PYTHONPATH"].startswith(str(root))
    assert environment["PYTHONPATH"].endswith("elsewhere")


def test_bundle_starts_the_program_beside_the_windows(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "GVTStudio"))
    (program,) = engine_command()
    assert Path(program).parent == tmp_path
    assert Path(program).stem == "gvtstudio-engine"


def test_bundle_gives_the_engine_the_users_library_path(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    bundled = {"LD_LIBRARY_PATH": "/bundle", "LD_LIBRARY_PATH_ORIG": "/users"}
    assert engine_environment(bundled)["LD_LIBRARY_PATH"] == "/users"
    assert "LD_LIBRARY_PATH" not in engine_environment({"LD_LIBRARY_PATH": "/bundle"})
