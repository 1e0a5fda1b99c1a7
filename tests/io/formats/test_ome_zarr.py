"""What Zarr folders tell: images, plates, series, labels, axes, units, channels."""

import gzip
import json
from contextlib import closing

import imagecodecs
import numpy as np
import pytest
import zarr

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.formats.ome_zarr import open_ome_zarr
from gvtstudio.io.stacks import inspect_stack, is_stack_folder, open_stack
from tests.io.reading_for_tests import assert_regions_equal_whole, read
from tests.io.stacks_for_tests import numbered
from tests.io.zarr_for_tests import axes_of, multiscale, write_array, write_group, write_image

BOTH = pytest.mark.parametrize("version", [2, 3])
SIZES = {"t": 3, "c": 2, "z": 5, "y": 6, "x": 7}


@BOTH
@pytest.mark.parametrize("names", ["yx", "zyx", "cyx", "tyx", "czyx", "tzyx", "tczyx", "xyzct"])
def test_axes_are_read_by_their_names(tmp_path, version, names):
    voxels = numbered(tuple(SIZES[name] for name in names))
    path = write_image(tmp_path / "a.zarr", voxels, names, version)
    found, info = read(path)
    order = [names.index(name) for name in "tzcyx" if name in names]
    shape = tuple(SIZES[name] if name in names else 1 for name in "tzcyx")
    np.testing.assert_array_equal(found, voxels.transpose(order).reshape(shape))
    assert (info.shape, info.file_axes, info.warnings) == (shape, names.upper(), ())
    wanted = {"t": 2.5, "z": 0.3, "y": 0.104, "x": 0.105}
    known = info.calibration
    told = (known.time_interval_s, known.z_um, known.y_um, known.x_um)
    for name, size in zip("tzyx", told, strict=True):
        assert size == (wanted[name] if name in names else None)


@BOTH
def test_any_region_equals_the_whole(tmp_path, version):
    voxels = numbered((2, 3, 9, 10, 11), "float32")
    path = write_image(tmp_path / "a.zarr", voxels, "tczyx", version)
    whole = assert_regions_equal_whole(path)
    np.testing.assert_array_equal(whole, voxels.transpose(0, 2, 1, 3, 4))


@BOTH
@pytest.mark.parametrize(
    "dtype",
    ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16",
     "float32", "float64"],
)  # fmt: skip
def test_every_type_is_read_as_it_is(tmp_path, version, dtype):
    voxels = numbered((5, 6, 7)) > 50 if dtype == "bool" else numbered((5, 6, 7), dtype)
    found, info = read(write_image(tmp_path / "a.zarr", voxels, "zyx", version))
    assert info.dtype == dtype
    np.testing.assert_array_equal(found[0, :, 0], voxels)


def test_the_other_byte_order(tmp_path):
    voxels = numbered((5, 6, 7)).astype(">u2")
    path = write_group(tmp_path / "a.zarr", {"multiscales": [multiscale("zyx", [[1, 1, 1]])]}, 2)
    write_array(path / "0", voxels, 2)
    assert json.loads((path / "0" / ".zarray").read_text())["dtype"] == ">u2"
    found, info = read(path)
    assert (info.dtype, found.dtype.isnative) == ("uint16", True)
    np.testing.assert_array_equal(found[0, :, 0], voxels)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@BOTH
def test_complex_numbers_are_refused(tmp_path, version, dtype):
    path = write_image(tmp_path / "a.zarr", np.zeros((4, 5), dtype), "yx", version)
    with pytest.raises(FileUnreadable, match=f"holds {dtype} values"):
        open_stack(path)


@pytest.mark.parametrize("compressor", ["zlib", "zstd", "gzip", "lz4", "blosc", "bz2", "lzma"])
def test_every_common_packing(tmp_path, compressor):
    import numcodecs

    voxels = numbered((5, 6, 7))
    path = write_group(tmp_path / "a.zarr", {"multiscales": [multiscale("zyx", [[1, 1, 1]])]}, 2)
    packing = numcodecs.get_codec({"id": compressor})
    write_array(path / "0", voxels, 2, compressors=packing, order="F")
    np.testing.assert_array_equal(read(path)[0][0, :, 0], voxels)


