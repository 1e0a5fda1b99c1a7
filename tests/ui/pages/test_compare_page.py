import tifffile
from PySide6.QtCore import Qt

from gvtstudio.domain.job import ExportRequest
from gvtstudio.ui.dialogs.columns_dialog import ColumnsDialog
from gvtstudio.ui.dialogs.export_dialog import ExportDialog
from gvtstudio.ui.dialogs.figure_dialog import FigureDialog
from tests.services.stacks import write_stack


def test_any_two_stacks_can_be_chosen(qtbot, window, open_in, tmp_path):
    for number, name in enumerate(("a.tif", "b.tif")):
        open_in(write_stack(tmp_path / name, seed=number))
    page = window.show_page("compare")
    for role, name in (("input", "a.tif"), ("truth", "b.tif")):
        box = page.boxes[role]
        box.setCurrentIndex(box.findText(name))
        box.activated.emit(box.currentIndex())
    shown = [(column.title, column.info.name) for column in window.workbench.session.comparison]
    assert shown == [("input", "a.tif"), ("truth", "b.tif")]
    qtbot.waitUntil(lambda: page.views.is_settled, timeout=10_000)
    assert "truth" in page.views.readout
    page.boxes["input"].setCurrentIndex(0)
    page.boxes["input"].activated.emit(0)
    page.boxes["truth"].setCurrentIndex(0)
    page.boxes["truth"].activated.emit(0)
    assert page.viewer() is None


def test_export_writes_another_format_and_keeps_the_source(qtbot, window, open_in, tmp_path):
    source = write_stack(tmp_path / "a.tif")
    before = source.read_bytes()
    open_in(source)
    window.show_page("compare")._export.click()
    (dialog,) = window.findChildren(ExportDialog)
    dialog.format_box.setCurrentIndex(dialog.format_box.findData("imagej-tiff"))
    dialog.name_edit.setText("b.tif")
    dialog._buttons.accepted.emit()
    with qtbot.waitSignal(window.workbench.queue.job_ended, timeout=30_000) as heard:
        pass
    assert isinstance(heard.args[0].request, ExportRequest)
    assert heard.args[0].state == "finished"
    with tifffile.TiffFile(tmp_path / "b.tif") as written:
        assert written.is_imagej
        assert written.asarray().shape == (5, 24, 32)
    assert source.read_bytes() == before


def test_export_to_fewer_bits_says_what_was_clipped(qtbot, window, open_in, tmp_path, notices):
    open_in(write_stack(tmp_path / "a.tif"))
    window.entries["export"].trigger()
    (dialog,) = window.findChildren(ExportDialog)
    conversion = dialog.conversion
    conversion.type_box.setCurrentIndex(conversion.type_box.findData("uint8"))
    conversion.way_box.setCurrentIndex(1)
    conversion.low_edit.setText("0")
    conversion.high_edit.setText("10")
    dialog.name_edit.setText("b.ome.tif")
    with qtbot.waitSignal(window.workbench.queue.job_ended, timeout=30_000) as heard:
        dialog._buttons.accepted.emit()
    assert heard.args[0].ending.numbers["export_clipped_voxels"] > 0
    assert "are spread over 0 to 255" in notices[-1].sentence
    assert "were outside these limits" in notices[-1].sentence
    assert tifffile.imread(tmp_path / "b.ome.tif").dtype == "uint8"


def test_all_open_stacks_are_exported_by_a_job_each(qtbot, window, open_in, tmp_path):
    for name in ("a.tif", "b.tif"):
        open_in(write_stack(tmp_path / name))
    window.entries["export"].trigger()
    (dialog,) = window.findChildren(ExportDialog)
    dialog.stack_box.setCurrentIndex(dialog.stack_box.findText("All open stacks (2)"))
    dialog._buttons.accepted.emit()
    written = [tmp_path / f"{stem}_export.ome.tif" for stem in "ab"]
    qtbot.waitUntil(lambda: all(path.exists() for path in written), timeout=30_000)
    qtbot.waitUntil(lambda: not window.workbench.queue.unfinished, timeout=30_000)


def test_closing_everything_empties_the_page(qtbot, window, open_in, tmp_path):
    window.workbench.session.compare_paths([str(write_stack(tmp_path / "a.tif"))], ["input"])
    qtbot.waitUntil(lambda: bool(window.workbench.session.comparison), timeout=20_000)
    page = window.show_page("compare")
    assert page.viewer() is not None
    window.workbench.session.clear()
    assert page.viewer() is None


def test_further_columns_are_added_ordered_and_removed(qtbot, window, open_in, tmp_path):
    for number, name in enumerate(("a.tif", "b.tif", "c.tif", "d.tif")):
        open_in(write_stack(tmp_path / name, seed=number))
    page = window.show_page("compare")

    def shown() -> list[tuple[str, str]]:
        return [(c.title, c.info.name) for c in window.workbench.session.comparison]

    def choose(role: str, name: str) -> None:
        box = page.boxes[role]
        box.setCurrentIndex(max(0, box.findText(name)))
        box.activated.emit(box.currentIndex())

    choose("input", "a.tif")
    page._columns.click()
    (dialog,) = window.findChildren(ColumnsDialog)
    for name in ("c.tif", "d.tif", "d.tif"):
        dialog.stack_box.setCurrentIndex(dialog.stack_box.findText(name))
        dialog.add_button.click()
    dialog.remove_button.click()
    dialog.left_button.click()
    dialog.accept()
    assert shown() == [("input", "a.tif"), ("d", "d.tif"), ("c", "c.tif")]
    choose("truth", "b.tif")
    assert shown() == [("input", "a.tif"), ("truth", "b.tif"), ("d", "d.tif"), ("c", "c.tif")]
    qtbot.waitUntil(lambda: page.views.is_settled, timeout=10_000)
    assert [column.volume.title for column in page.views.columns] == ["input", "truth", "d", "c"]
    choose("input", "")
    assert shown() == [("truth", "b.tif"), ("d", "d.tif"), ("c", "c.tif")]
    choose("restored", "c.tif")
    choose("input", "a.tif")
    assert [title for title, _ in shown()] == ["input", "restored", "truth", "d", "c"]


def test_the_arrangement_is_remembered_and_ticked(qtbot, window, open_in, tmp_path):
    open_in(write_stack(tmp_path / "a.tif"))
    page = window.show_page("compare")
    page.boxes["input"].setCurrentIndex(page.boxes["input"].findText("a.tif"))
    page.boxes["input"].activated.emit(1)
    window.entries["planes_XZ"].trigger()
    assert page.views.columns[0].shown_planes == ("XZ",)
    assert window.workbench.settings.settings.recent_arrangement == "XZ"
    assert window.entries["planes_XZ"].isChecked()
    pane = page.views.columns[0].panes["XZ"]
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseDClick(pane.viewport(), Qt.MouseButton.LeftButton, control)
    assert page.views.columns[0].shown_planes == ("XY", "XZ", "YZ")
    assert window.entries["planes_three"].isChecked()


def test_a_projection_is_not_saved_as_if_it_were_a_slice(qtbot, window, open_in, tmp_path, notices):
    open_in(write_stack(tmp_path / "a.tif"))
    page = window.show_page("compare")
    page.boxes["input"].setCurrentIndex(page.boxes["input"].findText("a.tif"))
    page.boxes["input"].activated.emit(1)
    window.entries["maximum"].trigger()
    qtbot.waitUntil(lambda: page.views.is_settled, timeout=10_000)
    window.entries["save_figure"].trigger()
    assert not window.findChildren(FigureDialog)
    assert notices[-1].sentence.startswith("XY shows a projection")
