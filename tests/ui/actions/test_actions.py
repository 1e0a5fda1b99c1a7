from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from gvtstudio.domain.specs import load_callable
from gvtstudio.ui.actions import ACTIONS, MENUS
from gvtstudio.ui.dialogs.table_dialog import TableDialog


@pytest.mark.parametrize("row", ACTIONS, ids=lambda row: row.name)
def test_row_is_complete(row):
    assert callable(load_callable(row.handler))
    assert row.menu.split("/")[0] in MENUS
    assert row.help.endswith(".")
    assert not QKeySequence(row.shortcut).isEmpty()


@pytest.mark.parametrize("field", ["name", "shortcut"])
def test_no_two_rows_share(field):
    counts = Counter(getattr(row, field).lower() for row in ACTIONS)
    assert [value for value, count in counts.items() if count > 1] == []


def test_every_row_stands_in_its_menu(window):
    for row in ACTIONS:
        entries = window.menus[row.menu].actions()
        assert row.text in [entry.text() for entry in entries]


def test_every_menu_stands_in_the_menu_bar(window):
    titles = [entry.text().replace("&", "") for entry in window.menuBar().actions()]
    assert titles == list(MENUS)


# They end the window or leave it for another program.
_LEAVING = {"quit", "jobs_folder"}


@pytest.mark.parametrize(
    "row", [r for r in ACTIONS if r.name not in _LEAVING], ids=lambda r: r.name
)
def test_every_command_works_without_a_stack(qtbot, window, row):
    window.entries[row.name].trigger()
    for dialog in window.findChildren(TableDialog):
        dialog.close()
    window.workbench.queue.cancel_all()


def test_shortcut_list_names_every_command(qtbot, window):
    window.entries["shortcuts"].trigger()
    (dialog,) = window.findChildren(TableDialog)
    listed = {dialog.table.item(row, 1).text() for row in range(dialog.table.rowCount())}
    assert {row.text.rstrip("…") for row in ACTIONS} <= listed
    dialog.close()


def test_recent_files_are_offered(qtbot, window):
    window.workbench.settings.remember_stack("somewhere/a.tif")
    menu = window.menus["Open Recent"]
    menu.aboutToShow.emit()
    assert [entry.text() for entry in menu.actions()] == ["somewhere/a.tif"]
