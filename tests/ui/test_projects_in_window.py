"""What the menu Project offers: undo, copies, moved files, packing, taking over."""

import json
import os
import shutil
import time
import zipfile
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox

from gvtstudio.io.project_lock import ProjectLock
from gvtstudio.ui.dialogs.pack_dialog import PackDialog
from tests.services.stacks import write_stack


@pytest.fixture
def project(qtbot, window, open_in, tmp_path) -> Path:
    """A project with one stack, open in the window."""
    open_in(write_stack(tmp_path / "data" / "a.tif"))
    window.workbench.projects.create(tmp_path / "p")
    path = window.workbench.projects.current.path
    qtbot.waitUntil(lambda: '"sha256": ""' not in path.read_text(encoding="utf-8"))
    return path


def saved_names(path: Path) -> list[str]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return [Path(stack["file"]["absolute"]).name for stack in content["stacks"]]


def choose(window, folder: Path) -> None:
    """Answer the chooser of folders that is open."""
    (dialog,) = window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(folder))
    dialog.reject()


def open_again(qtbot, window, path: Path) -> None:
    window.entries["close_project"].trigger()
    window.open_paths([str(path)])
    qtbot.waitUntil(lambda: window.workbench.projects.current is not None, timeout=20_000)


def test_the_menu_names_what_is_undone(qtbot, window, project):
    undo, redo = window.entries["undo"], window.entries["redo"]
    assert (undo.text(), undo.isEnabled(), redo.isEnabled()) == ("Undo", False, False)
    window.entries["close_stack"].trigger()
    assert (undo.text(), undo.isEnabled()) == ("Undo Removing a.tif", True)
    assert saved_names(project) == []
    undo.trigger()
    qtbot.waitUntil(lambda: len(window.workbench.session.stacks) == 1, timeout=20_000)
    assert (redo.text(), redo.isEnabled()) == ("Redo Removing a.tif", True)
    assert saved_names(project) == ["a.tif"]
    redo.trigger()
    assert saved_names(project) == []
    window.entries["close_project"].trigger()
    assert (undo.text(), undo.isEnabled()) == ("Undo", False)
    assert [key.toString() for key in redo.shortcuts()] == ["Ctrl+Shift+Z", "Ctrl+Y"]


def test_a_notice_leads_to_the_moved_files(qtbot, window, project, tmp_path):
    shutil.move(tmp_path / "data", tmp_path / "1" / "2" / "3" / "4" / "data")
    open_again(qtbot, window, project)
    qtbot.waitUntil(lambda: window.notices.shown is not None)
    assert window.notices.shown.sentence == "a.tif of the project was not found."
    assert window.notices.action_button.text() == "Find Moved Files…"
    window.notices.action_button.click()
    choose(window, tmp_path / "1")
    qtbot.waitUntil(lambda: saved_names(project) and window.notices.shown is not None)
    qtbot.waitUntil(lambda: "was found in" in window.notices.shown.sentence, timeout=20_000)
    assert window.notices.waiting == ()
    qtbot.waitUntil(lambda: len(window.workbench.session.stacks) == 1, timeout=20_000)


def test_the_notice_goes_when_the_files_were_found_by_the_menu(
    qtbot, window, project, notices, tmp_path
):
    shutil.move(tmp_path / "data", tmp_path / "1" / "2" / "3" / "4" / "data")
    open_again(qtbot, window, project)
    qtbot.waitUntil(lambda: window.notices.shown is not None)
    window.entries["find_moved"].trigger()
    choose(window, tmp_path / "1")
    qtbot.waitUntil(lambda: "was found in" in window.notices.shown.sentence, timeout=20_000)
    assert window.notices.waiting == ()
    window.entries["find_moved"].trigger()
    assert notices[-1].sentence == "No file of the project is missing."


def test_a_silent_window_is_taken_over_by_the_notice(qtbot, window, project):
    window.entries["close_project"].trigger()
    lock = ProjectLock(project)
    lock.take()
    then = time.time() - 600
    os.utime(lock.path, (then, then))
    open_again(qtbot, window, project)
    words = window.statusBar().findChildren(QLabel)
    assert any("read-only: changes are not saved" in label.text() for label in words)
    assert "no sign of life for 10 minutes" in window.notices.shown.sentence
    window.notices.action_button.click()
    (box,) = window.findChildren(QMessageBox)
    box.buttons()[0].click()
    qtbot.waitUntil(lambda: not window.workbench.projects.current.is_read_only, timeout=20_000)
    assert any("saved by itself" in label.text() for label in words)
    assert not window.notices.isVisible()


def test_saving_a_project_of_another_window_offers_a_copy(qtbot, window, project, tmp_path):
    window.entries["close_project"].trigger()
    lock = ProjectLock(project)
    lock.take()
    open_again(qtbot, window, project)
    window.notices.dismiss()
    window.entries["save_project"].trigger()
    assert "is open by" in window.notices.shown.sentence
    window.notices.action_button.click()
    choose(window, tmp_path / "copy")
    assert window.workbench.projects.current.path == tmp_path / "copy" / "copy.gvtproject"
    assert saved_names(tmp_path / "copy" / "copy.gvtproject") == ["a.tif"]
    assert not window.notices.isVisible()
    lock.release()


@pytest.mark.parametrize("is_zip", [True, False])
def test_packing_is_asked_for_and_told(qtbot, window, project, notices, tmp_path, is_zip):
    (tmp_path / "out").mkdir()
    window.entries["pack_project"].trigger()
    (dialog,) = window.findChildren(PackDialog)
    assert any("1 stacks and results" in label.text() for label in dialog.findChildren(QLabel))
    dialog.folder_edit.set_folder("")
    assert not dialog.pack_button.isEnabled()
    dialog.folder_edit.set_folder(str(tmp_path / "out"))
    (dialog.zip_button if is_zip else dialog.folder_button).setChecked(True)
    target = tmp_path / "out" / ("p packed.zip" if is_zip else "p packed")
    assert dialog.target() == target
    dialog.pack_button.click()
    qtbot.waitUntil(lambda: any("is packed" in n.sentence for n in notices), timeout=20_000)
    if is_zip:
        with zipfile.ZipFile(target) as file:
            assert "p packed/data/a.tif" in file.namelist()
    else:
        assert (target / "data" / "a.tif").is_file()
    window.entries["pack_project"].trigger()
    again = next(d for d in window.findChildren(PackDialog) if d is not dialog)
    again.folder_edit.set_folder(str(tmp_path / "out"))
    (again.zip_button if is_zip else again.folder_button).setChecked(True)
    assert not again.pack_button.isEnabled()
    assert "exists already" in again.target_label.text()
    again.reject()


@pytest.mark.parametrize("name", ["find_moved", "pack_project", "take_over_project"])
def test_without_a_project_it_says_what_to_do(window, notices, name):
    window.entries[name].trigger()
    assert notices[-1].sentence == "No project is open."


def test_a_project_of_this_window_is_not_taken_over(window, project, notices):
    window.entries["take_over_project"].trigger()
    assert notices[-1].sentence == "The project p is this window's already."


def test_the_lock_goes_when_the_window_closes(window, project):
    assert ProjectLock(project).look().state == "held"
    window.close()
    assert ProjectLock(project).look().state == "free"
