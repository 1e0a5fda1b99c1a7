"""From the questions of the Train page to a model on the shelf."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from gvtstudio.domain.job import TrainRequest
from gvtstudio.io.places import models_dir
from gvtstudio.ui.dialogs.table_dialog import TableDialog
from gvtstudio.ui.pages.train_page import TrainPage
from gvtstudio.ui.widgets.question import Question
from tests.services.stacks import write_stack
from tests.services.test_pair_checks import write_pair

_, DATA, START, LENGTH, OUTPUT = range(5)


@pytest.fixture
def page(window) -> TrainPage:
    return window.show_page("train")


@pytest.fixture
def simulation(page) -> TrainPage:
    """A training that takes seconds, of a simulation."""
    form = page.form
    form.data.buttons["simulation"].setChecked(True)
    form.length.parameters.set_values(
        {"steps": 4, "validation_every": 2, "simulated_stacks": 2, "patch_z": 8, "patch_yx": 16}
    )
    form.length._form_of(form.start.network).set_values({"base_channels": 2, "heads": 1})
    form.output.computing.set_values({"device": "cpu", "precision": "float32"})
    form.output.name_edit.setText("mine")
    return page


@pytest.fixture
def folders(tmp_path) -> tuple[str, str]:
    """Three pairs."""
    for name in ("a.tif", "b.tif", "c.tif"):
        write_pair(tmp_path, name)
    return str(tmp_path / "noisy"), str(tmp_path / "good")


def look_at(qtbot, page: TrainPage, folders: tuple[str, str]) -> None:
    page.form.data.folders.take(folders)
    qtbot.waitUntil(lambda: page.form.data.files.first is not None, timeout=20_000)


def shown_problem(question: Question) -> str:
    return question._problem.text() if question._problem.isVisible() else ""


def trainings(window) -> list:
    return [job for job in window.workbench.queue.jobs if isinstance(job.request, TrainRequest)]


def test_a_simulation_becomes_a_model_that_restores(qtbot, window, simulation, notices):
    restore = window.show_page("restore")
    before = restore.form.models._box.count()
    window.show_page("train")
    simulation.form.train_button.click()
    (job,) = trainings(window)
    assert window._pages["jobs"].isVisible()
    qtbot.waitUntil(lambda: window.workbench.queue.job(job.id).is_over, timeout=120_000)
    job = window.workbench.queue.job(job.id)
    assert job.state == "finished", job.ending
    assert (models_dir() / "mine.gvtmodel").is_file()
    assert restore.form.models._box.count() == before + 1
    restore.form.models.choose("mine")
    assert restore.form.models.model.card.architecture_parameters["base_channels"] == 2
    assert job.ending.verdict in notices[-1].sentence
    assert "page Restore" in notices[-1].remedy
    assert job.score.step == 4
    assert "Step 4: " in window._pages["jobs"].log.toPlainText()


def test_what_is_asked_for_is_only_what_was_set(page, simulation):
    request = simulation.form.request()
    assert request == TrainRequest(
        task="denoising",
        architecture="gvtnet_denoising_3d",
        recipe="fluorescence-cells",
        parameters={
            "preset": "standard",
            "steps": 4,
            "validation_every": 2,
            "simulated_stacks": 2,
            "patch_z": 8,
            "patch_yx": 16,
        },
        architecture_parameters={"base_channels": 2, "heads": 1},
        out=str(models_dir() / "mine.gvtmodel"),
        device="cpu",
        precision="float32",
    )


def test_training_without_an_answer_goes_to_its_question(window, page):
    assert shown_problem(page.form.data) == ""
    page.form.train_button.click()
    assert page.form.list.currentRow() == DATA
    assert "folder of the inputs" in shown_problem(page.form.data)
    assert trainings(window) == []


def test_pairs_are_shown_and_counted(qtbot, page, folders):
    look_at(qtbot, page, folders)
    data = page.form.data
    names = [data.table.item(row, 0).text() for row in range(data.table.rowCount())]
    assert names == ["a.tif", "b.tif", "c.tif"]
    assert data.table.item(0, 1).text() == "64 × 64, 1 slice, uint16"
    assert "You have 3 pairs" in data.words.text()
    assert page.form.list.item(DATA).text().endswith("✓ 3 pairs")
    request = page.form.request()
    assert request.pairs[0] == tuple(str(Path(folder) / "a.tif") for folder in folders)


def test_single_planes_get_a_network_for_planes_until_the_user_chooses(qtbot, page, folders):
    look_at(qtbot, page, folders)
    start = page.form.start
    assert start.network.spatial_dims == 2
    start.network_box.setCurrentIndex(start.network_box.findData("gvtnet_denoising_3d"))
    start.network_box.activated.emit(start.network_box.currentIndex())
    start.nothing_button.click()
    assert start._network_doubt.isVisibleTo(start)
    page.form.data.voxel_edit.setText("1,1,1")
    assert start.network.name == "gvtnet_denoising_3d"


def test_few_pairs_of_volumes_adapt_the_bundled_model(qtbot, page, tmp_path):
    for role, seed in (("noisy", 0), ("good", 1)):
        for name in ("a.tif", "b.tif"):
            write_stack(tmp_path / role / name, (12, 32, 32), seed)
    look_at(qtbot, page, (str(tmp_path / "noisy"), str(tmp_path / "good")))
    request = page.form.request()
    assert request.start_model == "denoise-fluorescence-3d"
    assert request.architecture == ""
    assert "adapt a model" in page.form.start._advice.text()
    effective = page.form.length.parameters.effective
    page.form.start.nothing_button.click()
    assert effective["learning_rate"] < page.form.length.parameters.effective["learning_rate"]
    assert page.form.request().start_model == ""


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda noisy, good: (noisy / "a.tif").rename(noisy / "z.tif"), "2 files have no partner"),
        (lambda noisy, good: (good / "a.tif").write_bytes(b"II*\x00"), "a.tif"),
        (lambda noisy, good: write_stack(good / "a.tif"), "a.tif: Different sizes"),
        (lambda noisy, good: [(f / n).unlink() for f in (noisy, good) for n in ("a.tif", "b.tif")],
         "One pair is not enough"),
    ],
    ids=["unmatched", "broken", "sizes", "one"],
)  # fmt: skip
def test_pairs_that_cannot_be_used_are_refused_beside_them(
    qtbot, window, page, folders, spoil, words
):
    spoil(*map(Path, folders))
    page.form.data.folders.take(folders)
    data = page.form.data
    qtbot.waitUntil(lambda: words in data.problem(), timeout=20_000)
    page.form.list.setCurrentRow(DATA)
    assert words in shown_problem(data)
    page.form.train_button.click()
    assert trainings(window) == []


def test_files_are_looked_at_again_after_they_were_renamed(qtbot, page, folders):
    noisy = Path(folders[0])
    (noisy / "a.tif").rename(noisy / "z.tif")
    data = page.form.data
    page.form.list.setCurrentRow(DATA)
    assert not data.again_button.isVisible()
    look_at(qtbot, page, folders)
    assert "no partner" in shown_problem(data)
    (noisy / "z.tif").rename(noisy / "a.tif")
    data.again_button.click()
    qtbot.waitUntil(lambda: data.answer() == "3 pairs" and not data.problem(), timeout=20_000)
    assert shown_problem(data) == ""


def test_a_missing_folder_is_named(qtbot, page, folders, tmp_path):
    page.form.data.folders.take((folders[0], str(tmp_path / "gone")))
    qtbot.waitUntil(lambda: "gone" in page.form.data.problem(), timeout=20_000)


def test_folders_that_look_swapped_are_swapped_with_a_button(qtbot, page, folders):
    data = page.form.data
    page.form.list.setCurrentRow(DATA)
    for edit, folder in zip(data.folders.edits, reversed(folders), strict=True):
        edit.set_folder(folder)
    qtbot.waitUntil(lambda: data.swap_button.isVisible(), timeout=20_000)
    assert "swapped" in data.doubt.text()
    data.swap_button.click()
    assert data.folders.paths == folders
    qtbot.waitUntil(lambda: data.files.first is not None, timeout=20_000)
    assert not data.swap_button.isVisible()


def drop(widget, paths: list[str]) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(path) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    action = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(5, 5), action, mime, buttons, keys)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), action, mime, buttons, keys))


def test_dropped_folders_take_the_roles_their_names_suggest(page, folders):
    noisy, good = folders
    drop(page.form.data, [good, noisy])
    assert page.form.data.folders.paths == (noisy, good)


def test_a_folder_is_dropped_on_its_line(page, folders):
    drop(page.form.data.folders.edits[1], [folders[1]])
    assert page.form.data.folders.paths == ("", folders[1])
    drop(page.form.data, [folders[0]])
    assert page.form.data.folders.paths == folders


def test_wrong_voxel_size_and_name_are_refused(simulation, qtbot, folders):
    form = simulation.form
    form.data.buttons["pairs"].setChecked(True)
    look_at(qtbot, simulation, folders)
    form.data.voxel_edit.setText("0.3")
    assert form.request() is None
    assert form.list.currentRow() == DATA
    assert "no voxel size" in shown_problem(form.data)
    form.data.voxel_edit.setText("0.3,0.1,0.1")
    form.output.name_edit.setText("a/b")
    assert form.request() is None
    assert form.list.currentRow() == OUTPUT
    form.output.name_edit.setText("ab")
    assert form.request().voxel_size == "0.3,0.1,0.1"


def test_a_model_is_replaced_only_when_told(simulation):
    output = simulation.form.output
    models_dir().mkdir(parents=True)
    (models_dir() / "mine.gvtmodel").write_bytes(b"an earlier model")
    output.name_edit.setText("mine")
    output._on_changed()
    assert simulation.form.request() is None
    assert "mine.gvtmodel exists" in shown_problem(output)
    output.replace_box.setChecked(True)
    assert simulation.form.request().overwrite
    output.name_edit.setText("other")
    output.name_edit.setText("mine")
    assert simulation.form.request() is None  # it was said of another model


def test_names_of_models_on_the_shelf_are_taken(simulation):
    output = simulation.form.output
    output.name_edit.setText("denoise-fluorescence-3d")
    assert "called denoise-fluorescence-3d already" in output.problem()
    output.name_edit.setText("noise2fast")
    assert "already" in output.problem()


def test_the_same_model_is_not_queued_twice(window, simulation, notices):
    simulation.train()
    simulation.train()
    assert len(trainings(window)) == 1
    assert "in the queue already" in notices[-1].sentence
    window.workbench.queue.cancel_all()


def test_the_command_is_copied(simulation):
    simulation.form.copy_button.click()
    command = QGuiApplication.clipboard().text()
    assert command.startswith("gvtstudio train --task denoising --simulate fluorescence-cells")
    assert "--set base_channels=2" in command
    assert "--steps 4" in command


def test_what_was_set_for_a_task_is_kept_while_another_is_looked_at(simulation):
    form = simulation.form
    before = form.request()
    form.task.choose("projection")
    assert form.request().recipe == "projection"
    assert form.request().parameters == {"preset": "standard"}
    form.task.choose("denoising")
    assert form.request() == before


def test_every_task_can_be_asked_for_with_its_simulation(page):
    for row in range(page.form.task.list.count()):
        page.form.task.list.setCurrentRow(row)
        page.form.data.buttons["simulation"].setChecked(True)
        request = page.form.request()
        assert request.task == page.form.task.task.name
        assert request.recipe


def test_back_and_next_go_through_the_questions(page):
    form = page.form
    for row in range(1, 5):
        form.next_button.click()
        assert form.list.currentRow() == row
        assert form.questions[row].isVisible()
    assert not form.next_button.isEnabled()
    form.back_button.click()
    assert form.list.currentRow() == LENGTH


def test_the_card_of_the_model_to_adapt_is_shown(page):
    page.form.start.adapt_button.click()
    page.form.list.setCurrentRow(START)
    page.form.start._card.click()
    (dialog,) = page.form.findChildren(TableDialog)
    assert dialog.windowTitle() == page.form.start.model.card.title
    dialog.close()