@pytest.mark.parametrize("index", ["start", "end"])
def test_shards(tmp_path, index):
    voxels = numbered((8, 16, 16))
    path = write_group(tmp_path / "a.zarr", {"multiscales": [multiscale("zyx", [[1, 1, 1]])]})
    codec = zarr.codecs.ShardingCodec(
        chunk_shape=(4, 4, 4),
        codecs=[zarr.codecs.BytesCodec(), zarr.codecs.BloscCodec(cname="zstd", typesize=2)],
        index_location=index,
    )
    write_array(path / "0", voxels, chunks=(8, 8, 16), serializer=codec, compressors=None)
    np.testing.assert_array_equal(assert_regions_equal_whole(path)[0, :, 0], voxels)


def test_dots_in_the_names_of_chunks(tmp_path):
    voxels = numbered((5, 6, 7))
    path = write_group(tmp_path / "a.zarr", {"multiscales": [multiscale("zyx", [[1, 1, 1]])]}, 2)
    dots = {"name": "v2", "separator": "."}
    write_array(path / "0", voxels, 2, chunk_key_encoding=dots)
    assert (path / "0" / "0.0.0").is_file()
    np.testing.assert_array_equal(read(path)[0][0, :, 0], voxels)


@BOTH
def test_a_missing_chunk_is_the_fill_value(tmp_path, version):
    voxels = numbered((8, 8)) + 1
    path = write_image(tmp_path / "a.zarr", voxels, "yx", version)
    chunk = path / "0" / ("0/1" if version == 2 else "c/0/1")
    chunk.unlink()
    voxels[0:4, 4:8] = 0
    np.testing.assert_array_equal(read(path)[0][0, 0, 0], voxels)


def test_only_the_chunks_of_a_region_are_touched(tmp_path):
    voxels = numbered((8, 12, 12))
    path = write_image(tmp_path / "a.zarr", voxels, "zyx")
    needed = path / "0" / "c" / "1" / "2" / "0"
    for chunk in (path / "0" / "c").rglob("*"):
        if chunk.is_file() and chunk != needed:
            chunk.write_bytes(b"damaged")
    with closing(open_stack(path)) as stack:
        part = stack.read(Region((0, 1), (4, 8), (0, 1), (8, 12), (0, 4)))
        np.testing.assert_array_equal(part[0, :, 0], voxels[4:8, 8:12, 0:4])
        with pytest.raises(FileUnreadable, match="damaged"):
            stack.read(Region((0, 1), (3, 4), (0, 1), (8, 12), (0, 4)))


def test_opening_reads_no_voxels(tmp_path):
    path = write_image(tmp_path / "a.zarr", numbered((8, 12, 12)), "zyx")
    for chunk in (path / "0" / "c").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"damaged")
    assert inspect_stack(path).shape == (1, 8, 1, 12, 12)


@BOTH
@pytest.mark.parametrize("name", ["zarr.json", ".zattrs", ".zgroup"])
def test_a_file_that_describes_the_folder_stands_for_it(tmp_path, version, name):
    path = write_image(tmp_path / "a.zarr", numbered((8, 8)), "yx", version)
    assert inspect_stack(path / name).path == str(path)
    assert is_stack_folder(path)


def test_any_other_folder_is_still_refused(tmp_path):
    assert not is_stack_folder(tmp_path)
    with pytest.raises(FileUnreadable, match="is a folder, not a file") as caught:
        open_stack(tmp_path)
    assert caught.value.remedy == "Choose a file inside it."


@BOTH
@pytest.mark.parametrize(("level", "step"), [(0, 1), (1, 2)])
def test_coarser_levels_can_be_opened(tmp_path, version, level, step):
    voxels = numbered((3, 8, 10))
    path = write_image(tmp_path / "a.zarr", voxels, "zyx", version)
    with closing(open_ome_zarr(path, 0, level)) as stack:
        assert stack.info.calibration.x_um == 0.105 * step
        assert stack.info.calibration.z_um == 0.3
        found = stack.read(Region.whole(stack.info.shape))
    np.testing.assert_array_equal(found[0, :, 0], voxels[:, ::step, ::step])


