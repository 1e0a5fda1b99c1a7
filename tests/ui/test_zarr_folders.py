"""Folders that are stacks, in the window: dropped, looked at, linked, exported."""

import json
from pathlib import Path

import pytest

from gvtstudio.domain.job import ExportRequest
from gvtstudio.domain.settings import Settings
from gvtstudio.io.export import export_stack
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.ui.dialogs.export_dialog import ExportDialog
from gvtstudio.ui.dialogs.questions import image_filter
from tests.io.stacks_for_tests import PROVENANCE, array_stack, numbered
from tests.ui.test_main_window import drop


@pytest.fixture
def folder(tmp_path) -> Path:
    """A stack as a folder."""
    path = tmp_path / "day 1" / "cell Ü.ome.zarr"
    stack = array_stack(numbered((1, 5, 1, 24, 32)))
    return export_stack(
        stack, path, "ome-zarr", PROVENANCE, overwrite=False, report=lambda *_: None
    )


def wait_for_stacks(qtbot, window, count):
    qtbot.waitUntil(lambda: len(window.workbench.session.stacks) == count, timeout=20_000)


@pytest.mark.parametrize("named", [".", "zarr.json", "..", "../../day 1/cell Ü.ome.zarr"])
def test_a_dropped_folder_is_one_stack(qtbot, window, folder, named):
    drop(window, [folder / named])
    wait_for_stacks(qtbot, window, 1)
    info = window.workbench.session.current
    assert (info.path, info.shape) == (str(folder), (1, 5, 1, 24, 32))
    assert window.workbench.settings.settings.recent_stacks == (str(folder),)
    # it is read in the window's process, and no thread of the library stays (see conftest)
    page = window.show_page("restore")
    qtbot.waitUntil(lambda: page.viewer() is not None, timeout=20_000)


def test_a_project_links_the_folder_with_its_hash_and_finds_it_when_moved(
    qtbot, window, folder, tmp_path
):
    bench = window.workbench
    drop(window, [folder])
    wait_for_stacks(qtbot, window, 1)
    bench.projects.create(tmp_path / "project")
    path = bench.projects.current.path

    def linked():
        return json.loads(path.read_text(encoding="utf-8"))["stacks"][0]["file"]

    qtbot.waitUntil(lambda: bool(linked().get("sha256")), timeout=20_000)
    assert linked()["sha256"] == sha256_of_file(folder)
    bench.projects.close()
    moved = tmp_path / "project" / "data" / folder.name
    moved.parent.mkdir()
    folder.rename(moved)
    bench.projects.open(path)
    wait_for_stacks(qtbot, window, 1)
    assert bench.session.current.path == str(moved)


def test_the_window_exports_a_folder(qtbot, window, folder, tmp_path):
    target = tmp_path / "copy.ome.zarr"
    request = ExportRequest(source=str(folder), destination=str(target), format="ome-zarr")
    with qtbot.waitSignal(window.workbench.queue.job_ended, timeout=30_000):
        window.workbench.queue.submit(request, "Exporting")
    assert inspect_stack(target).shape == (1, 5, 1, 24, 32)


def test_the_export_dialog_names_folders_and_replaces_them_when_told(qtbot, folder):
    info = inspect_stack(folder)
    dialog = ExportDialog([("stack", [info])], Settings(export_format="ome-zarr"), {})
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.destinations == [folder.parent / "cell Ü_export.ome.zarr"]
    dialog.destinations[0].mkdir()
    dialog._check()
    assert not dialog.can_export()
    dialog.replace_box.setChecked(True)
    assert dialog.can_export()
    dialog.name_edit.setText(folder.name)
    assert not dialog.can_export()


def test_a_chooser_of_files_shows_what_stands_for_a_folder():
    assert "*.zarr" in image_filter()
    assert "zarr.json" in image_filter()
