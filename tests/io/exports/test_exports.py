"""Every export format, read back by our reader and by those of others."""

import json
import tracemalloc

import google_crc32c
import imagecodecs
import msgspec
import nibabel
import numpy as np
import ome_types
import pytest
import tifffile

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.domain.region import Region
from gvtstudio.io.export import export_stack
from gvtstudio.io.exports import EXPORTERS, imagej_tiff, nifti, ome_tiff, zarr_pyramid
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import open_stack
from tests.io.stacks_for_tests import PROVENANCE, array_stack, numbered, two_channel_stack

IMAGEJ_TYPES = ["uint8", "uint16", "float32"]
OME_TYPES = [*IMAGEJ_TYPES, "bool", "int8", "int16", "int32", "uint32", "float64"]
NIFTI_TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
ZARR_TYPES = [*OME_TYPES, "int64", "uint64", "float16"]
TYPES = {
    "ome-tiff": OME_TYPES,
    "ome-tiff-plain": OME_TYPES,
    "imagej-tiff": IMAGEJ_TYPES,
    "nifti": NIFTI_TYPES,
    "ome-zarr": ZARR_TYPES,
}
WRITABLE = [(format_name, dtype) for format_name in EXPORTERS for dtype in TYPES[format_name]]


def export(stack, path, format_name="ome-tiff", **options):
    known = {"overwrite": False, "report": lambda *_: None, **options}
    return export_stack(stack, path, format_name, PROVENANCE, **known)


def read_back(path):
    stack = open_stack(path)
    try:
        return stack.info, stack.read(Region.whole(stack.info.shape))
    finally:
        stack.close()


def named(folder, format_name, stem="out"):
    """A path with the extension of the format, by which other readers know it."""
    return folder / f"{stem}{EXPORTERS[format_name].extension}"


def read_by_others(path):
    """The voxels, (T, Z, C, Y, X) without axes of length one, as another program reads them."""
    if path.name.endswith(".zarr"):
        return read_zarr_by_hand(path)
    if not path.name.endswith(".nii.gz"):
        return tifffile.imread(path).squeeze()
    image = nibabel.load(path)
    stored = np.asarray(image.dataobj, image.get_data_dtype())
    # X, Y, Z, time and channels, the first the fastest
    return stored.reshape((*stored.shape, 1, 1)[:5]).transpose(3, 2, 4, 1, 0).squeeze()


@pytest.mark.parametrize(("format_name", "dtype"), WRITABLE)
def test_voxels_and_type_are_kept(tmp_path, format_name, dtype):
    array = (
        numbered((2, 3, 2, 11, 13)) > 50 if dtype == "bool" else numbered((2, 3, 2, 11, 13), dtype)
    )
    path = export(array_stack(array), named(tmp_path, format_name), format_name)
    info, voxels = read_back(path)
    assert (info.shape, info.dtype) == (array.shape, dtype)
    np.testing.assert_array_equal(voxels, array)
    np.testing.assert_array_equal(read_by_others(path), array)


def read_zarr_by_hand(path):
    """The finest level of a folder of small chunks, from the specification of Zarr version 3."""
    described = json.loads((path / "0" / "zarr.json").read_text())
    array = np.zeros(described["shape"], described["data_type"])
    chunks = described["chunk_grid"]["configuration"]["chunk_shape"]
    for file in (path / "0" / "c").rglob("*"):
        if file.is_file():
            place = [int(part) for part in file.relative_to(path / "0" / "c").parts]
            packed = file.read_bytes()
            assert int.from_bytes(packed[-4:], "little") == google_crc32c.value(packed[:-4])
            chunk = np.frombuffer(imagecodecs.blosc_decode(packed[:-4]), array.dtype)
            slices = tuple(slice(i * n, (i + 1) * n) for i, n in zip(place, chunks, strict=True))
            inside = tuple(slice(0, n) for n in array[slices].shape)
            array[slices] = chunk.reshape(chunks)[inside]
    letters = "".join(described["dimension_names"])
    order = [letters.index(axis) for axis in "tzcyx" if axis in letters]
    return array.transpose(order).squeeze()


@pytest.mark.parametrize("format_name", EXPORTERS)
@pytest.mark.parametrize(
    "shape",
    [(1, 1, 1, 1, 2), (1, 1, 1, 5, 3), (1, 1, 3, 5, 7), (4, 1, 1, 5, 4), (1, 31, 1, 17, 13)],
)
def test_any_shape_keeps_its_axes(tmp_path, format_name, shape):
    array = numbered(shape)
    info, voxels = read_back(export(array_stack(array), named(tmp_path, format_name), format_name))
    assert info.shape == shape
    assert not info.is_rgb
    np.testing.assert_array_equal(voxels, array)


