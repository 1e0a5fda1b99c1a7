"""Which part may know which: every import of the package is looked at."""

from pathlib import Path

import pytest

from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.formats import READERS
from gvtstudio.networks import ARCHITECTURES
from tests import rules

PLANTED = {
    "Arrows point down": ("imaging/planted.py", "from gvtstudio.io import atomic\n"),
    "Qt only in services and ui": (
        "domain/planted.py",
        "def later() -> None:\n    import PySide6.QtCore\n",
    ),
    "The window process never reaches torch": (
        "services/planted.py",
        "from gvtstudio.tasks.denoising import train\n",
    ),
    "The window starts the engine as a process, never imports it": (
        "ui/planted.py",
        "import gvtstudio.engine\n",
    ),
    "Tasks do not know one another": (
        "tasks/planted/__init__.py",
        "from gvtstudio.tasks.denoising import spec\n",
    ),
}


@pytest.fixture(scope="module")
def planted_tree(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with one violation of every contract."""
    tree = rules.copy_tree(root, tmp_path_factory.mktemp("planted"))
    for name, text in PLANTED.values():
        path = tree / "gvtstudio" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tree


def test_import_contracts_are_kept(root: Path):
    assert rules.broken_contracts(root) == []


def test_every_contract_notices_a_planted_violation(planted_tree: Path):
    assert sorted(rules.broken_contracts(planted_tree)) == sorted(PLANTED)


def test_a_folder_without_a_layer_is_noticed(root: Path, tmp_path: Path):
    tree = rules.copy_tree(root, tmp_path)
    (tree / "gvtstudio" / "helpers.py").write_text('"""No layer."""\n', encoding="utf-8")
    assert rules.broken_contracts(tree) == ["Arrows point down"]


def test_torch_is_imported_only_where_networks_run(root: Path, tmp_path: Path):
    assert rules.torch_out_of_place(root / "gvtstudio") == []

    package = rules.copy_tree(root, tmp_path) / "gvtstudio"
    hidden = "def later():\n    from torch.nn import Module\n"
    (package / "tasks" / "denoising" / "spec.py").write_text(hidden, encoding="utf-8")
    (package / "io" / "planted.py").write_text("import lightning_fabric\n", encoding="utf-8")
    found = [Path(name).as_posix() for name in rules.torch_out_of_place(package)]
    assert found == ["io/planted.py", "tasks/denoising/spec.py"]


def test_qt_is_imported_only_in_services_and_ui(root: Path, tmp_path: Path):
    assert rules.qt_out_of_place(root / "gvtstudio") == []
    assert rules.widgets_in_services(root / "gvtstudio") == []

    package = rules.copy_tree(root, tmp_path) / "gvtstudio"
    (package / "cli" / "planted.py").write_text("import PySide6.QtCore\n", encoding="utf-8")
    planted = "from PySide6.QtWidgets import QWidget\n"
    (package / "services" / "planted.py").write_text(planted, encoding="utf-8")
    assert [Path(name).as_posix() for name in rules.qt_out_of_place(package)] == ["cli/planted.py"]
    assert len(rules.widgets_in_services(package)) == 1


TABLES = {
    "networks": [row.build for row in ARCHITECTURES.values()],
    "io/formats": [row.open for row in READERS.values()],
    "io/exports": [row.write for row in EXPORTERS.values()],
}


@pytest.mark.parametrize("folder", TABLES)
def test_things_of_a_table_do_not_know_one_another(root: Path, tmp_path: Path, folder: str):
    prefix = "gvtstudio." + folder.replace("/", ".") + "."
    things = {name.removeprefix(prefix).split(":")[0].split(".")[0] for name in TABLES[folder]}
    assert rules.known_siblings(root / "gvtstudio" / folder, things) == []

    package = rules.copy_tree(root, tmp_path) / "gvtstudio"
    planted = f"def later():\n    from {prefix}{min(things)} import anything\n"
    (package / folder / "planted.py").write_text(planted, encoding="utf-8")
    found = rules.known_siblings(package / folder, {*things, "planted"})
    assert found == [f"planted imports {min(things)}"]


WINDOW_IMPORTS = (
    "import importlib, pkgutil, sys\n"
    "import gvtstudio.services, gvtstudio.ui\n"
    "for top in (gvtstudio.services, gvtstudio.ui):\n"
    "    for module in pkgutil.walk_packages(top.__path__, top.__name__ + '.'):\n"
    "        importlib.import_module(module.name)\n"
    "unwanted = ('torch', 'lightning_fabric', 'gvtstudio.engine', 'gvtstudio.training')\n"
    "print([name for name in unwanted if name in sys.modules])\n"
)


def test_importing_the_whole_window_never_imports_torch(root: Path, tmp_path: Path):
    answer = rules.run_python(root, "-c", WINDOW_IMPORTS)
    assert (answer.stdout.strip(), answer.returncode) == ("[]", 0), answer.stderr

    tree = rules.copy_tree(root, tmp_path)
    planted = 'from importlib import import_module\n\nimport_module("torch")\n'
    (tree / "gvtstudio" / "services" / "planted.py").write_text(planted, encoding="utf-8")
    answer = rules.run_python(tree, "-c", WINDOW_IMPORTS)
    assert answer.stdout.strip() == "['torch']", answer.stderr
