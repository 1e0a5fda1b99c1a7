"""Whole or not at all: what is left when an export is stopped, fails, or is refused."""

import os
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import (
    Cancelled,
    FileUnreadable,
    OutputUnwritable,
    ResourcesMissing,
    UsageError,
)
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.export import export_stack, free_path, restored_path, result_name
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.stacks import open_stack
from tests.io.stacks_for_tests import PROVENANCE, array_stack, numbered, two_channel_stack


def export(stack, path, format_name="ome-tiff", *, overwrite=False, report=lambda *_: None):
    return export_stack(stack, path, format_name, PROVENANCE, overwrite=overwrite, report=report)


def contents(folder):
    """Every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("format_name", EXPORTERS)
def test_progress_counts_planes_up_to_the_last(tmp_path, format_name):
    seen = []
    export(two_channel_stack(), tmp_path / "o.tif", format_name, report=lambda *n: seen.append(n))
    # a plane may be told of again, so that cancelling is asked for while it is packed
    assert seen == sorted(seen)
    assert list(dict.fromkeys(seen)) == [(done, 12) for done in range(13)]


def test_the_folder_is_made(tmp_path):
    path = export(two_channel_stack(), tmp_path / "new" / "Ünï 中文" / "o.tif")
    assert path.is_file()
    assert sorted(p.name for p in path.parent.iterdir()) == ["o.tif", "o.tif.json"]


@pytest.mark.parametrize("format_name", EXPORTERS)
@pytest.mark.parametrize("at", [0, 5, 12])
def test_cancelling_leaves_nothing(tmp_path, format_name, at):
    def report(done, _total):
        if done == at:
            raise Cancelled

    with pytest.raises(Cancelled):
        export(two_channel_stack(), tmp_path / "o.tif", format_name, report=report)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_name", EXPORTERS)
def test_cancelling_an_overwrite_keeps_the_old_file(tmp_path, format_name):
    def report(done, _total):
        if done == 5:
            raise Cancelled

    path = export(two_channel_stack(), tmp_path / "o.tif", format_name)
    before = contents(tmp_path)
    with pytest.raises(Cancelled):
        export(two_channel_stack(), path, format_name, overwrite=True, report=report)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("format_name", EXPORTERS)
def test_a_source_that_breaks_off_leaves_nothing(tmp_path, format_name):
    source = tmp_path / "source.tif"
    tifffile.imwrite(source, numbered((6, 64, 64)), imagej=True, metadata={"axes": "ZYX"})
    stack = open_stack(source)
    with source.open("rb+") as file:
        file.truncate(30000)
    with pytest.raises(FileUnreadable, match=r"source.tif"):
        export(stack, tmp_path / "out" / "o.tif", format_name)
    stack.close()
    assert list((tmp_path / "out").iterdir()) == []


def test_an_existing_file_is_refused_before_anything_is_read(tmp_path):
    path = tmp_path / "o.tif"
    path.write_text("precious")
    with pytest.raises(OutputUnwritable, match="exists already") as caught:
        export(two_channel_stack(), path, report=lambda *_: pytest.fail("began to write"))
    assert "--overwrite" in caught.value.remedy
    assert path.read_text() == "precious"


def test_an_existing_note_is_not_overwritten_either(tmp_path):
    (tmp_path / "o.tif.json").write_text("precious")
    with pytest.raises(OutputUnwritable, match=r"o.tif.json exists"):
        export(two_channel_stack(), tmp_path / "o.tif")


def test_overwriting_when_told(tmp_path):
    path = tmp_path / "o.tif"
    path.write_text("old")
    export(two_channel_stack(), path, overwrite=True)
    np.testing.assert_array_equal(tifffile.imread(path), numbered((2, 3, 2, 11, 13)))


@pytest.mark.parametrize("way", ["same path", "link"])
def test_the_source_is_never_overwritten(tmp_path, way):
    source = tmp_path / "cell.ome.tif"
    export(two_channel_stack(), source)
    before = source.read_bytes()
    target = source
    if way == "link":
        target = tmp_path / "other.ome.tif"
        os.link(source, target)
    stack = open_stack(source)
    with pytest.raises(OutputUnwritable, match="originals are never overwritten"):
        export(stack, target, overwrite=True)
    stack.close()
    assert source.read_bytes() == before


def test_too_little_room_is_told_beforehand(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(ResourcesMissing, match="GB") as caught:
        export(two_channel_stack(), tmp_path / "new" / "o.tif")
    assert not isinstance(caught.value, OutputUnwritable)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="limits the size of files as Linux and macOS do")
@pytest.mark.parametrize("format_name", EXPORTERS)
def test_no_room_in_the_middle_leaves_nothing(tmp_path, format_name):
    import resource

    random = np.random.default_rng(1).integers(0, 65535, (1, 40, 1, 128, 128), "uint16")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(OutputUnwritable, match=r"o.tif") as caught:
            export(array_stack(random), tmp_path / "o.tif", format_name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")
def test_a_full_disk_is_told_in_words():
    from gvtstudio.io.failures import unwritable

    with pytest.raises(OSError, match="No space") as caught, Path("/dev/full").open("wb") as file:
        file.write(b"x" * 100000)
    assert "disk became full" in unwritable(Path("o.tif"), caught.value).message


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputUnwritable, match=r"o.tif"):
        export(two_channel_stack(), tmp_path / "file" / "o.tif")


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(OutputUnwritable, match="no permission"):
        export(two_channel_stack(), folder / "o.tif")


def test_unknown_format_suggests_the_nearest(tmp_path):
    with pytest.raises(UsageError) as caught:
        export(two_channel_stack(), tmp_path / "o.tif", "ome-tif")
    assert "ome-tiff" in caught.value.remedy


@pytest.mark.parametrize(
    ("source", "suffix", "model", "extension", "name"),
    [
        ("cell.tif", "denoised", "m", ".ome.tif", "cell_denoised_m.ome.tif"),
        ("cell.ome.tif", "denoised", "m", ".ome.tif", "cell_denoised_m.ome.tif"),
        ("cell.OME.TIFF", "denoised", "m", ".tif", "cell_denoised_m.tif"),
        ("cell.ome.btf", "denoised", "m", ".tif", "cell_denoised_m.tif"),
        ("a.b c.lsm", "denoised", "", ".tif", "a.b c_denoised.tif"),
        ("细胞 Ü.tif", "", "", ".tif", "细胞 Ü.tif"),
        ("cell.tif", "x/y", "C:\\m*", ".tif", "cell_x-y_C-m-.tif"),
        ("no extension", "d", "m", ".tif", "no extension_d_m.tif"),
    ],
)
def test_names_of_results(source, suffix, model, extension, name):
    assert result_name(Path("/data") / source, suffix, model, extension) == name


@pytest.mark.parametrize(
    ("scenes", "named", "name"),
    [
        ((), "", "a_denoised_m.tif"),
        (("one",), "", "a_denoised_m.tif"),
        (("one", "two"), "", "a_scene2_denoised_m.tif"),
        (("one", "two"), "mine", "mine.tif"),
    ],
)
def test_scenes_of_a_file_are_restored_under_names_of_their_own(scenes, named, name):
    info = StackInfo(
        "/data/a.ome.tif", (1,) * 5, "uint8", (), Calibration(), scene=1, scene_names=scenes
    )
    request = RestoreRequest(
        input=info.path, model="m", output_dir="/out", output_name=named, format="imagej-tiff"
    )
    assert restored_path(request, info, "denoised", "m") == Path("/out") / name


@pytest.mark.parametrize(
    ("template", "scene", "name"),
    [
        ("{date}", "", "2026-11-22.tif"),
        ("{date}", "scene3", "2026-11-22_scene3.tif"),
        ("{task}-{name}", "scene3", "denoised-con_scene3.tif"),
        ("{scene}.{name}", "scene3", "scene3.con.tif"),
        ("{name}", "", "_con.tif"),
        ("{name} {model}", "", "con m-n.tif"),
    ],
)
def test_names_by_another_template(monkeypatch, template, scene, name):
    class Day(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 11, 22, 12, tzinfo=tz)

    monkeypatch.setattr("gvtstudio.io.export.datetime", Day)
    source = Path("/data/con.ome.tif")
    assert result_name(source, "denoised", "m/n", ".tif", template, scene) == name


@pytest.mark.parametrize("template", ["{name}_x", "x{date}{name}{name}", "y" * 260])
def test_long_names_are_cut_by_every_template(template):
    name = result_name(Path("细" * 80 + ".tif"), "", "", ".ome.tif", template, "scene2")
    assert len(name.encode()) <= 250
    assert name.endswith(".ome.tif")


def test_free_names_are_neither_there_nor_taken(tmp_path):
    path = tmp_path / "a.b.ome.tif"
    assert free_path(path) == path
    path.write_text("there")
    (tmp_path / "a.b (2).ome.tif.json").write_text("a note")
    free = tmp_path / "a.b (3).ome.tif"
    assert free_path(path) == free
    assert free_path(path, [free]) == tmp_path / "a.b (4).ome.tif"
    long = tmp_path / ("x" * 251 + ".tif")
    assert free_path(long) == long


def test_long_names_still_fit_the_file_system(tmp_path):
    name = result_name(Path("细" * 80 + ".tif"), "denoised", "fluorescence-3d", ".ome.tif")
    assert name.endswith("_denoised_fluorescence-3d.ome.tif")
    assert export(two_channel_stack(), tmp_path / name).is_file()