@pytest.mark.parametrize("format_name", EXPORTERS)
def test_what_the_file_said_is_kept(tmp_path, format_name):
    source = two_channel_stack().info
    info, _ = read_back(
        export(two_channel_stack(), named(tmp_path, format_name, "aus gabe 中文"), format_name)
    )
    assert info.metadata_text == source.metadata_text
    assert info.calibration.source == "file"
    assert [c.name for c in info.channels] == [c.name for c in source.channels]
    assert [c.colour for c in info.channels] == [c.colour for c in source.channels]
    for name in ("z_um", "y_um", "x_um", "time_interval_s"):
        wanted = getattr(source.calibration, name)
        assert getattr(info.calibration, name) == pytest.approx(wanted, rel=1e-6)
    if format_name != "imagej-tiff":
        assert info.channels == source.channels
        assert info.calibration == source.calibration
        assert info.significant_bits == 12


@pytest.mark.parametrize("format_name", EXPORTERS)
def test_provenance_is_inside_and_beside(tmp_path, format_name):
    path = export(two_channel_stack(), named(tmp_path, format_name), format_name)
    note = path.with_name(f"{path.name}.json")
    assert json.loads(note.read_text(encoding="utf-8"))["model"] == PROVENANCE.model
    note.unlink()
    assert read_provenance(path) == PROVENANCE


@pytest.mark.parametrize("format_name", EXPORTERS)
@pytest.mark.parametrize(
    "calibration",
    [
        Calibration(),
        Calibration(z_um=0.5, source="file"),
        Calibration(y_um=0.1, x_um=0.1, source="file"),
        Calibration(time_interval_s=3.0, source="file"),
    ],
)
def test_what_is_not_known_stays_unknown(tmp_path, format_name, calibration):
    stack = array_stack(numbered((2, 3, 1, 5, 7)), calibration=calibration)
    info, _ = read_back(export(stack, named(tmp_path, format_name), format_name))
    assert info.calibration == calibration


@pytest.mark.parametrize("format_name", EXPORTERS)
def test_writing_again_what_was_written_changes_nothing(tmp_path, format_name):
    first = export(two_channel_stack(), named(tmp_path, format_name, "a"), format_name)
    stack = open_stack(first)
    second = export(stack, named(tmp_path, format_name, "b"), format_name)
    stack.close()
    (one, voxels), (two, same) = read_back(first), read_back(second)
    np.testing.assert_array_equal(voxels, same)
    assert two.metadata_text == one.metadata_text
    assert (two.channels, two.calibration) == (one.channels, one.calibration)


@pytest.mark.parametrize("format_name", EXPORTERS)
def test_names_with_characters_no_file_can_hold(tmp_path, format_name):
    channels = (Channel("a\x00b\x1f", "#102030"), Channel("lone \udcff surrogate"))
    stack = array_stack(numbered((1, 2, 2, 5, 7)), channels=channels, metadata_text="x\x01\ud800y")
    info, _ = read_back(export(stack, named(tmp_path, format_name), format_name))
    assert [c.name for c in info.channels] == ["a\ufffdb\ufffd", "lone \ufffd surrogate"]
    assert info.metadata_text == "x\ufffd\ufffdy"


def test_ome_xml_is_valid_and_says_the_same_to_another_reader(tmp_path):
    path = export(two_channel_stack(), tmp_path / "out.ome.tif")
    ome = ome_types.from_tiff(path)
    pixels = ome.images[0].pixels
    sizes = (pixels.size_t, pixels.size_z, pixels.size_c, pixels.size_y, pixels.size_x)
    assert sizes == (2, 3, 2, 11, 13)
    assert (pixels.physical_size_z, pixels.physical_size_y, pixels.physical_size_x) == (
        0.3, 0.104, 0.105,
    )  # fmt: skip
    assert pixels.physical_size_x_unit.value == "µm"
    assert (pixels.time_increment, pixels.time_increment_unit.value) == (2.5, "s")
    assert pixels.significant_bits == 12
    assert [c.name for c in pixels.channels] == ['Aktin <α> & "β"', "细胞核"]
    assert [c.color.as_hex(format="long") for c in pixels.channels] == ["#00ff00", "#ff00ff"]
    assert pixels.channels[1].emission_wavelength == 450.5
    annotations = {a.namespace: a.value for a in ome.structured_annotations}
    pairs = {m.k: m.value for m in annotations["gvtstudio/provenance"].ms}
    assert pairs["model"] == PROVENANCE.model
    assert pairs["normalisation t0 c0 low"] == "101.0"
    assert annotations["gvtstudio/source-metadata"] == two_channel_stack().info.metadata_text


