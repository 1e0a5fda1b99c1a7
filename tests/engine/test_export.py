"""Exporting in another voxel type, with what it loses, and into folders."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.job import ExportRequest, RerunRequest, RestoreRequest
from gvtstudio.domain.messages import Failed, Finished, Log, Progress
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import inspect_stack
from tests.engine.stacks_for_tests import do, noisy, write_tiny_model
from tests.io.stacks_for_tests import write_plain


@pytest.fixture
def restored(tmp_path) -> Path:
    """Real numbers, some of them negative, large or none at all."""
    values = np.random.default_rng(1).normal(100, 90, (4, 16, 18)).astype("float32")
    values[0, 0, :4] = np.nan, np.inf, 70000, -1
    path = tmp_path / "cell 3.ome.tif"
    tifffile.imwrite(path, values, ome=True, metadata={"axes": "ZYX"})
    return path


def export(source: Path, destination, folder: Path, **options) -> tuple[Finished | Failed, list]:
    request = ExportRequest(source=str(source), destination=str(destination), **options)
    return do(request, folder)


def test_values_beyond_the_type_are_counted_in_the_answer_and_in_the_file(tmp_path, restored):
    out = tmp_path / "out.ome.tif"
    ending, messages = export(restored, out, tmp_path / "job", dtype="uint8")
    values = tifffile.imread(restored)
    grey = np.rint(np.nan_to_num(values, nan=0, posinf=0))
    clipped = np.count_nonzero((grey < 0) | (grey > 255)) + 2
    assert ending.numbers == {
        "export_clipped_voxels": clipped,
        "export_not_finite_voxels": 2,
    }
    sentence = f"{clipped:,} voxels ({100 * clipped / values.size:.2g} %) were outside the range"
    assert ending.verdict.startswith(sentence)
    assert "of which 2 held no number and became 0" in ending.verdict
    assert ending.verdict in [message.text for message in messages if isinstance(message, Log)]
    assert {m.stage for m in messages if isinstance(m, Progress)} == {"Counting", "Writing"}
    for told in (read_provenance(out), read_provenance(Path(f"{out}.json").with_suffix(""))):
        assert told.numbers["export_clipped_voxels"] == clipped
        assert told.parameters["export_dtype"] == "uint8"
    np.testing.assert_array_equal(tifffile.imread(out), grey.clip(0, 255))


def test_limits_are_written_down_and_said(tmp_path, restored):
    out = tmp_path / "out.ome.tif"
    options = {"dtype": "uint16", "limits": (0.0, 250.5)}
    ending, _ = export(restored, out, tmp_path / "job", **options)
    assert "from 0 to 250.5 are spread over 0 to 65535" in ending.verdict
    assert "outside these limits" in ending.verdict
    assert read_provenance(out).parameters["export_limits"] == "0,250.5"


def test_what_loses_nothing_says_nothing(tmp_path, restored):
    ending, messages = export(restored, tmp_path / "out.ome.tif", tmp_path / "job")
    assert (ending.verdict, ending.numbers) == ("", {})
    assert not [message for message in messages if isinstance(message, Log)]
    assert read_provenance(tmp_path / "out.ome.tif").parameters == {}


def test_digits_that_float32_cannot_keep_are_counted(tmp_path):
    source = write_plain(tmp_path / "a.tif", np.array([[[1, 2**24 + 1]]], "int32"))
    ending, _ = export(source, tmp_path / "b.ome.tif", tmp_path / "job", dtype="float32")
    assert ending.numbers == {"export_rounded_voxels": 1}
    assert "1 voxels were rounded" in ending.verdict


def test_what_a_format_cannot_hold_is_refused_with_the_way_out(tmp_path):
    source = write_plain(tmp_path / "a.tif", np.ones((2, 9, 9), "int32"))
    failed, messages = export(source, tmp_path / "b.tif", tmp_path / "job", format="imagej-tiff")
    assert "float32" in failed.remedy
    assert not [message for message in messages if isinstance(message, Progress)]
    options = {"format": "imagej-tiff", "dtype": "float32"}
    ending, _ = export(source, tmp_path / "b.tif", tmp_path / "job 2", **options)
    assert isinstance(ending, Finished)


def test_an_existing_file_is_refused_before_anything_is_counted(tmp_path, restored):
    out = tmp_path / "out.ome.tif"
    out.write_text("precious")
    failed, messages = export(restored, out, tmp_path / "job", dtype="uint8")
    assert "exists already" in failed.message
    assert not [message for message in messages if isinstance(message, Progress)]
    assert out.read_text() == "precious"


@pytest.mark.parametrize(
    ("way", "template", "name"),
    [
        ("there", "{name}_{task}_{model}", "cell 3_export"),
        ("there", "{task} {name}", "export cell 3"),
        ("slash", "{name}", "cell 3"),
    ],
)
@pytest.mark.parametrize("format_name", EXPORTERS)
def test_a_folder_gets_a_file_named_by_the_template(
    tmp_path, restored, way, template, name, format_name
):
    folder = tmp_path / "new folder"
    if way == "there":
        folder.mkdir()
    destination = f"{folder}/" if way == "slash" else folder
    options = {"name_template": template, "format": format_name}
    ending, _ = export(restored, destination, tmp_path / "job", **options)
    assert ending.outputs == (str(folder / f"{name}{EXPORTERS[format_name].extension}"),)


def test_an_ome_zarr_folder_is_a_stack_and_no_folder_for_one(tmp_path, restored):
    out, options = tmp_path / "a.ome.zarr", {"format": "ome-zarr"}
    export(restored, out, tmp_path / "job", **options)
    failed, _ = export(restored, out, tmp_path / "job 2", **options)
    assert "exists already" in failed.message
    ending, _ = export(restored, out, tmp_path / "job 3", overwrite=True, **options)
    assert ending.outputs == (str(out),)


def test_a_template_without_names_is_refused_in_words(tmp_path, restored):
    options = {"name_template": "{nmae}"}
    failed, _ = export(restored, tmp_path, tmp_path / "job", **options)
    assert "unknown field {nmae}" in failed.message
    assert "{name}" in failed.remedy


def test_scenes_of_a_file_get_names_of_their_own(tmp_path):
    source = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(source, ome=True) as writer:
        for seed in (0, 1):
            writer.write(noisy(seed=seed), metadata={"axes": "ZYX", "Name": "same"})
    (tmp_path / "out").mkdir()
    for template, names in {
        "{name}": ["two_scene1", "two_scene2"],
        "x": ["x_scene1", "x_scene2"],
        "{scene} of {name}": ["scene1 of two", "scene2 of two"],
    }.items():
        for scene, name in enumerate(names):
            options = {"name_template": template, "scene": scene}
            ending, _ = export(source, tmp_path / "out", tmp_path / f"job {name}", **options)
            assert ending.outputs == (str(tmp_path / "out" / f"{name}.ome.tif"),)


def test_a_converted_result_is_not_made_again(tmp_path):
    model = write_tiny_model(tmp_path / "tiny.gvtmodel")
    source = write_plain(tmp_path / "a.tif", noisy())
    request = RestoreRequest(
        input=str(source), model=str(model), output_dir=str(tmp_path), device="cpu",
        name_template="{date}-{name}-{task}",
    )  # fmt: skip
    ending, _ = do(request, tmp_path / "job")
    result = Path(ending.outputs[0])
    assert result.name.endswith("-a-denoised.ome.tif")
    out = tmp_path / "out.ome.tif"
    export(result, out, tmp_path / "job 2", dtype="uint8", limits=(0, 4000))
    assert read_provenance(out).model == "tiny"
    failed, _ = do(RerunRequest(result=str(out)), tmp_path / "job 3")
    assert "converted when it was exported" in failed.message
    assert inspect_stack(out).dtype == "uint8"
