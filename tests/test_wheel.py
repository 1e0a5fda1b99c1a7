"""The wheel: everything the program needs is in it, and is found there."""

import shutil
import zipfile
from pathlib import Path

import pytest

from tests import rules


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of the wheel, as an installation has it."""
    tree = rules.copy_tree(root, tmp_path_factory.mktemp("source"))
    for name in ("README.md", "LICENSE"):
        shutil.copy(root / name, tree)
    for name in ("installers", "resources"):
        shutil.copytree(root / name, tree / name)
    answer = rules.run_python(tree, "-m", "hatchling", "build", "-t", "wheel")
    assert answer.returncode == 0, answer.stderr
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(next((tree / "dist").glob("*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder


def test_every_module_and_resource_is_in_the_wheel(root: Path, installed: Path):
    for source, target in (("gvtstudio", "gvtstudio"), ("resources", "gvtstudio/_resources")):
        files = [p for p in (root / source).rglob("*") if p.is_file() and p.suffix != ".pyc"]
        assert files
        for file in files:
            copy = installed / target / file.relative_to(root / source)
            assert copy.read_bytes() == file.read_bytes()


def test_an_installation_finds_its_resources(installed: Path):
    program = "from gvtstudio.io.resources import resources_dir; print(resources_dir())"
    answer = rules.run_python(installed, "-c", program)
    assert Path(answer.stdout.strip()) == installed / "gvtstudio" / "_resources", answer.stderr


def test_both_programs_are_installed(installed: Path):
    entry_points = next(installed.glob("*.dist-info/entry_points.txt")).read_text(encoding="utf-8")
    assert "gvtstudio = gvtstudio.__main__:main" in entry_points
    assert "gvtstudio-engine = gvtstudio.engine.__main__:main" in entry_points
