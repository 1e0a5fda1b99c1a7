"""The linter's and the type checker's rules hold, and both are really looking."""

from pathlib import Path

import pytest

from tests import rules

PLANTED_LINT = {
    "C901": "def f(x: int) -> int:\n    " + "if x:\n        x += 1\n    " * 11 + "return x\n",
    "PLR0913": "def f(a: int, b: int, c: int, d: int, e: int, g: int, h: int) -> None: ...\n",
    "PLR0915": "def f() -> None:\n" + "    x = 1\n" * 41,
    "BLE001": "try:\n    x = 1\nexcept Exception:\n    x = 2\n",
    "T201": "print(1)\n",
    "TID253": "import torch\n",
    "TID251": "from PySide6.QtCore import QRunnable\n",
    "D103": "def f() -> None: ...\n",
    "ANN001": "def f(x) -> None: ...\n",
    "PTH123": "open('x')\n",
}


def test_ruff_finds_nothing(root: Path):
    answer = rules.run_python(root, "-m", "ruff", "check", "--no-cache", ".")
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("rule", PLANTED_LINT)
def test_ruff_finds_a_planted_violation(root: Path, tmp_path: Path, rule: str):
    tree = rules.copy_tree(root, tmp_path)
    planted = tree / "gvtstudio" / "io" / "planted.py"
    planted.write_text('"""Planted."""\n\n' + PLANTED_LINT[rule], encoding="utf-8")
    answer = rules.run_python(
        tree, "-m", "ruff", "check", "--no-cache", "--output-format=concise", str(planted)
    )
    assert f" {rule} " in answer.stdout


def test_mypy_finds_nothing(root: Path):
    answer = rules.run_python(root, "-m", "mypy", timeout_s=900)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_mypy_finds_a_planted_violation(root: Path, tmp_path: Path):
    tree = rules.copy_tree(root, tmp_path)
    planted = tree / "gvtstudio" / "domain" / "planted.py"
    planted.write_text(
        '"""Planted."""\n\nfrom gvtstudio.domain.axes import used_axes\n\nused_axes("ZYX")\n',
        encoding="utf-8",
    )
    answer = rules.run_python(tree, "-m", "mypy", str(planted), timeout_s=900)
    assert answer.returncode == 1, answer.stderr
    assert "arg-type" in answer.stdout