def test_imagej_file_says_the_same_to_another_reader(tmp_path):
    path = export(two_channel_stack(), tmp_path / "out.tif", "imagej-tiff")
    with tifffile.TiffFile(path) as tif:
        assert tif.is_imagej
        found = tif.imagej_metadata
        x = tif.pages.first.tags["XResolution"].value
    assert (found["frames"], found["slices"], found["channels"]) == (2, 3, 2)
    assert (found["unit"], found["spacing"], found["finterval"]) == ("um", 0.3, 2.5)
    assert found["mode"] == "composite"
    assert x[1] / x[0] == pytest.approx(0.105, rel=1e-6)
    assert found["Labels"] == ['Aktin <α> & "β"', "细胞核"] * 6
    assert tuple(found["LUTs"][0][:, -1]) == (0, 255, 0)
    first_low, first_high, second_low, second_high = found["Ranges"]
    assert 0 <= first_low < first_high
    assert 0 <= second_low < second_high
    assert (found["min"], found["max"]) == (first_low, first_high)
    assert found["Info"].startswith("Objective = 63x/1.4 Öl\n")
    assert "model = Modell für Zellen 细胞" in found["Info"]


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint32", "float64", "bool"])
def test_types_imagej_does_not_have_are_refused_with_the_way_out(tmp_path, dtype):
    stack = array_stack(numbered((1, 1, 1, 5, 7), dtype), "cell.tif")
    with pytest.raises(StackUnsuitable, match=dtype) as caught:
        export(stack, tmp_path / "out.tif", "imagej-tiff")
    assert ("uint8" if dtype == "bool" else "float32") in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_one_pixel_wide_is_refused_for_imagej_and_fine_for_ome(tmp_path):
    stack = array_stack(numbered((1, 2, 2, 5, 1)))
    with pytest.raises(StackUnsuitable, match="one pixel wide"):
        export(stack, tmp_path / "out.tif", "imagej-tiff")
    np.testing.assert_array_equal(
        read_back(export(stack, tmp_path / "out.ome.tif"))[1], numbered((1, 2, 2, 5, 1))
    )


def test_types_ome_does_not_have_are_refused(tmp_path):
    with pytest.raises(StackUnsuitable, match="float16"):
        export(array_stack(numbered((1, 1, 1, 5, 7), "float16")), tmp_path / "out.tif")
    assert list(tmp_path.iterdir()) == []


def test_ome_is_packed_and_imagej_is_not(tmp_path):
    ome = export(array_stack(numbered((1, 4, 1, 64, 64))), tmp_path / "o.ome.tif")
    imagej = export(array_stack(numbered((1, 4, 1, 64, 64))), tmp_path / "i.tif", "imagej-tiff")
    with tifffile.TiffFile(ome) as tif:
        assert tif.pages.first.compression == 8
        assert not tif.is_bigtiff
    with tifffile.TiffFile(imagej) as tif:
        assert tif.pages.first.compression == 1


@pytest.mark.parametrize("format_name", EXPORTERS)
def test_large_stacks_change_the_layout_and_nothing_else(tmp_path, monkeypatch, format_name):
    """The limits of the formats are lowered; the layout beyond them is the real one."""
    monkeypatch.setattr(ome_tiff, "CLASSIC_LIMIT_BYTES", 1000)
    monkeypatch.setattr(imagej_tiff, "ONE_DIRECTORY_FROM_BYTES", 1000)
    monkeypatch.setattr(nifti, "LARGEST_OF_NIFTI_1", 12)
    monkeypatch.setattr(zarr_pyramid, "SHARDED_FROM_CHUNKS", 4)
    path = export(two_channel_stack(), named(tmp_path, format_name), format_name)
    if format_name == "nifti":
        assert type(nibabel.load(path)) is nibabel.Nifti2Image
    elif format_name == "ome-zarr":
        files = [file for file in (path / "0" / "c").rglob("*") if file.is_file()]
        assert len(files) == 2  # one for each channel
    else:
        with tifffile.TiffFile(path) as tif:
            assert tif.is_bigtiff if "ome" in format_name else len(tif.pages) == 1
    info, voxels = read_back(path)
    np.testing.assert_array_equal(voxels, numbered((2, 3, 2, 11, 13)))
    assert info.channels[1].name == "细胞核"