def test_a_level_that_is_not_there_is_told(tmp_path):
    path = write_image(tmp_path / "a.zarr", numbered((3, 8, 10)), "zyx")
    with pytest.raises(UsageError, match="no level 2"):
        open_ome_zarr(path, 0, 2)
    with pytest.raises(UsageError, match="no level 1"):
        open_ome_zarr(path / "0", 0, 1)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("micrometer", 1),
        ("nanometer", 1e-3),
        ("millimeter", 1e3),
        ("angstrom", 1e-4),
        ("meter", 1e6),
    ],
)
def test_units_become_micrometres(tmp_path, unit, factor):
    described = multiscale("zyx", [[3.0, 2.0, 1.0]])
    described["axes"] = axes_of("zyx", {"z": unit, "y": unit, "x": unit})
    path = write_group(tmp_path / "a.zarr", {"multiscales": [described]})
    write_array(path / "0", numbered((3, 4, 5)))
    known = inspect_stack(path).calibration
    assert (known.z_um, known.y_um, known.x_um) == pytest.approx((3 * factor, 2 * factor, factor))


@pytest.mark.parametrize(
    ("unit", "seconds"), [("second", 2), ("millisecond", 0.002), ("hour", 7200)]
)
def test_times_become_seconds(tmp_path, unit, seconds):
    described = multiscale("tyx", [[2.0, 1.0, 1.0]])
    described["axes"] = axes_of("tyx", {"t": unit})
    path = write_group(tmp_path / "a.zarr", {"multiscales": [described]})
    write_array(path / "0", numbered((3, 4, 5)))
    assert inspect_stack(path).calibration.time_interval_s == pytest.approx(seconds)


def test_scales_of_level_and_image_are_multiplied(tmp_path):
    both = multiscale("tyx", [[1.0, 0.5, 0.25]])
    both["coordinateTransformations"] = [{"type": "scale", "scale": [30.0, 1.0, 2.0]}]
    path = write_group(tmp_path / "a.zarr", {"multiscales": [both]})
    write_array(path / "0", numbered((3, 4, 5)))
    known = inspect_stack(path).calibration
    assert (known.time_interval_s, known.y_um, known.x_um) == (30.0, 0.5, 0.5)


def test_a_size_without_unit_is_no_measurement_and_is_told(tmp_path):
    described = multiscale("zyx", [[3.0, 2.0, 1.0]])
    described["axes"] = axes_of("zyx", {"z": "pixel"})
    path = write_group(tmp_path / "a.zarr", {"multiscales": [described]})
    write_array(path / "0", numbered((3, 4, 5)))
    info = inspect_stack(path)
    assert info.calibration.source == "unknown"
    assert info.warnings == (
        "The size of a voxel along Y has no unit in the file, and is left out.",
    )


def test_channels_have_their_names_and_colours(tmp_path):
    window = {"min": 0, "max": 4095, "start": 100, "end": 900}
    omero = {
        "channels": [
            {"label": "GFP", "color": "00FF00", "window": window, "active": True},
            {"color": "not a colour"},
        ]
    }
    voxels = numbered((3, 4, 5, 6))
    path = write_image(tmp_path / "a.zarr", voxels, "czyx", 3, omero=omero)
    info = inspect_stack(path)
    assert info.channels == (Channel("GFP", "#00ff00"), Channel("Channel 2"), Channel("Channel 3"))
    assert json.loads(info.metadata_text)["omero"]["channels"][0]["window"] == window


@pytest.mark.parametrize("axes", [None, ["t", "c", "z", "y", "x"]])
def test_versions_before_axes_had_types(tmp_path, axes):
    described = {"version": "0.2", "datasets": [{"path": "0"}]} | ({"axes": axes} if axes else {})
    path = write_group(tmp_path / "a.zarr", {"multiscales": [described]}, 2)
    voxels = numbered((2, 3, 4, 5, 6))
    write_array(path / "0", voxels, 2)
    np.testing.assert_array_equal(read(path)[0], voxels.transpose(0, 2, 1, 3, 4))


