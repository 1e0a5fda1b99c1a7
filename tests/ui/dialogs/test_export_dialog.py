from pathlib import Path

import msgspec
import pytest
import shiboken6

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.settings import Settings
from gvtstudio.domain.stack import StackInfo
from gvtstudio.ui.dialogs.export_dialog import ExportDialog


def described(path: Path, dtype: str = "uint16", **fields: object) -> StackInfo:
    """A stack of which only the name and the type matter."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"a stack")
    return StackInfo(
        str(path), (1, 1, 1, 8, 8), dtype, default_channels(1), Calibration(), **fields
    )


@pytest.fixture
def source(tmp_path):
    return described(tmp_path / "a.ome.tif")


@pytest.fixture
def opened(qtbot):
    """Opens dialogs over choices."""
    dialogs = []

    def open_dialog(*choices, shown=(), **settings) -> ExportDialog:
        settings = {"export_format": "imagej-tiff", **settings}
        dialogs.append(ExportDialog(choices, Settings(**settings), dict(shown)))
        dialogs[-1].show()
        return dialogs[-1]

    yield open_dialog
    for dialog in dialogs:
        if shiboken6.isValid(dialog):  # an accepted dialog has deleted itself
            dialog.close()


@pytest.fixture
def dialog(opened, source):
    return opened(("restored", [source]))


def accepted(qtbot, dialog) -> list:
    """The requests of an accepted dialog."""
    requests = []
    dialog.export_requested.connect(requests.append)
    dialog._buttons.accepted.emit()
    return requests


def choose_type(dialog, dtype: str) -> None:
    box = dialog.conversion.type_box
    box.setCurrentIndex(box.findData(dtype))
    assert box.currentData() == dtype


def offered_types(dialog) -> list[str]:
    box = dialog.conversion.type_box
    return [box.itemData(i) for i in range(box.count())]


def test_proposed_name_is_free(dialog, tmp_path):
    assert dialog.destinations == [tmp_path / "a_export.tif"]
    assert dialog.can_export()
    (tmp_path / "a_export.tif").write_bytes(b"taken")
    (tmp_path / "a_export (2).tif.json").write_bytes(b"a note is taken too")
    dialog._propose()
    assert dialog.destinations == [tmp_path / "a_export (3).tif"]


def test_existing_file_is_replaced_only_when_ticked(qtbot, dialog, tmp_path):
    (tmp_path / "taken.tif").write_bytes(b"taken")
    dialog.name_edit.setText("taken.tif")
    assert not dialog.can_export()
    dialog.replace_box.setChecked(True)
    assert dialog.can_export()
    (request,) = accepted(qtbot, dialog)
    assert request.overwrite
    assert (request.dtype, request.limits) == ("same", None)


def test_the_stack_itself_is_never_the_target(dialog):
    dialog.name_edit.setText("a.ome.tif")
    dialog.replace_box.setChecked(True)
    assert not dialog.can_export()


@pytest.mark.parametrize(
    ("folder", "name", "words"),
    [
        ("no such folder", "b.tif", "no folder"),
        ("", " ", "Type a file name"),
        ("", "a?b.tif", "Leave out ?"),
        ("", "con.tif", "Windows keeps"),
        ("", "b", "end in .tif"),
        ("", "b.png", "end in .tif"),
        ("", "x" * 300 + ".tif", "longer than"),
    ],
)
def test_place_that_cannot_be_is_told(dialog, tmp_path, folder, name, words):
    dialog.folder.set_folder(str(tmp_path / folder))
    dialog.name_edit.setText(name)
    assert not dialog.can_export()
    assert words in dialog._verdict.text()


def test_the_template_of_the_settings_names_the_file(opened, source):
    dialog = opened(("stack", [source]), name_template="{task} of {name}")
    assert dialog.name_edit.text() == "export of a.tif"
    assert opened(("stack", [source]), name_template="{nme}").name_edit.text() == "a_export.tif"


def test_a_narrower_type_keeps_values_unless_limits_are_asked_for(qtbot, opened, source):
    dialog = opened(("stack", [source]), shown={(source.path, 0): (120.0, 3456.5)})
    assert offered_types(dialog) == ["same", "uint8", "float32"]
    assert not dialog.conversion.way_box.isVisible()
    choose_type(dialog, "uint8")
    assert dialog.conversion.way_box.isVisible()
    assert not dialog.conversion.low_edit.isVisible()
    dialog.conversion.way_box.setCurrentIndex(1)
    assert dialog.conversion.low_edit.isVisible()
    (request,) = accepted(qtbot, dialog)
    assert (request.dtype, request.limits) == ("uint8", (120.0, 3456.5))


def test_values_are_kept_at_first(qtbot, dialog):
    choose_type(dialog, "uint8")
    (request,) = accepted(qtbot, dialog)
    assert (request.dtype, request.limits) == ("uint8", None)


@pytest.mark.parametrize("typed", ["", "9", "10", "nan", "one"])
def test_limits_that_are_none_are_told(dialog, typed):
    choose_type(dialog, "uint8")
    dialog.conversion.way_box.setCurrentIndex(1)
    dialog.conversion.low_edit.setText("10")
    dialog.conversion.high_edit.setText(typed)
    assert not dialog.can_export()
    assert "two limits" in dialog._verdict.text()
    choose_type(dialog, "float32")
    assert dialog.can_export()


@pytest.mark.parametrize(
    ("dtype", "fields", "limits"),
    [
        ("uint16", {"significant_bits": 12}, ("0", "4095")),
        ("uint16", {}, ("0", "65535")),
        ("float32", {}, ("", "")),
    ],
)
def test_without_a_view_the_camera_proposes_the_limits(opened, tmp_path, dtype, fields, limits):
    conversion = opened(("stack", [described(tmp_path / "a.tif", dtype, **fields)])).conversion
    assert (conversion.low_edit.text(), conversion.high_edit.text()) == limits


@pytest.mark.parametrize(
    ("dtype", "types"),
    [
        ("int32", ["float32", "uint8", "uint16"]),
        ("float64", ["float32", "uint8", "uint16"]),
        ("bool", ["uint8", "uint16", "float32"]),
        ("float32", ["same", "uint8", "uint16"]),
    ],
)
def test_a_type_that_the_format_has_not_is_offered_as_another(opened, tmp_path, dtype, types):
    dialog = opened(("stack", [described(tmp_path / "a.tif", dtype)]))
    assert offered_types(dialog) == types
    assert dialog.can_export()
    has_reason = f"this format holds no {dtype}" in dialog.conversion.type_box.currentText()
    assert has_reason == (types[0] != "same")
    dialog.format_box.setCurrentIndex(dialog.format_box.findData("ome-tiff"))
    assert "same" in offered_types(dialog)


def test_several_stacks_get_names_of_their_own(qtbot, opened, tmp_path):
    stacks = [
        described(tmp_path / "one" / "cell.tif"),
        described(tmp_path / "two" / "cell.tif", "int32"),
        *(
            described(tmp_path / "b.ome.tif", scene=n, scene_names=("first", "second"))
            for n in (0, 1)
        ),
    ]
    (tmp_path / "b_scene2_export.tif").write_bytes(b"taken")
    dialog = opened(("stack", stacks[:1]), ("All open stacks", stacks))
    dialog.stack_box.setCurrentIndex(1)
    dialog.folder.set_folder(str(tmp_path))
    assert dialog.stack_box.currentText() == "All open stacks (4)"
    assert dialog.name_edit.text() == "{name}_{task}_{model}"
    assert "cell_export.tif, cell_export (2).tif and 2 more" in dialog._verdict.text()
    requests = accepted(qtbot, dialog)
    assert [Path(request.destination).name for request in requests] == [
        "cell_export.tif",
        "cell_export (2).tif",
        "b_scene1_export.tif",
        "b_scene2_export (2).tif",
    ]
    assert [(request.scene, request.dtype) for request in requests] == [
        (0, "float32"),
        (0, "float32"),
        (0, "float32"),
        (1, "float32"),
    ]
    assert not any(request.overwrite for request in requests)


@pytest.mark.parametrize(
    ("template", "is_good", "words"),
    [
        ("{name}_{size}", False, "unknown field {size}"),
        ("{date}", True, "Put {name} in"),
        ("{name}/x", False, "no file name may hold"),
    ],
)
def test_names_of_several_are_a_template(opened, tmp_path, source, template, is_good, words):
    other = msgspec.structs.replace(source, path=str(tmp_path / "b.tif"))
    dialog = opened(("All open stacks", [source, other]))
    dialog.name_edit.setText(template)
    assert dialog.can_export() == is_good
    assert words in dialog._verdict.text()