class PlaneByPlane:
    """A stack that makes its planes when asked, and refuses to give more than one at a time."""

    def __init__(self, shape):
        small = array_stack(np.zeros((*shape[:3], 1, 1), "uint16")).info
        self.info = msgspec.structs.replace(small, shape=shape)

    def read(self, region):
        assert region.shape[:3] == (1, 1, 1)
        value = region.z[0] + 100 * region.c[0]
        return np.full(region.shape, value, "uint16")

    def close(self):
        pass


@pytest.mark.parametrize("format_name", EXPORTERS)
def test_a_stack_is_never_in_memory_as_a_whole(tmp_path, format_name):
    stack = PlaneByPlane((1, 100, 2, 256, 256))
    tracemalloc.start()
    path = export(stack, named(tmp_path, format_name), format_name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.4 * stack.info.byte_count
    info, voxels = read_back(path)
    assert info.shape == (1, 100, 2, 256, 256)
    assert (voxels[0, :, 1, 0, 0] == np.arange(100) + 100).all()


@pytest.mark.parametrize(
    "name",
    ["xyzct_mitosis/xyzct-mitosis.tif", "golgi_bfa/xyz_calibrated_16bit__golgi_bfa.tif",
     "coloc1b_colocsample1b_green/colocsample1b-green.tif", "lsm_test/test.lsm",
     "neuroproof_ts1/neuroproof_ts1.ome.tif"],
)  # fmt: skip
@pytest.mark.parametrize("format_name", EXPORTERS)
def test_real_files_come_back_the_same(shared_data, tmp_path, format_name, name):
    stack = open_stack(shared_data / name)
    voxels = stack.read(Region.whole(stack.info.shape))
    path = export(stack, named(tmp_path, format_name), format_name)
    stack.close()
    info, again = read_back(path)
    np.testing.assert_array_equal(voxels, again)
    assert info.metadata_text.strip() == stack.info.metadata_text.strip()
    assert info.channels == stack.info.channels
    assert info.shape == stack.info.shape
    for axis in ("z_um", "y_um", "x_um", "time_interval_s"):
        wanted = getattr(stack.info.calibration, axis)
        found = getattr(info.calibration, axis)
        assert found == (wanted if wanted is None else pytest.approx(wanted, rel=1e-6))


def test_originals_are_only_read(shared_data, tmp_path):
    path = shared_data / "golgi_bfa" / "xyz_calibrated_16bit__golgi_bfa.tif"
    before = (path.stat().st_mtime_ns, sorted(path.parent.iterdir()))
    stack = open_stack(path)
    export(stack, tmp_path / "out.tif")
    stack.close()
    assert (path.stat().st_mtime_ns, sorted(path.parent.iterdir())) == before


def test_packing_can_be_left_out(tmp_path):
    path = tmp_path / "plain.ome.tif"
    export(two_channel_stack(), path, "ome-tiff-plain")
    with tifffile.TiffFile(path) as tif:
        assert tif.pages.first.compression == 1
    np.testing.assert_array_equal(read_back(path)[1], numbered((2, 3, 2, 11, 13)))


@pytest.mark.parametrize("dtype", ["uint16", "bool"])
def test_large_planes_have_coarser_levels(tmp_path, monkeypatch, dtype):
    monkeypatch.setattr(ome_tiff, "_LARGE", 64)
    monkeypatch.setattr(ome_tiff, "_SMALLEST_LEVEL", 32)
    monkeypatch.setattr(ome_tiff, "_TILE", (16, 16))
    image = numbered((1, 3, 2, 90, 101)).astype(dtype)
    reported = []
    path = export(
        array_stack(image), tmp_path / "a.ome.tif",
        report=lambda done, total: reported.append((done, total)),
    )  # fmt: skip
    with tifffile.TiffFile(path) as tif:
        levels = tif.series[0].levels
        assert [level.shape for level in levels] == [
            (3, 2, 90, 101),
            (3, 2, 45, 51),
            (3, 2, 23, 26),
        ]
        assert levels[0].keyframe.is_tiled
        half = levels[1].asarray()
    pixels = image[0, 2, 1]
    expected = pixels[::2, ::2] if dtype == "bool" else None
    if expected is None:
        assert half[2, 1, 7, 9] == np.rint(pixels[14:16, 18:20].mean())
    else:
        assert (half[2, 1] == expected).all()
    info, voxels = read_back(path)
    assert (voxels == image).all()
    assert len(info.scene_names) == 1
    shares = [done / total for done, total in reported]
    assert shares == sorted(shares)
    assert shares[-1] == 1