def test_axes_we_do_not_have_are_shown_as_channels(tmp_path):
    voxels = numbered((2, 3, 4, 5))
    described = multiscale("cyx", [[1, 1, 1]])
    described["axes"] = [{"name": "phase"}, *axes_of("cyx")]
    described["datasets"][0]["coordinateTransformations"] = []
    omero = {"channels": [{"label": name, "color": "ff0000"} for name in ("A", "B", "C")]}
    path = write_group(tmp_path / "a.zarr", {"multiscales": [described], "omero": omero})
    write_array(path / "0", voxels)
    whole = assert_regions_equal_whole(path)
    np.testing.assert_array_equal(whole[0, 0], voxels.reshape(6, 4, 5))
    info = inspect_stack(path)
    names = ["phase 1, A", "phase 1, B", "phase 1, C", "phase 2, A", "phase 2, B", "phase 2, C"]
    assert [channel.name for channel in info.channels] == names
    assert info.warnings == ("Its axis phase of length 2 is shown as channels.",)


@BOTH
def test_labels_are_scenes_of_their_own(tmp_path, version):
    voxels, labels = numbered((5, 6, 7)), numbered((5, 6, 7), "int32")
    path = write_image(tmp_path / "a.zarr", voxels, "zyx", version)
    write_group(path / "labels", {"labels": ["nuclei", "gone"]}, version)
    write_image(path / "labels" / "nuclei", labels, "zyx", version)
    assert inspect_stack(path).scene_names == ("a.zarr", "labels nuclei")
    found, info = read(path, scene=1)
    np.testing.assert_array_equal(found[0, :, 0], labels)
    assert (info.channels, info.scene) == ((Channel("labels"),), 1)
    with pytest.raises(UsageError, match="no dataset 2"):
        open_stack(path, 2)


@BOTH
def test_a_plate_has_its_fields_as_scenes(tmp_path, version):
    path = tmp_path / "plate.zarr"
    wells = [{"path": "A/1", "rowIndex": 0}, {"path": "B/3", "rowIndex": 1}, {"path": "C/1"}]
    write_group(path, {"plate": {"wells": wells, "rows": [], "columns": []}}, version)
    expected = {}
    for well in ("A/1", "B/3"):
        write_group(path / well, {"well": {"images": [{"path": "0"}, {"path": "7"}]}}, version)
        for number, field in enumerate(("0", "7"), start=1):
            voxels = numbered((4, 5)) + len(expected)
            write_image(path / well / field, voxels, "yx", version)
            expected[f"{well} field {number}"] = voxels
    assert inspect_stack(path).scene_names == tuple(expected)
    for scene, voxels in enumerate(expected.values()):
        np.testing.assert_array_equal(read(path, scene=scene)[0][0, 0, 0], voxels)
    assert inspect_stack(path / "B" / "3").scene_names == ("field 1", "field 2")


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("lists_series", [False, True])
def test_a_series_of_a_converted_file_has_its_names(tmp_path, version, lists_series):
    path = write_group(tmp_path / "a.zarr", {"bioformats2raw.layout": 3}, version)
    numbers = ["0", "1", "10"]
    for number in numbers:
        write_image(path / number, numbered((4, 5)) + int(number), "yx", version)
    ome = write_group(path / "OME", {"series": numbers} if lists_series else {}, version)
    images = "".join(
        f'<Image ID="Image:{i}" Name="position {i}"><Pixels ID="P:{i}" SizeX="5" SizeY="4" '
        'SizeZ="1" SizeC="1" SizeT="1" Type="uint16" DimensionOrder="XYZCT"/></Image>'
        for i in range(3)
    )
    xml = f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">{images}</OME>'
    (ome / "METADATA.ome.xml").write_text(xml)
    info = inspect_stack(path, 2)
    assert info.scene_names == ("position 0", "position 1", "position 2")
    assert xml in info.metadata_text
    np.testing.assert_array_equal(read(path, scene=2)[0][0, 0, 0], numbered((4, 5)) + 10)


