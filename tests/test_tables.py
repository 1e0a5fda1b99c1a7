"""Every table is complete: each row has code and a test, each folder has a row."""

import typing
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from gvtstudio.domain.job import Request
from gvtstudio.domain.parameters import Parameter, validated_values
from gvtstudio.domain.settings import SETTINGS, Settings
from gvtstudio.domain.specs import load_callable
from gvtstudio.engine.dispatch import HANDLERS
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.formats import READERS
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.simulation import RECIPES
from gvtstudio.tasks import TASKS
from gvtstudio.training.augmentations import AUGMENTATIONS
from gvtstudio.training.losses import LOSSES
from gvtstudio.training.schedules import SCHEDULES
from tests import rules


class Table(msgspec.Struct, frozen=True):
    """A table, the folder of its things, and what is a thing there."""

    name: str
    rows: Mapping[str, object]
    folder: str
    is_thing: Callable[[Path], bool]


def _is_folder(path: Path) -> bool:
    return path.is_dir() and path.name != "layers"


def _is_module(path: Path) -> bool:
    return path.suffix == ".py"


TABLES = [
    Table("TASKS", TASKS, "tasks", _is_folder),
    Table("ARCHITECTURES", ARCHITECTURES, "networks", _is_folder),
    Table("READERS", READERS, "io/formats", lambda p: rules.defines_function(p, "open_.*")),
    Table("EXPORTERS", EXPORTERS, "io/exports", lambda p: rules.defines_function(p, "write")),
    Table("RECIPES", RECIPES, "simulation", lambda p: rules.defines_function(p, "simulate")),
    Table("LOSSES", LOSSES, "training/losses", _is_module),
    Table("SCHEDULES", SCHEDULES, "training/schedules", _is_module),
    Table("AUGMENTATIONS", AUGMENTATIONS, "training/augmentations", _is_module),
]
by_name = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


@by_name
def test_every_row_names_code_that_is_there(table: Table):
    assert table.rows
    for row in table.rows.values():
        references = rules.references_in(row)
        assert references
        assert all(callable(load_callable(reference)) for reference in references)


@by_name
def test_every_row_has_its_own_name_as_key(table: Table):
    assert [key for key, row in table.rows.items() if getattr(row, "name", key) != key] == []


@by_name
def test_every_thing_in_the_folder_has_a_row(table: Table, root: Path):
    folder = root / "gvtstudio" / table.folder
    assert rules.things_without_row(folder, table.rows.values(), table.is_thing) == []


@by_name
def test_every_row_has_a_test(table: Table, root: Path):
    folder = root / "tests" / table.folder.split("/")[0]
    assert rules.rows_without_test(table.name, table.rows, folder) == []


@by_name
def test_declared_defaults_are_valid(table: Table):
    for row in table.rows.values():
        for field in ("parameters", "train_parameters"):
            parameters: tuple[Parameter, ...] = getattr(row, field, ())
            defaults = {parameter.name: parameter.default for parameter in parameters}
            assert len(defaults) == len(parameters)
            assert validated_values(parameters, {}) == defaults


def test_tasks_allow_only_architectures_that_exist():
    for task in TASKS.values():
        assert task.architectures
        assert [name for name in task.architectures if name not in ARCHITECTURES] == []


def test_every_request_has_a_handler():
    assert set(HANDLERS) == set(typing.get_args(Request))
    assert all(callable(load_callable(reference)) for reference in HANDLERS.values())


def test_every_setting_has_a_row_with_the_same_default():
    fields = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    rows = {row.name: row.default for row in SETTINGS}
    assert rows == {name: d for name, d in fields.items() if not name.startswith("recent_")}


def test_planted_gaps_are_noticed(root: Path, tmp_path: Path):
    package = rules.copy_tree(root, tmp_path) / "gvtstudio"
    (package / "tasks" / "planted").mkdir()
    (package / "training" / "losses" / "planted.py").write_text("x = 1\n", encoding="utf-8")
    (package / "io" / "exports" / "planted.py").write_text("def write(): ...\n", encoding="utf-8")
    found = {
        table.name: rules.things_without_row(
            package / table.folder, table.rows.values(), table.is_thing
        )
        for table in TABLES
    }
    assert {name: things for name, things in found.items() if things} == {
        "TASKS": ["planted"],
        "EXPORTERS": ["planted.py"],
        "LOSSES": ["planted.py"],
    }


def test_a_row_without_a_test_is_noticed(tmp_path: Path):
    rows = {"first": "gvtstudio.io.first_code:write", "second": "gvtstudio.io.second_code:write"}
    (tmp_path / "test_second_code.py").write_text("def test_it(): ...\n", encoding="utf-8")
    assert rules.rows_without_test("ROWS", rows, tmp_path) == ["first"]

    driven = '@pytest.mark.parametrize("name", sorted(ROWS))\ndef test_all(name): ...\n'
    (tmp_path / "test_all_of_them.py").write_text(driven, encoding="utf-8")
    assert rules.rows_without_test("ROWS", rows, tmp_path) == []
    assert rules.rows_without_test("OTHERS", rows, tmp_path) == ["first"]
