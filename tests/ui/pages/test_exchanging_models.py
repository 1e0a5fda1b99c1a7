"""Models come into the window as files, and leave it for bioimage.io."""

import zipfile
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.ui.dialogs.card_dialog import CardDialog


@pytest.fixture
def page(window):
    return window.show_page("restore")


def offered(page) -> list[str]:
    return [model.card.name for model in page.form.models._models]


def ending(qtbot, window, start) -> Finished | Failed:
    """How the job ends that is started."""
    with qtbot.waitSignal(window.workbench.queue.job_ended, timeout=60_000) as ended:
        start()
    return ended.args[0].ending


def choose(window, path: Path) -> None:
    """Answer the file dialog that is open."""
    (dialog,) = window.findChildren(QFileDialog)
    dialog.filesSelected.emit([str(path)])
    dialog.fileSelected.emit(str(path))
    dialog.close()


def test_a_model_dropped_onto_the_window_is_offered(
    qtbot, window, page, notices, tiny_model_file, isolated_home
):
    assert "tiny" not in offered(page)
    assert isinstance(
        ending(qtbot, window, lambda: window.open_paths([str(tiny_model_file)])), Finished
    )
    assert "tiny" in offered(page)
    assert "tiny is imported" in notices[-1].sentence
    assert window.workbench.session.stacks == ()
    assert (isolated_home / "models" / "tiny.gvtmodel").is_file()


def test_a_model_is_imported_beside_the_list(qtbot, window, page, tiny_model_file):
    page.form.models._import_button.click()
    finished = ending(qtbot, window, lambda: choose(window, tiny_model_file))
    assert isinstance(finished, Finished)
    assert "tiny" in offered(page)


def test_the_menu_imports_and_exports_a_model(
    qtbot, window, page, notices, tiny_model_file, tmp_path
):
    window.show_page("train")
    window.entries["import_model"].trigger()
    assert isinstance(ending(qtbot, window, lambda: choose(window, tiny_model_file)), Finished)
    assert page.isVisibleTo(window)
    page.form.models.choose("tiny")
    window.entries["export_model"].trigger()
    out = tmp_path / "tiny.zip"
    assert isinstance(ending(qtbot, window, lambda: choose(window, out)), Finished)
    assert "rdf.yaml" in zipfile.ZipFile(out).namelist()
    page.form.models.choose("noise2fast")
    window.entries["export_model"].trigger()
    assert "No model in a file" in notices[-1].sentence


def test_a_damaged_model_is_told_and_not_offered(qtbot, window, page, notices, tmp_path):
    broken = tmp_path / "broken.gvtmodel"
    broken.write_bytes(b"no zip")
    failed = ending(qtbot, window, lambda: window.open_paths([str(broken)]))
    assert isinstance(failed, Failed)
    assert "no model package" in notices[-1].sentence
    assert "broken" not in offered(page)


@pytest.mark.usefixtures("tiny_model")
def test_the_card_exports_its_model(qtbot, window, page, tmp_path):
    page.form.models.choose("tiny")
    page.form.models._card_button.click()
    (card,) = window.findChildren(CardDialog)
    assert card.export_button.isVisible()
    card.export_button.click()
    out = tmp_path / "tiny.zip"
    assert isinstance(ending(qtbot, window, lambda: choose(window, out)), Finished)
    assert "rdf.yaml" in zipfile.ZipFile(out).namelist()
    card.close()
    again = ending(qtbot, window, lambda: window.open_paths([str(out)]))
    assert "tiny is among your models already" in again.message


def test_learning_from_the_stack_itself_cannot_be_exported(window, page):
    page.form.models.choose("noise2fast")
    page.form.models._card_button.click()
    (card,) = window.findChildren(CardDialog)
    assert not card.export_button.isVisible()
    page.export_model()
    assert window.findChildren(QFileDialog) == []
    card.close()
