"""Files and functions stay small enough to be read in one go."""

from pathlib import Path

import pytest

from tests import rules


def test_no_file_is_too_long(root: Path, tmp_path: Path):
    assert rules.too_long_files(rules.python_files(root)) == []

    planted = tmp_path / "planted.py"
    planted.write_text("x = 1\n" * rules.MAX_FILE_LINES, encoding="utf-8")
    assert rules.too_long_files([planted]) == []
    planted.write_text("x = 1\n" * (rules.MAX_FILE_LINES + 1), encoding="utf-8")
    assert len(rules.too_long_files([planted])) == 1


def test_no_function_is_too_long(root: Path, tmp_path: Path):
    assert rules.too_long_functions(rules.python_files(root)) == []

    planted = tmp_path / "planted.py"
    body = "        x = 1\n" * rules.MAX_FUNCTION_LINES
    planted.write_text(f"class A:\n    def long(self):\n{body}", encoding="utf-8")
    assert len(rules.too_long_functions([planted])) == 1


@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa: BLE001", "# noqa: E501, C901", "# ruff: noqa: PLR0915"]
)
def test_no_limit_is_switched_off_in_place(root: Path, tmp_path: Path, comment: str):
    own = Path(__file__).resolve()
    assert rules.waived_limits(path for path in rules.python_files(root) if path != own) == []

    planted = tmp_path / "planted.py"
    planted.write_text(f"x = 1  {comment}\ny = 2  # noqa: N802\n", encoding="utf-8")
    assert len(rules.waived_limits([planted])) == 1


def test_the_files_looked_at_are_all_there_are(root: Path):
    looked_at = {path.relative_to(root).parts[0] for path in rules.python_files(root)}
    assert {"dev.py", "gvtstudio", "installers", "tests"} <= looked_at
    assert len(rules.python_files(root)) > 50
