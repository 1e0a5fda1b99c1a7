import json
from pathlib import Path

import msgspec
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.job import RestoreRequest, SimulateRequest
from gvtstudio.ui.dialogs.scene_dialog import SceneDialog
from gvtstudio.ui.pages.compare_page import ComparePage
from gvtstudio.ui.pages.restore_page import RestorePage
from tests.services.stacks import write_scenes, write_stack


@pytest.fixture
def page(tiny_model, window) -> RestorePage:
    page = window.show_page("restore")
    page.form.models.offer("denoising", None)  # the shelf has been filled since
    page.form.models.choose("tiny")
    return page


def heavy_jobs(window) -> list:
    return [job for job in window.workbench.queue.jobs if job.is_heavy]


def test_empty_page_offers_files_and_a_simulated_stack(qtbot, window, page):
    page._empty.button_clicked.emit("Try with a simulated stack")
    (job,) = window.workbench.queue.jobs
    assert isinstance(job.request, SimulateRequest)


def test_restoring_opens_compare_with_input_and_result(qtbot, window, page, open_in, tmp_path):
    source = open_in(write_stack(tmp_path / "a b.tif"))
    page.form.folder_edit.setText(str(tmp_path / "out"))
    page.restore()
    qtbot.waitUntil(lambda: len(window.workbench.session.results) == 1, timeout=60_000)
    result = window.workbench.session.results[0].info
    assert Path(result.path) == tmp_path / "out" / "a b_denoised_tiny.ome.tif"
    assert (result.shape, result.dtype) == (source.shape, source.dtype)
    compare = window.findChild(ComparePage)
    assert compare.isVisible()
    chosen = [box.currentText() for box in compare.boxes.values()]
    assert chosen == ["a b.tif", "a b_denoised_tiny.ome.tif", "—"]


def test_preview_restores_the_view_and_leaves_nothing_beside_the_stack(
    qtbot, window, page, open_in, tmp_path
):
    open_in(write_stack(tmp_path / "data" / "a.tif", (9, 24, 32)))
    qtbot.waitUntil(lambda: page.views.is_settled, timeout=10_000)
    region = page.views.visible_region()
    page.preview()
    with qtbot.waitSignal(window.workbench.queue.job_ended, timeout=60_000) as heard:
        pass
    job = heard.args[0]
    assert job.request.region == region
    assert job.ending.stacks[0].shape == region.shape
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["a.tif"]
    assert Path(job.ending.outputs[0]).parent == Path(job.folder)
    qtbot.waitUntil(lambda: "preview" in page.views.readout, timeout=10_000)
    window.workbench.session.remove(window.workbench.session.current)
    assert not Path(job.folder).exists()


def test_earlier_result_is_replaced_only_when_told(qtbot, window, page, open_in, tmp_path):
    open_in(write_stack(tmp_path / "a.tif"))
    earlier = tmp_path / "a_denoised_tiny.ome.tif"
    earlier.write_bytes(b"an earlier result")
    page.restore()
    answer(page, "Cancel")
    assert heavy_jobs(window) == []
    page.restore()
    answer(page, "Replace")
    assert heavy_jobs(window)[0].request.overwrite


def test_restore_all_queues_every_stack(qtbot, window, page, open_in, tmp_path):
    for name in ("a.tif", "b.tif", "c.tif"):
        open_in(write_stack(tmp_path / name))
    (tmp_path / "b_denoised_tiny.ome.tif").write_bytes(b"an earlier result")
    page.restore_all()
    answer(page, "Only the missing ones")
    assert [Path(job.request.input).name for job in heavy_jobs(window)] == ["a.tif", "c.tif"]
    window.workbench.queue.cancel_all()


def answer(page: RestorePage, text: str) -> None:
    box = page.findChildren(QMessageBox)[-1]
    next(button for button in box.buttons() if button.text() == text).click()


def test_scenes_are_chosen_and_restored_under_names_of_their_own(
    qtbot, window, page, open_in, tmp_path
):
    path = str(write_scenes(tmp_path / "two.ome.tif"))
    window.workbench.session.open_datasets([(path, 0)])
    qtbot.waitUntil(lambda: len(window.workbench.session.stacks) == 1, timeout=20_000)
    (first,) = window.workbench.session.stacks
    assert page.stacks.scenes_button.isVisible()
    assert page.stacks.scenes_button.text() == "2 scenes…"
    page.stacks.scenes_button.click()
    (dialog,) = window.findChildren(SceneDialog)
    dialog.grid.choose((path, 1))
    dialog.open_button.click()
    qtbot.waitUntil(lambda: len(window.workbench.session.stacks) == 2, timeout=20_000)
    assert page.stacks.texts()[1].startswith("two.ome.tif — scene 2 of 2: Field B")
    page.restore()
    qtbot.waitUntil(lambda: len(window.workbench.session.results) == 1, timeout=60_000)
    second = window.workbench.session.stacks[1]
    result = window.workbench.session.results[0].info
    assert result.name == "two_scene2_denoised_tiny.ome.tif"
    assert page.form.result_path(page.form.request(second), second) == Path(result.path)
    assert page.form.result_path(page.form.request(first), first) != Path(result.path)
    assert result.shape == second.shape
    assert [column.info for column in window.workbench.session.comparison] == [second, result]


