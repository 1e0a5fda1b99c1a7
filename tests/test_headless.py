"""The layers below the window work where there is no Qt: on clusters, in scripts, in the engine."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
import tifffile

from gvtstudio.domain.job import InspectRequest
from gvtstudio.domain.messages import Finished, decode_message
from gvtstudio.io.job_folder import new_job_folder
from tests import rules

LOWER_LAYERS = (
    "domain", "imaging", "io", "networks", "simulation", "training", "prediction", "tasks", "engine"
)  # fmt: skip

# A Python in which every way to Qt fails as if it were not installed.
WITHOUT_QT = """
import importlib.abc, runpy, sys

class NoQt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PySide6", "shiboken6", "pyqtgraph", "superqt", "pytestqt"):
            raise ModuleNotFoundError(f"no {name} here", name=name)

sys.meta_path.insert(0, NoQt())
"""

IMPORT_ALL = """
import importlib, pkgutil
for layer in %r:
    top = importlib.import_module("gvtstudio." + layer)
    for module in pkgutil.walk_packages(top.__path__, top.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print("imported", len([name for name in sys.modules if name.startswith("gvtstudio.")]))
"""


def run_without_qt(root: Path, program: str, *arguments: str) -> subprocess.CompletedProcess:
    return rules.run_python(root, "-c", WITHOUT_QT + program, *arguments)


def test_the_blocked_python_really_has_no_qt(root: Path):
    answer = run_without_qt(root, "import PySide6.QtCore")
    assert "no PySide6 here" in answer.stderr


def test_every_lower_module_can_be_imported(root: Path):
    answer = run_without_qt(root, IMPORT_ALL % (LOWER_LAYERS,))
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout.split()[-1]) > 60


def test_a_planted_qt_import_in_a_lower_layer_is_noticed(root: Path, tmp_path: Path):
    tree = rules.copy_tree(root, tmp_path)
    planted = 'from importlib import import_module\n\nimport_module("PySide6.QtCore")\n'
    (tree / "gvtstudio" / "io" / "planted.py").write_text(planted, encoding="utf-8")
    answer = run_without_qt(tree, IMPORT_ALL % (LOWER_LAYERS,))
    assert answer.returncode != 0
    assert "planted.py" in answer.stderr


def test_the_engine_inspects_a_stack(root: Path, tmp_path: Path):
    stack = tmp_path / "Zellen ä 細胞.tif"
    tifffile.imwrite(stack, np.zeros((5, 7, 9), np.uint16), imagej=True, metadata={"axes": "ZYX"})
    folder = new_job_folder(tmp_path / "jobs", "inspect")
    folder.write_request(InspectRequest(paths=(str(stack),)))
    program = WITHOUT_QT + 'runpy.run_module("gvtstudio.engine", run_name="__main__")'
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder.path)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as engine:
        # standard input stays open: its end would stop the job
        lines = engine.stdout.readlines()
        engine.stdin.close()
    last = decode_message(lines[-1])
    assert isinstance(last, Finished), msgspec.json.encode(last)
    assert last.stacks[0].shape == (1, 5, 1, 7, 9)
    assert engine.returncode == 0


@pytest.mark.slow
def test_tests_of_the_values_pass(root: Path, tmp_path: Path):
    program = 'sys.argv[0] = "pytest"\nrunpy.run_module("pytest", run_name="__main__")'
    # one way through each layer; the many tests of single formats would only take time
    folders = ["tests/domain", "tests/imaging", "tests/io", "gvtstudio/domain", "gvtstudio/imaging"]
    left_out = ["tests/io/formats", "tests/io/round_trips"]
    answer = run_without_qt(
        root,
        program,
        *("-q", "-p", "no:cacheprovider", "-p", "no:pytest-qt", f"--basetemp={tmp_path / 'base'}"),
        *("-c", str(_configuration_without_qt(root, tmp_path)), f"--rootdir={root}"),
        *(f"--ignore={root / folder}" for folder in left_out),
        *(str(root / folder) for folder in folders if any((root / folder).rglob("*.py"))),
    )
    assert answer.returncode == 0, answer.stdout[-4000:] + answer.stderr
    assert int(answer.stdout.split(" passed")[0].split()[-1]) > 50


def _configuration_without_qt(root: Path, folder: Path) -> Path:
    """The rules of pyproject.toml but those that belong to pytest-qt."""
    lines = (root / "pyproject.toml").read_text(encoding="utf-8").splitlines(keepends=True)
    path = folder / "pyproject.toml"
    kept = [line for line in lines if not line.startswith("qt_")]
    text = "".join(kept).replace('pythonpath = ["."]', f"pythonpath = [{root.as_posix()!r}]")
    path.write_text(text, encoding="utf-8")
    return path
