from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from gvtstudio.domain.specs import load_callable
from gvtstudio.ui.actions import ACTIONS, MENUS
from gvtstudio.ui.dialogs.table_dialog import TableDialog
from gvtstudio.ui.viewer.contrast_bar import ContrastBar


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


def ticked(window, setting: str) -> list[str]:
    rows = [row for row in ACTIONS if row.setting == setting]
    return [row.argument for row in rows if window.entries[row.name].isChecked()]


def test_colours_of_menu_settings_and_views_are_in_step(qtbot, window):
    views = [window.show_page(name).views for name in ("restore", "compare")]
    boxes = [view.findChild(ContrastBar).lut_box for view in views]
    assert ticked(window, "lut") == ["gray"]
    boxes[0].setCurrentIndex(boxes[0].findData("fire"))
    boxes[0].activated.emit(boxes[0].currentIndex())
    assert ticked(window, "lut") == ["fire"]
    assert window.workbench.settings.settings.lut == boxes[1].currentData() == "fire"
    window.entries["lut_ice"].trigger()
    assert [box.currentData() for box in boxes] == ["ice", "ice"]
    assert ticked(window, "lut") == ["ice"]


def test_theme_in_the_menu_follows_the_settings(qtbot, window):
    window.workbench.settings.change(theme="light")
    assert ticked(window, "theme") == ["light"]


def test_same_contrast_of_menu_and_views_is_in_step(qtbot, window):
    views = [window.show_page(name).views for name in ("restore", "compare")]
    boxes = [view.findChild(ContrastBar).link_box for view in views]
    boxes[0].setChecked(False)
    assert not window.entries["link_contrast"].isChecked()
    assert not boxes[1].isChecked()
    window.entries["link_contrast"].trigger()
    assert [box.isChecked() for box in boxes] == [True, True]


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
