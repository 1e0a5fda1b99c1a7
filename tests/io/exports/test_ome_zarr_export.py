"""OME-Zarr as it is written: metadata, levels, files, and nothing left of what was broken off."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest
import zarr

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import Cancelled, OutputUnwritable, ResourcesMissing
from gvtstudio.domain.region import Region
from gvtstudio.io import export as export_module
from gvtstudio.io.export import export_stack
from gvtstudio.io.exports import zarr_pyramid
from gvtstudio.io.exports.zarr_pyramid import halved, plan_layout, plan_levels
from gvtstudio.io.formats.ome_zarr import open_ome_zarr
from gvtstudio.io.stacks import open_stack
from tests.io.stacks_for_tests import PROVENANCE, array_stack, numbered, two_channel_stack
from tests.io.zarr_for_tests import write_image

SHAPES = {"ZYX": (1, 20, 1, 300, 280), "CZYX": (1, 5, 2, 40, 300), "TCZYX": (3, 4, 2, 30, 270)}


def export(stack, path, *, overwrite=False, report=lambda *_: None):
    return export_stack(stack, path, "ome-zarr", PROVENANCE, overwrite=overwrite, report=report)


def ome_of(path):
    described = json.loads((path / "zarr.json").read_text(encoding="utf-8"))
    assert (described["zarr_format"], described["node_type"]) == (3, "group")
    return described["attributes"]["ome"]


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("axes", SHAPES)
def test_stacks_come_back_the_same(tmp_path, axes, dtype):
    array = numbered(SHAPES[axes], dtype)
    path = export(array_stack(array), tmp_path / "a.ome.zarr")
    with closing(open_stack(path)) as stack:
        assert (stack.info.file_axes, stack.info.dtype) == (axes, dtype)
        np.testing.assert_array_equal(stack.read(Region.whole(stack.info.shape)), array)
    # the library's own way of reading, by the axes that the file names
    by_library = zarr.open_array(path / "0", mode="r")
    letters = "".join(by_library.metadata.dimension_names)
    order = [letters.index(axis) for axis in "tzcyx" if axis in letters]
    np.testing.assert_array_equal(np.asarray(by_library).transpose(order), array.squeeze())


def test_metadata_are_those_of_version_0_5(tmp_path):
    stack = array_stack(
        numbered((2, 3, 2, 10, 600)),
        "cell.tif",
        channels=(Channel("GFP", "#00ff00"), Channel("DNA")),
        calibration=Calibration(0.3, 0.104, 0.105, 2.5, "file"),
        significant_bits=12,
    )
    ome = ome_of(export(stack, tmp_path / "a.ome.zarr"))
    windows = [channel.pop("window") for channel in ome["omero"]["channels"]]
    assert ome == {
        "version": "0.5",
        "multiscales": [
            {
                "name": "cell.tif",
                "type": "mean",
                "axes": [
                    {"name": "t", "type": "time", "unit": "second"},
                    {"name": "c", "type": "channel"},
                    {"name": "z", "type": "space", "unit": "micrometer"},
                    {"name": "y", "type": "space", "unit": "micrometer"},
                    {"name": "x", "type": "space", "unit": "micrometer"},
                ],
                "datasets": [
                    {
                        "path": "0",
                        "coordinateTransformations": [
                            {"type": "scale", "scale": [2.5, 1, 0.3, 0.104, 0.105]}
                        ],
                    },
                    {
                        "path": "1",
                        "coordinateTransformations": [
                            {"type": "scale", "scale": [2.5, 1, 0.3, 0.208, 0.21]},
                            {"type": "translation", "translation": [0, 0, 0, 0.052, 0.0525]},
                        ],
                    },
                    {
                        "path": "2",
                        "coordinateTransformations": [
                            {"type": "scale", "scale": [2.5, 1, 0.3, 0.416, 0.42]},
                            {"type": "translation", "translation": [0, 0, 0, 0.156, 0.1575]},
                        ],
                    },
                ],
            }
        ],
        "omero": {
            "channels": [
                {"label": "GFP", "color": "00FF00", "active": True},
                {"label": "DNA", "color": "FF00FF", "active": True},
            ]
        },
    }
    for window in windows:
        assert (window["min"], window["max"]) == (0, 4095)
        assert 0 <= window["start"] < window["end"] <= 99


def test_every_level_is_described_as_zarr_3(tmp_path):
    path = export(array_stack(numbered((1, 3, 1, 10, 600))), tmp_path / "a.ome.zarr")
    assert names_in(path) == ["0", "1", "2", "zarr.json"]
    shapes = []
    for level in "012":
        described = json.loads((path / level / "zarr.json").read_text())
        assert (described["zarr_format"], described["node_type"]) == (3, "array")
        assert described["dimension_names"] == ["z", "y", "x"]
        assert (described["data_type"], described["fill_value"]) == ("uint16", 0)
        codecs = described["codecs"]
        assert [codec["name"] for codec in codecs] == ["bytes", "blosc", "crc32c"]
        assert codecs[1]["configuration"]["cname"] == "lz4"
        shapes.append(described["shape"])
    assert shapes == [[3, 10, 600], [3, 5, 300], [3, 3, 150]]


def test_levels_are_means_and_the_rest_at_an_end_is_its_own(tmp_path):
    array = numbered((1, 3, 1, 5, 301))
    path = export(array_stack(array), tmp_path / "a.ome.zarr")
    with closing(open_ome_zarr(path, 0, 1)) as stack:
        coarse = stack.read(Region.whole(stack.info.shape))
    padded = np.pad(array[0, :, 0].astype(float), ((0, 0), (0, 1), (0, 1)), mode="edge")
    expected = padded.reshape(3, 3, 2, 151, 2).mean((2, 4))
    np.testing.assert_array_equal(coarse[0, :, 0], np.rint(expected).astype("uint16"))


@pytest.mark.parametrize(
    ("dtype", "channel"), [("bool", "Channel 1"), ("uint8", "labels"), ("int64", "Channel 1")]
)
def test_labels_are_never_mixed(tmp_path, dtype, channel):
    array = numbered((1, 3, 1, 5, 301)).astype(dtype)
    stack = array_stack(array, channels=(Channel(channel),))
    path = export(stack, tmp_path / "a.ome.zarr")
    assert ome_of(path)["multiscales"][0]["type"] == "nearest"
    with closing(open_ome_zarr(path, 0, 1)) as coarse:
        found = coarse.read(Region.whole(coarse.info.shape))
    np.testing.assert_array_equal(found, array[..., ::2, ::2])


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float16", "float32", "float64"])
@pytest.mark.parametrize("steps", [(1, 1, 1, 2, 2), (1, 1, 2, 2, 2)])
def test_halving_equals_the_mean_of_eight(dtype, steps):
    voxels = numbered((2, 2, 4, 6, 8), dtype) * np.asarray(3, dtype)
    expected = voxels.astype(float)
    for axis, step in enumerate(steps):
        if step == 2:
            pairs = np.split(expected, expected.shape[axis] // 2, axis)
            expected = np.concatenate([p.mean(axis, keepdims=True) for p in pairs], axis)
    found = halved(voxels, steps, is_labels=False)
    assert found.dtype == voxels.dtype
    if dtype.startswith("float"):
        np.testing.assert_allclose(found, expected, rtol=2e-3 if dtype == "float16" else 1e-6)
    else:
        np.testing.assert_array_equal(found, np.rint(expected))


def test_brightest_values_do_not_overflow():
    for dtype in ("uint8", "uint16", "int16", "uint32", "int32"):
        top = np.full((1, 1, 2, 2, 2), np.iinfo(dtype).max, dtype)
        assert halved(top, (1, 1, 2, 2, 2), is_labels=False) == np.iinfo(dtype).max
    top = np.full((1, 1, 2, 2, 2), np.finfo("float32").max, "float32")
    assert halved(top, (1, 1, 2, 2, 2), is_labels=False) == np.finfo("float32").max


@pytest.mark.parametrize(
    ("sizes_um", "depths"),
    [
        ((0.1, 0.1), [64, 32, 16, 8]),
        ((0.3, 0.1), [64, 64, 64, 32]),
        ((1.0, 0.1), [64, 64, 64, 64]),
        ((None, 0.1), [64, 64, 64, 64]),
    ],
)
def test_planes_are_halved_while_voxels_stay_cubes(sizes_um, depths):
    z, x = sizes_um
    stack = array_stack(np.zeros((1, 64, 1, 1, 1), "uint8"), calibration=Calibration(z, x, x))
    levels = plan_levels(msgspec.structs.replace(stack.info, shape=(1, 64, 1, 2048, 2048)))
    assert [level.shape[2] for level in levels] == depths
    assert [level.shape[4] for level in levels] == [2048, 1024, 512, 256]


@pytest.mark.parametrize(
    ("shape", "itemsize"),
    [
        ((1, 1, 500, 3000, 3300), 2),
        ((5000, 1, 1, 1000, 1000), 2),
        ((76_000, 1, 1, 256, 256), 2),
        ((1, 1, 1, 70_000, 70_000), 2),
        ((1, 4, 20_000, 250, 250), 2),
        ((40, 3, 60, 600, 600), 4),
    ],
)
def test_ten_gigabytes_are_not_very_many_files(shape, itemsize):
    layout = plan_layout(shape, itemsize)
    sizes = zip(shape, layout.shards or layout.chunks, strict=True)
    files = np.prod([-(-length // size) for length, size in sizes])
    assert files < 3000
    assert np.prod(layout.block) * itemsize <= 2**28
    assert np.prod(layout.chunks) * itemsize <= 2**23
    for small, large in zip(layout.chunks, layout.shards or layout.chunks, strict=True):
        assert large % small == 0
    for shard, block in zip(layout.shards or layout.chunks, layout.block, strict=True):
        assert block % shard == 0


@pytest.mark.parametrize("axes", SHAPES)
def test_shards_hold_the_same(tmp_path, monkeypatch, axes):
    monkeypatch.setattr(zarr_pyramid, "SHARDED_FROM_CHUNKS", 1)
    monkeypatch.setattr(zarr_pyramid, "_CHUNK_VOXELS", 1 << 12)
    array = numbered(SHAPES[axes])
    path = export(array_stack(array), tmp_path / "a.ome.zarr")
    described = json.loads((path / "0" / "zarr.json").read_text())
    assert described["codecs"][0]["name"] == "sharding_indexed"
    with closing(open_stack(path)) as stack:
        np.testing.assert_array_equal(stack.read(Region.whole(stack.info.shape)), array)
    assert np.asarray(zarr.open_array(path / "1", mode="r")).mean() == pytest.approx(
        array.mean(), rel=0.02
    )


def test_empty_chunks_take_no_room(tmp_path):
    array = np.zeros((1, 16, 1, 600, 600), "uint16")
    array[0, 3, 0, 5, 5] = 7
    path = export(array_stack(array), tmp_path / "a.ome.zarr")
    assert len([p for p in (path / "0" / "c").rglob("*") if p.is_file()]) == 1


def test_what_is_not_measured_is_left_out_of_the_contrast(tmp_path):
    array = np.full((1, 1, 2, 8, 8), np.nan, "float32")
    array[0, 0, 1] = np.arange(64).reshape(8, 8)
    channels = ome_of(export(array_stack(array), tmp_path / "a.ome.zarr"))["omero"]["channels"]
    assert channels[0]["window"] == {"min": 0, "max": 1, "start": 0, "end": 1}
    assert 0 <= channels[1]["window"]["start"] < channels[1]["window"]["end"] <= 63


def test_progress_goes_on_while_coarser_levels_are_made(tmp_path):
    seen = []
    stack = array_stack(numbered((1, 40, 1, 300, 300)))
    export(stack, tmp_path / "a.ome.zarr", report=lambda *n: seen.append(n))
    assert sorted(seen) == seen
    assert (seen[0], seen[-1]) == ((0, 40), (40, 40))
    assert {done for done, _ in seen} == set(range(41))


@pytest.mark.parametrize("at", [0, 3, 30, 38, 40])
def test_cancelling_at_any_time_leaves_nothing(tmp_path, at):
    def report(done, _total):
        if done == at:
            raise Cancelled

    with pytest.raises(Cancelled):
        export(array_stack(numbered((1, 40, 1, 300, 300))), tmp_path / "a.zarr", report=report)
    assert names_in(tmp_path) == []


def test_overwriting_swaps_the_folder_and_removes_the_old_one(tmp_path):
    path = export(array_stack(numbered((1, 1, 1, 300, 600))), tmp_path / "a.ome.zarr")
    (path / "0" / "c" / "leftover").write_bytes(b"old")
    export(two_channel_stack(), path, overwrite=True)
    assert names_in(tmp_path) == ["a.ome.zarr", "a.ome.zarr.json"]
    assert names_in(path) == ["0", "zarr.json"]
    assert not (path / "0" / "c" / "leftover").exists()


def test_the_old_folder_stays_when_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    path = export(array_stack(numbered((1, 1, 1, 30, 60))), tmp_path / "a.ome.zarr")
    rename = type(path).rename

    def refuse_new(self, target):
        if self.name.startswith(".writing"):
            raise PermissionError(13, "held by another program")
        return rename(self, target)

    monkeypatch.setattr(type(path), "rename", refuse_new)
    with pytest.raises(OutputUnwritable):
        export(two_channel_stack(), path, overwrite=True)
    assert names_in(tmp_path) == ["a.ome.zarr", "a.ome.zarr.json"]
    with closing(open_stack(path)) as stack:
        assert stack.info.shape == (1, 1, 1, 30, 60)


def test_a_folder_of_other_things_is_never_replaced(tmp_path):
    path = tmp_path / "a.ome.zarr"
    path.mkdir()
    (path / "thesis.docx").write_bytes(b"precious")
    with pytest.raises(OutputUnwritable, match="other things"):
        export(two_channel_stack(), path, overwrite=True)
    assert names_in(path) == ["thesis.docx"]
    (path / "thesis.docx").unlink()
    export(two_channel_stack(), path, overwrite=True)
    assert (path / "zarr.json").is_file()


@pytest.mark.parametrize("target", ["plate.zarr", "plate.zarr/A/1/0", "plate.zarr/new.zarr", "."])
def test_the_source_is_never_overwritten_nor_written_into(tmp_path, target):
    root = tmp_path / "all.zarr"
    source = write_image(root / "plate.zarr", numbered((4, 5, 6)), "zyx")
    (source / "A" / "1" / "0").mkdir(parents=True)
    (root / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
    before = sorted(root.rglob("*"))
    with closing(open_stack(source)) as stack:
        with pytest.raises(OutputUnwritable, match="originals are never overwritten"):
            export(stack, root / target, overwrite=True)
        export(stack, tmp_path / "other.zarr")
    assert sorted(root.rglob("*")) == before


def test_room_is_asked_for_the_coarser_levels_too(tmp_path, monkeypatch):
    stack = array_stack(numbered((1, 20, 1, 600, 600)))
    needed = stack.info.byte_count * 1.2 + export_module._ROOM_FOR_METADATA_BYTES
    usage = export_module.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(
        export_module.shutil, "disk_usage", lambda _: usage._replace(free=int(needed))
    )
    with pytest.raises(ResourcesMissing):
        export(stack, tmp_path / "a.zarr")
    assert names_in(tmp_path) == []
    export_stack(stack, tmp_path / "a.tif", "ome-tiff", PROVENANCE, overwrite=False, report=print)


def test_a_killed_program_leaves_no_result_and_keeps_the_old_one(tmp_path):
    path = export(array_stack(numbered((1, 1, 1, 30, 60))), tmp_path / "a.ome.zarr")
    code = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(Path.cwd())!r})
import numpy as np
from tests.io.exports.test_ome_zarr_export import array_stack, export
def report(done, total):
    if done == 20:
        print("in the middle", flush=True)
        time.sleep(60)
stack = array_stack(np.ones((1, 40, 1, 300, 300), "uint16"))
export(stack, Path({str(path)!r}), overwrite=True, report=report)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().strip() == b"in the middle"
        process.kill()
    assert not [name for name in names_in(tmp_path) if not name.startswith(("a.ome.zarr", "."))]
    with closing(open_stack(path)) as stack:
        assert stack.info.shape == (1, 1, 1, 30, 60)
