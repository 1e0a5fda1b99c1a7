"""Choosing among the scenes of files, by mouse and by keyboard alone."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from gvtstudio.ui.dialogs.scene_dialog import SceneDialog
from tests.services.stacks import write_scenes, write_stack
from tests.ui.test_main_window import drop

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def visible_dialogs(window) -> list[SceneDialog]:
    return [each for each in window.findChildren(SceneDialog) if each.isVisible()]


@pytest.fixture
def ask(qtbot, window):
    """Drops files, and waits until their scenes have been looked at."""

    def dropped(*paths: Path) -> SceneDialog:
        drop(window, paths)
        qtbot.waitUntil(lambda: len(visible_dialogs(window)) == 1, timeout=20_000)
        (dialog,) = visible_dialogs(window)
        count = 2 * len(paths)
        qtbot.waitUntil(
            lambda: dialog.grid.count() == count and not dialog.progress.text(), timeout=30_000
        )
        return dialog

    return dropped


def names(dialog: SceneDialog) -> list[str]:
    return [scene.name for scene in dialog.grid.scenes()]


def opened(window) -> list[tuple[str, int]]:
    return [(info.name, info.scene) for info in window.workbench.session.stacks]


def test_a_dropped_file_with_scenes_is_asked_for_and_shown(qtbot, window, ask, tmp_path):
    dialog = ask(write_scenes(tmp_path / "two.ome.tif"))
    assert dialog.heading.text() == "two.ome.tif holds 2 scenes."
    assert names(dialog) == ["Field A", "Field B"]
    assert opened(window) == []
    first = dialog.grid.scenes()[0]
    assert first.words == "30 × 20 pixels, 3 slices\n1 channel\nuncalibrated"
    pixmap = dialog.grid.item(1).data(Qt.ItemDataRole.DecorationRole)
    assert isinstance(pixmap, QPixmap)
    assert (pixmap.width(), pixmap.height()) == (32, 24)
    image = dialog.grid.grab().toImage()
    assert len({image.pixel(x, 60) for x in range(image.width())}) > 10  # the pictures are drawn
    # As before scenes were asked for, Enter opens the first.
    qtbot.keyClick(dialog.grid, KEY.Key_Return)
    qtbot.waitUntil(lambda: opened(window) == [("two.ome.tif", 0)], timeout=20_000)
    assert visible_dialogs(window) == []


def test_cancel_opens_nothing(qtbot, window, ask, tmp_path):
    dialog = ask(write_scenes(tmp_path / "two.ome.tif"))
    qtbot.keyClick(dialog.grid, KEY.Key_Escape)
    qtbot.waitUntil(lambda: visible_dialogs(window) == [], timeout=5_000)
    assert opened(window) == []
    assert window.workbench.settings.settings.recent_stacks == ()


def test_arrows_and_space_choose_several(qtbot, window, ask, tmp_path):
    dialog = ask(write_scenes(tmp_path / "two.ome.tif"))
    grid = dialog.grid
    assert QApplication.focusWidget() is grid
    assert len(grid.chosen) == 1
    qtbot.keyClick(grid, KEY.Key_Right)
    assert [scene for _, scene in grid.chosen] == [1]
    qtbot.keyClick(grid, KEY.Key_Space)
    assert grid.chosen == []
    assert not dialog.open_button.isEnabled()
    qtbot.keyClick(grid, KEY.Key_Space)
    qtbot.keyClick(grid, KEY.Key_Left, CTRL)
    qtbot.keyClick(grid, KEY.Key_Space)
    assert [scene for _, scene in grid.chosen] == [0, 1]
    assert dialog.open_button.text() == "Open 2 Scenes"
    qtbot.keyClick(grid, KEY.Key_Return)
    qtbot.waitUntil(lambda: len(opened(window)) == 2, timeout=20_000)
    assert opened(window) == [("two.ome.tif", 0), ("two.ome.tif", 1)]


def test_typing_filters_and_what_is_hidden_is_not_opened(qtbot, window, ask, tmp_path):
    dialog = ask(write_scenes(tmp_path / "two.ome.tif"))
    qtbot.keyClicks(dialog.grid, "f")
    assert QApplication.focusWidget() is dialog.filter_edit
    qtbot.keyClicks(dialog.filter_edit, "ield b")
    assert names(dialog) == ["Field B"]
    assert [scene for _, scene in dialog.grid.chosen] == [1]
    qtbot.keyClick(dialog.filter_edit, KEY.Key_Down)
    assert QApplication.focusWidget() is dialog.grid
    qtbot.keyClick(dialog.grid, KEY.Key_A, CTRL)
    assert len(dialog.grid.chosen) == 1
    dialog.filter_edit.clear()
    dialog.all_button.click()
    assert len(dialog.grid.chosen) == 2
    dialog.filter_edit.setText("nothing like it")
    assert dialog.grid.chosen == []
    assert not dialog.open_button.isEnabled()
    dialog.filter_edit.setText("a")
    qtbot.keyClick(dialog.filter_edit, KEY.Key_Return)
    qtbot.waitUntil(lambda: opened(window) == [("two.ome.tif", 0)], timeout=20_000)


def test_several_files_are_asked_for_at_once(qtbot, window, ask, tmp_path):
    single = write_stack(tmp_path / "single.tif")
    paths = [write_scenes(tmp_path / name) for name in ("one.ome.tif", "two.ome.tif")]
    drop(window, [single])
    qtbot.waitUntil(lambda: opened(window) == [("single.tif", 0)], timeout=20_000)
    dialog = ask(*paths)
    assert dialog.heading.text() == "2 files hold 4 scenes."
    assert names(dialog) == [
        f"{path.name} — Field {letter}" for path in paths for letter in ("A", "B")
    ]
    dialog.filter_edit.setText("field b")
    dialog.grid.selectAll()
    dialog.open_button.click()
    qtbot.waitUntil(lambda: len(opened(window)) == 3, timeout=20_000)
    assert opened(window)[1:] == [("one.ome.tif", 1), ("two.ome.tif", 1)]


def test_the_command_shows_what_is_open_and_leads_back_to_it(qtbot, window, ask, tmp_path):
    dialog = ask(write_scenes(tmp_path / "two.ome.tif"))
    dialog.all_button.click()
    dialog.open_button.click()
    qtbot.waitUntil(lambda: len(opened(window)) == 2, timeout=20_000)
    session = window.workbench.session
    session.select(session.stacks[1])
    window.entries["scenes"].trigger()
    (dialog,) = visible_dialogs(window)
    qtbot.waitUntil(lambda: not dialog.progress.text(), timeout=20_000)
    assert [scene for _, scene in dialog.grid.chosen] == [1]
    assert all(scene.words.endswith("open already") for scene in dialog.grid.scenes())
    dialog.grid.choose((session.stacks[0].path, 0))
    dialog.open_button.click()
    assert session.current == session.stacks[0]
    assert len(opened(window)) == 2


def test_a_scene_that_cannot_be_opened_says_why_and_is_not_chosen(qtbot, window, ask, tmp_path):
    path = write_scenes(tmp_path / "two.ome.tif")
    dialog = ask(path)
    grid = dialog.grid
    shown = grid.scenes()[0]
    grid.show_scene(type(shown)(shown.dataset, shown.name, "", "It is damaged.", can_open=False))
    assert grid.chosen == []
    grid.selectAll()
    assert [scene for _, scene in grid.chosen] == [1]
    spoken = grid.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Field A\nIt is damaged."
    grid.setCurrentRow(0)
    qtbot.keyClick(grid, KEY.Key_Space)
    assert (str(path), 0) not in grid.chosen


def test_all_parts_have_names_for_screen_readers(ask, tmp_path):
    dialog = ask(write_scenes(tmp_path / "two.ome.tif"))
    assert dialog.grid.accessibleName() == "Scenes"
    assert dialog.filter_edit.accessibleName() == "Filter by name"
    spoken = dialog.grid.item(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.splitlines()[:2] == ["Field B", "32 × 24 pixels, 5 slices"]


def test_the_dialog_fits_a_small_screen(window, ask, tmp_path):
    window.resize(window.minimumSize())
    dialog = ask(write_scenes(tmp_path / "two.ome.tif"))
    assert dialog.width() <= window.width()
    assert dialog.height() <= window.height()
