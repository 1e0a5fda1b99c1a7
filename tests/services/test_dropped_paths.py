"""What is dropped is looked at beside the window, and sorted."""

import threading
import zipfile

from gvtstudio.services import dropped_paths
from gvtstudio.services.dropped_paths import PathSorter, sorted_out


def test_models_projects_and_stacks_are_told_apart(tmp_path):
    names = ["a.tif", "net.gvtmodel", "cells.GVTPROJECT", "a.tif"]
    package = tmp_path / "net.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("rdf.yaml", "type: model")
    dropped = sorted_out([*(str(tmp_path / name) for name in names), str(package)])
    assert dropped.stacks == (str(tmp_path / "a.tif"),)
    assert dropped.models == (str(tmp_path / "net.gvtmodel"), str(package))
    assert dropped.projects == (str(tmp_path / "cells.GVTPROJECT"),)
    assert dropped.notices == ()


def test_a_drive_that_does_not_answer_is_told_and_waited_for(qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(dropped_paths, "PATIENCE_MS", 50)
    go_on = threading.Event()
    looked = dropped_paths.normal_path

    def wait(path: str) -> object:
        go_on.wait(20)
        return looked(path)

    monkeypatch.setattr(dropped_paths, "normal_path", wait)
    sorter = PathSorter()
    with qtbot.waitSignal(sorter.waiting) as heard:
        sorter.sort_out([str(tmp_path / "far.tif")])
    assert "far.tif does not answer" in heard.args[0].sentence
    with qtbot.waitSignal(sorter.sorted_out) as heard:
        go_on.set()
    assert heard.args[0].stacks == (str(tmp_path / "far.tif"),)
