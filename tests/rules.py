"""The rules of the code as functions that look at a source tree and name what breaks them.

Each test of a rule runs its function on this repository, where it must find nothing, and on a copy
with a planted violation, where it must find exactly that.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60

TORCH_ALLOWED = (
    "networks/layers/*.py",
    "networks/*/net.py",
    "simulation/*.py",
    "training/*.py",
    "training/*/*.py",
    "prediction/*.py",
    "tasks/*/train.py",
    "tasks/*/predict.py",
    "tasks/*/backbone/*.py",
    "engine/*.py",
)
_TORCH_PACKAGES = ("torch", "lightning_fabric")
_QT_PACKAGES = ("PySide6", "pyqtgraph", "shiboken6", "superqt", "pytestqt")
_REFERENCE = re.compile(r"gvtstudio(\.\w+)+:\w+")
_WAIVED_LIMIT = re.compile(r"#\s*(ruff:\s*)?noqa(?::[^#]*\b(BLE001|C901|PLR0913|PLR0915)\b|\s*$)")


def copy_tree(root: Path, destination: Path) -> Path:
    """The package, its rules and dev.py, to plant violations in."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root / "gvtstudio", destination / "gvtstudio", ignore=ignore)
    for name in ("pyproject.toml", "dev.py"):
        shutil.copy(root / name, destination / name)
    return destination


def python_files(root: Path) -> list[Path]:
    """Every Python file of the repository, not of its environment or builds."""
    folders = ("gvtstudio", "tests", "installers", "docs", "resources")
    files = [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]
    return [root / "dev.py", *files]


def too_long_files(files: Iterable[Path]) -> list[str]:
    """Files of more lines than allowed."""
    counts = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    return [f"{path}: {n} lines" for path, n in counts.items() if n > MAX_FILE_LINES]


def too_long_functions(files: Iterable[Path]) -> list[str]:
    """Functions of more lines than allowed, from ``def`` to the last line."""
    found = []
    for path in files:
        for node in ast.walk(_parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    found.append(f"{path}:{node.lineno} {node.name}: {lines} lines")
    return found


def waived_limits(files: Iterable[Path]) -> list[str]:
    """Comments that switch a limit off where it stands, or every rule of a line at once."""
    return [
        f"{path}:{number} {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _WAIVED_LIMIT.search(line)
    ]


def torch_out_of_place(package: Path) -> list[str]:
    """Files that import torch, at the top or inside a function, where it does not belong."""
    return [
        str(path.relative_to(package))
        for path in sorted(package.rglob("*.py"))
        if set(_top_packages(path)) & set(_TORCH_PACKAGES)
        and not any(path.relative_to(package).match(pattern) for pattern in TORCH_ALLOWED)
    ]


def qt_out_of_place(package: Path) -> list[str]:
    """Files outside ``services`` and ``ui`` that import Qt; ``cli`` only through ``ui``."""
    return [
        str(path.relative_to(package))
        for path in sorted(package.rglob("*.py"))
        if set(_top_packages(path)) & set(_QT_PACKAGES)
        and path.relative_to(package).parts[0] not in ("services", "ui")
    ]


def widgets_in_services(package: Path) -> list[str]:
    """Services have signals but no widgets, so that they run without a window."""
    return [
        str(path.relative_to(package))
        for path in sorted((package / "services").rglob("*.py"))
        if any(name.startswith("PySide6.QtWidgets") for name in imported_names(path))
    ]


def known_siblings(folder: Path, things: Iterable[str]) -> list[str]:
    """Imports between the things of a table's folder; modules they share are no things."""
    prefix = ".".join(folder.relative_to(_source_root(folder)).parts) + "."
    found = []
    for thing in sorted(things):
        single = folder / f"{thing}.py"
        files = [single] if single.is_file() else sorted((folder / thing).rglob("*.py"))
        for path in files:
            for name in imported_names(path):
                other = name.removeprefix(prefix).split(".")[0]
                if name.startswith(prefix) and other in set(things) - {thing}:
                    found.append(f"{thing} imports {other}")
    return found


def imported_names(path: Path) -> Iterator[str]:
    """Dotted names of everything a file imports, wherever in the file."""
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def broken_contracts(root: Path) -> list[str]:
    """Names of the import contracts in ``pyproject.toml`` that the tree breaks."""
    program = (
        "import sys\n"
        "from importlinter.cli import lint_imports\n"
        "sys.exit(lint_imports(config_filename='pyproject.toml', no_cache=True, no_logo=True))"
    )
    answer = run_python(root, "-c", program)
    broken = re.findall(r"^(.+?) BROKEN$", answer.stdout, re.MULTILINE)
    kept = re.findall(r"^(.+?) KEPT$", answer.stdout, re.MULTILINE)
    if not broken and (answer.returncode != 0 or not kept):
        return [answer.stdout + answer.stderr]
    return broken


def run_python(root: Path, *arguments: str, timeout_s: float = 300) -> subprocess.CompletedProcess:
    """A fresh Python in which ``root`` is imported from first."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONUTF8": "1", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
    )


def _top_packages(path: Path) -> list[str]:
    return [name.split(".")[0] for name in imported_names(path)]


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _source_root(folder: Path) -> Path:
    return next(parent.parent for parent in (folder, *folder.parents) if parent.name == "gvtstudio")


def references_in(row: object) -> list[str]:
    """Every ``"package.module:callable"`` a row names."""
    texts = [row] if isinstance(row, str) else [getattr(row, f) for f in row.__struct_fields__]
    return [text for text in texts if isinstance(text, str) and _REFERENCE.fullmatch(text)]


def things_without_row(folder: Path, rows: Iterable[object], is_thing: Callable) -> list[str]:
    """Files and folders of a table's folder that are a thing of the table but in no row."""
    named = {reference for row in rows for reference in references_in(row)}
    prefix = ".".join(folder.relative_to(_source_root(folder)).parts) + "."
    modules = {name.split(":")[0].removeprefix(prefix).split(".")[0] for name in named}
    candidates = sorted(path for path in folder.iterdir() if not path.name.startswith("_"))
    return [path.name for path in candidates if is_thing(path) and path.stem not in modules]


def rows_without_test(table: str, rows: Mapping[str, object], folder: Path) -> list[str]:
    """Rows that no test goes through.

    A test is driven by the table (``parametrize`` names it), or the name of a file begins with that
    of the row or of the module of the row's code.
    """
    files = sorted(folder.rglob("test_*.py"))
    if any(_is_driven_by(table, path) for path in files):
        return []
    tested = {path.stem.removeprefix("test_") for path in files}
    missing = []
    for name, row in rows.items():
        modules = {reference.split(":")[0].split(".")[-1] for reference in references_in(row)}
        names = (name.replace("-", "_"), *modules)
        if not any(test.startswith(names) for test in tested):
            missing.append(name)
    return missing


def defines_function(path: Path, pattern: str) -> bool:
    """Whether a file has a function of such a name at its top."""
    if path.suffix != ".py":
        return False
    functions = [node for node in _parsed(path).body if isinstance(node, ast.FunctionDef)]
    return any(re.fullmatch(pattern, node.name) for node in functions)


def _is_driven_by(table: str, path: Path) -> bool:
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("parametrize"):
            names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            if table in names:
                return True
    return False


def copy_docs(root: Path, tree: Path) -> None:
    """The manual's sources into a copied tree."""
    shutil.copytree(root / "docs", tree / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "resources", tree / "resources")
    shutil.copy(root / "mkdocs.yml", tree)