def test_file_of_one_scene_leads_to_no_others(qtbot, window, page, open_in, notices, tmp_path):
    open_in(write_stack(tmp_path / "a.tif"))
    assert not page.stacks.scenes_button.isVisible()
    window.entries["scenes"].trigger()
    assert notices[-1].sentence == "a.tif holds no other scenes."


def test_command_is_copied(qtbot, window, page, open_in, tmp_path):
    path = write_stack(tmp_path / "a b.tif")
    open_in(path)
    page.form.options.set_values({"dtype": "float32"})
    page.copy_command()
    command = QGuiApplication.clipboard().text()
    assert command.startswith("gvtstudio restore ")
    assert "--model tiny" in command
    assert "--dtype float32" in command
    assert "--device" not in command
    assert str(path) in command


def test_results_are_called_by_the_template(qtbot, window, page, open_in, notices, tmp_path):
    info = open_in(write_stack(tmp_path / "a.tif"))
    page.form.options.set_values({"device": "cpu"})
    window.workbench.settings.change(name_template="{task} {name}", theme="dark")
    request = page.form.request(info)
    assert page.form.result_path(request, info).name == "denoised a.ome.tif"
    assert request.device == "cpu"  # was chosen here, and no setting of it has changed
    page.form.options.set_values({"name_template": "{nme}"})
    page.restore()
    page.restore_all()
    page.copy_command()
    assert ["unknown field {nme}" in notice.sentence for notice in notices[-3:]] == [True] * 3
    assert window.workbench.queue.unfinished == ()


def test_without_a_model_the_page_says_so(qtbot, window, open_in, notices, tmp_path):
    page = window.show_page("restore")
    open_in(write_stack(tmp_path / "a.tif"))
    page.form.models.offer("a task nobody has trained for", None)
    assert not page.form.is_ready()
    page.restore()
    assert "no model" in notices[-1].sentence


def test_form_request_has_what_is_chosen(qtbot, window, page, open_in, tmp_path):
    info = open_in(write_stack(tmp_path / "a.tif"))
    page.form.options.set_values(
        {"format": "imagej-tiff", "precision": "bfloat16", "tile": "whole"}
    )
    assert page.form.request(info) == RestoreRequest(
        input=info.path, model="tiny", task="denoising", output_dir=str(tmp_path),
        format="imagej-tiff", precision="bfloat16", tile="whole",
    )  # fmt: skip


def test_results_go_into_an_open_project(qtbot, window, page, open_in, tmp_path):
    info = open_in(write_stack(tmp_path / "a.tif"))
    window.workbench.projects.create(tmp_path / "project")
    assert page.form.request(info).output_dir == str(tmp_path / "project" / "results")


def test_result_belongs_to_the_project(qtbot, window, page, open_in, tmp_path):
    open_in(write_stack(tmp_path / "a.tif"))
    window.workbench.projects.create(tmp_path / "project")
    page.restore()
    qtbot.waitUntil(lambda: len(window.workbench.session.results) == 1, timeout=60_000)
    saved = json.loads((tmp_path / "project" / "project.gvtproject").read_text(encoding="utf-8"))
    assert saved["results"][0]["file"]["relative"] == "results/a_denoised_tiny.ome.tif"


def test_mirror_images_are_asked_for_with_a_switch(page, open_in, tmp_path):
    source = open_in(write_stack(tmp_path / "a.tif"))
    assert page.form.request(source).flips is False
    page.form.options.set_values({"flips": True})
    assert page.form.request(source).flips is True


def test_a_typed_voxel_size_reaches_the_engine(page, open_in, tmp_path):
    info = open_in(write_stack(tmp_path / "a.tif"))
    assert page.form.request(info).voxel_size == ""
    typed = msgspec.structs.replace(
        info, calibration=Calibration(0.3, 0.1, 0.1, source="typed"), axes="T"
    )
    request = page.form.request(typed)
    assert (request.voxel_size, request.axes) == ("0.3,0.1,0.1", "T")
