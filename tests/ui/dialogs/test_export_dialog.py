import pytest
import shiboken6

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.stack import StackInfo
from gvtstudio.ui.dialogs.export_dialog import ExportDialog


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.ome.tif"
    path.write_bytes(b"a stack")
    return StackInfo(str(path), (1, 1, 1, 8, 8), "uint8", default_channels(1), Calibration())


@pytest.fixture
def dialog(qtbot, source):
    dialog = ExportDialog([("restored", source)], "imagej-tiff")
    dialog.show()
    yield dialog
    if shiboken6.isValid(dialog):  # an accepted dialog has deleted itself
        dialog.close()


def test_proposed_name_is_free(qtbot, dialog, source, tmp_path):
    assert dialog.destination == tmp_path / "a_export.tif"
    assert dialog.can_export()
    (tmp_path / "a_export.tif").write_bytes(b"taken")
    dialog._propose()
    assert dialog.destination.name == "a_export_2.tif"


def test_existing_file_is_replaced_only_when_ticked(qtbot, dialog, tmp_path):
    (tmp_path / "taken.tif").write_bytes(b"taken")
    dialog.name_edit.setText("taken.tif")
    assert not dialog.can_export()
    dialog.replace_box.setChecked(True)
    assert dialog.can_export()
    with qtbot.waitSignal(dialog.export_requested) as heard:
        dialog._buttons.accepted.emit()
    assert heard.args[0].overwrite


def test_the_stack_itself_is_never_the_target(qtbot, dialog, source):
    dialog.name_edit.setText("a.ome.tif")
    dialog.replace_box.setChecked(True)
    assert not dialog.can_export()


@pytest.mark.parametrize(("folder", "name"), [("no such folder", "b.tif"), ("", " ")])
def test_place_that_cannot_be_is_told(qtbot, dialog, tmp_path, folder, name):
    dialog.folder_edit.setText(str(tmp_path / folder))
    dialog.name_edit.setText(name)
    assert not dialog.can_export()
    assert dialog._verdict.text()