def test_several_images_of_one_group(tmp_path):
    first, second = (multiscale("yx", [[1, 1]], name=name) for name in ("raw", ""))
    second["datasets"][0]["path"] = "other"
    path = write_group(tmp_path / "a.zarr", {"multiscales": [first, second]})
    write_array(path / "0", numbered((4, 5)))
    write_array(path / "other", numbered((6, 7)))
    assert inspect_stack(path, 1).scene_names == ("raw", "image 2")
    assert read(path, scene=1)[0].shape == (1, 1, 1, 6, 7)


@pytest.mark.parametrize(
    ("count", "letters"), [(2, "YX"), (3, "ZYX"), (4, "CZYX"), (5, "TCZYX"), (6, "CTCZYX")]
)
@BOTH
def test_a_plain_array_is_read_with_guessed_axes(tmp_path, version, count, letters):
    voxels = numbered((2, 3, 4, 5, 6, 7)[-count:])
    found, info = read(write_array(tmp_path / "a.zarr", voxels, version))
    assert info.file_axes == letters
    assert found.size == voxels.size
    assert f"axes are taken as {letters[-5:]}" in info.warnings[0]
    assert len(info.warnings) == (2 if count == 6 else 1)
    assert info.axes_assumed == info.warnings[0]
    if count == 4:
        np.testing.assert_array_equal(found[0], voxels.transpose(1, 0, 2, 3))


def test_a_plain_array_that_names_its_axes(tmp_path):
    voxels = numbered((3, 4, 5))
    path = write_array(tmp_path / "a.zarr", voxels, dimension_names=("t", "y", "x"))
    found, info = read(path)
    np.testing.assert_array_equal(found[:, 0, 0], voxels)
    assert info.warnings == ()


def test_a_group_of_plain_arrays(tmp_path):
    path = write_group(tmp_path / "a.zarr", {})
    for name in ("10", "2", "deep/er"):
        if "/" in name:
            write_group(path / "deep", {})
        write_array(path / name, numbered((4, 5)))
    assert inspect_stack(path).scene_names == ("2", "10", "deep/er")


def blosc_chunk(path, shape):
    return np.frombuffer(imagecodecs.blosc_decode(path.read_bytes()), "<u2").reshape(shape)


def test_a_real_plate(shared_data):
    path = shared_data / "omezarr_hcs" / "single-plane-hcs.zarr"
    info = inspect_stack(path)
    assert set(info.scene_names) == {"E/07 field 1", "E/08 field 1"}
    for scene, name in enumerate(info.scene_names):
        found, info = read(path, scene=scene)
        image = path / name.removesuffix(" field 1") / "0"
        expected = [blosc_chunk(image / "0" / str(c) / "0" / "0", (256, 512)) for c in range(3)]
        np.testing.assert_array_equal(found[0, 0], expected)
        assert (info.calibration.y_um, info.calibration.x_um) == (2.7336, 2.7336)
        assert info.calibration.z_um is None
        assert info.channels[1] == Channel("Best-Focus-Projection_FITC_05", "#73ff00")
        assert "20X Plan Apo Lambda" in info.metadata_text


def test_a_real_mri_stack(shared_data):
    path = shared_data / "omezarr_mri" / "mri-stack.ome.zarr"
    found, info = read(path)
    parts = [
        np.frombuffer(gzip.decompress((path / "s0" / "0" / y / "0").read_bytes()), "u1")
        for y in ("0", "1")
    ]
    expected = np.concatenate([part.reshape(27, 186, 186) for part in parts], axis=1)[:, :226]
    np.testing.assert_array_equal(found[0, :, 0], expected)
    assert (info.calibration.source, info.warnings) == ("unknown", ())
    with closing(open_ome_zarr(path, 0, 1)) as coarse:
        assert coarse.info.shape == (1, 13, 1, 113, 93)
