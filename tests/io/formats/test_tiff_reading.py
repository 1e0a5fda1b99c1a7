"""Reading voxels: every compression, every type, only the part asked for."""

import os
import struct
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.stacks_for_tests import numbered, write_plain

COMPRESSIONS = ["none", "lzw", "adobe_deflate", "deflate", "packbits", "zstd", "lzma", "lerc"]
LOSSLESS_PICTURES = ["png", "jpegxl", "jpeg2000"]


def read(path, region=None):
    stack = open_stack(path)
    try:
        return stack.read(region or Region.whole(stack.info.shape))
    finally:
        stack.close()


@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize("compression", [*COMPRESSIONS, *LOSSLESS_PICTURES])
def test_every_compression_gives_the_same_voxels(tmp_path, compression, tile):
    array = numbered((3, 40, 50))
    options = {"compression": compression, "tile": tile, "photometric": "minisblack"}
    if compression in ("jpegxl", "jpeg2000"):
        options["compressionargs"] = {"level": 0 if compression == "jpeg2000" else 100}
    path = tmp_path / "packed.tif"
    tifffile.imwrite(path, array, metadata={"axes": "ZYX"}, **options)
    expected = tifffile.imread(path)
    np.testing.assert_array_equal(read(path)[0, :, 0], expected)
    part = read(path, Region((0, 1), (1, 3), (0, 1), (7, 33), (30, 41)))
    np.testing.assert_array_equal(part[0, :, 0], expected[1:3, 7:33, 30:41])
    if compression in COMPRESSIONS:
        np.testing.assert_array_equal(expected, array)


@pytest.mark.parametrize("compression", ["none", "lzw", "adobe_deflate"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_predictors_are_undone(tmp_path, compression, dtype):
    array = numbered((40, 50), dtype)
    path = tmp_path / "predicted.tif"
    predictor = compression != "none"
    tifffile.imwrite(path, array, compression=compression, predictor=predictor, rowsperstrip=7)
    np.testing.assert_array_equal(read(path)[0, 0, 0], array)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize(
    "dtype",
    [
        "bool",
        "int8",
        "int16",
        "int32",
        "uint8",
        "uint16",
        "uint32",
        "float16",
        "float32",
        "float64",
    ],
)
def test_every_type_is_read_as_it_is_in_native_byte_order(tmp_path, dtype, byteorder):
    array = numbered((2, 9, 17)) > 50 if dtype == "bool" else numbered((2, 9, 17), dtype)
    path = tmp_path / "typed.tif"
    tifffile.imwrite(path, array, byteorder=byteorder, photometric="minisblack")
    voxels = read(path)
    assert voxels.dtype == np.dtype(dtype)
    assert voxels.dtype.isnative
    assert inspect_stack(path).dtype == dtype
    np.testing.assert_array_equal(voxels[0, :, 0], array)


def test_complex_numbers_are_refused(tmp_path):
    path = tmp_path / "waves.tif"
    tifffile.imwrite(path, numbered((4, 5), "complex64"))
    with pytest.raises(FileUnreadable, match=r"waves.tif holds complex64") as caught:
        open_stack(path)
    assert "32-bit" in caught.value.remedy


def test_nan_is_kept(tmp_path):
    array = np.full((4, 5), np.nan, "float32")
    path = tmp_path / "nan.tif"
    tifffile.imwrite(path, array)
    assert np.isnan(read(path)).all()


@settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_region_equals_the_same_part_of_the_whole(tmp_path, data):
    shape = tuple(data.draw(st.integers(1, high), label=name) for high, name in zip(
        (3, 4, 3, 40, 40), "TZCYX", strict=True
    ))  # fmt: skip
    compression = data.draw(st.sampled_from(["none", "lzw", "zstd"]))
    layout = data.draw(st.sampled_from(["ome", "imagej", "pages"]))
    chunks = data.draw(
        st.sampled_from([{}, {"tile": (16, 16)}, {"rowsperstrip": 3}, {"rowsperstrip": 1}])
    )
    if layout == "imagej":
        # tifffile writes ImageJ files that are one pixel wide with rows for channels.
        chunks, compression, shape = {}, "none", (*shape[:4], shape[4] + 1)
    array = numbered(shape)
    path = tmp_path / f"{data.draw(st.uuids())}.tif"
    options = {"photometric": "minisblack", "compression": compression, **chunks}
    if layout == "pages":
        write_plain(path, array, **options)
    else:
        axes = {"metadata": {"axes": "TZCYX"}}
        tifffile.imwrite(
            path, array, ome=layout == "ome", imagej=layout == "imagej", **axes, **options
        )
    with closing(open_stack(path)) as stack:
        whole = stack.read(Region.whole(stack.info.shape))
        spans = []
        for size in stack.info.shape:
            start = data.draw(st.integers(0, size - 1))
            spans.append((start, data.draw(st.integers(start + 1, size))))
        region = Region(*spans)
        np.testing.assert_array_equal(stack.read(region), whole[region.slices])
    np.testing.assert_array_equal(whole.ravel(), array.ravel())


def bytes_read_by(action):
    """Bytes this process asked the system for while the action ran."""
    process = psutil.Process()
    before = process.io_counters().read_chars
    action()
    return process.io_counters().read_chars - before


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="counts bytes as Linux does")
@pytest.mark.parametrize("layout", ["contiguous", "tiles", "strips"])
def test_one_plane_of_a_large_file_does_not_read_the_rest(tmp_path, layout):
    array = np.random.default_rng(1).integers(0, 65535, (60, 512, 512), "uint16")
    options = {
        "contiguous": {"imagej": True},
        "tiles": {"tile": (128, 128), "compression": "zstd", "ome": True},
        "strips": {"rowsperstrip": 32, "compression": "zstd", "ome": True},
    }[layout]
    path = tmp_path / "large.tif"
    tifffile.imwrite(path, array, metadata={"axes": "ZYX"}, **options)
    stack = open_stack(path)
    plane_bytes = array[0].nbytes
    plane = Region.whole(stack.info.shape).only(z=31)
    assert bytes_read_by(lambda: stack.read(plane)) < 1.3 * plane_bytes
    corner = plane.within(y=(0, 40), x=(0, 40))
    assert bytes_read_by(lambda: stack.read(corner)) < 0.3 * plane_bytes
    np.testing.assert_array_equal(stack.read(corner)[0, 0, 0], array[31, :40, :40])
    stack.close()


def test_a_hyperstack_above_4_gb_has_one_directory_and_is_read_whole(tmp_path):
    """ImageJ writes one directory there and all planes behind it."""
    array = numbered((5, 2, 9, 8))
    path = tmp_path / "one_directory.tif"
    tifffile.imwrite(path, array, imagej=True, truncate=True, metadata={"axes": "ZCYX"})
    with tifffile.TiffFile(path) as tif:
        assert len(tif.pages) == 1
    np.testing.assert_array_equal(read(path)[0], array)


@pytest.mark.skipif(os.name == "nt", reason="needs sparse files")
def test_planes_beyond_4_gb_are_found(tmp_path):
    """A real file of 5 GB, nearly all of it a hole on the disk."""
    planes, height, width = 80, 8192, 8192
    path = tmp_path / "vast.tif"
    with tifffile.TiffWriter(path, imagej=True) as writer:
        writer.write(shape=(1, height, width), dtype="uint8", metadata={"axes": "ZYX"})
    with tifffile.TiffFile(path, mode="r+") as tif:
        start = tif.pages.first.dataoffsets[0]
        old = tif.pages.first.description
        longer = old.replace("images=1\n", f"images={planes}\nslices={planes}\n")
        tif.pages.first.tags["ImageDescription"].overwrite(longer)
    row = np.arange(width, dtype="uint8")
    with path.open("rb+") as file:
        file.truncate(start + planes * height * width)
        file.seek(start + (79 * height + 5000) * width)
        file.write(row.tobytes())
    assert path.stat().st_size > 2**32
    stack = open_stack(path)
    assert stack.info.shape == (1, planes, 1, height, width)
    found = stack.read(Region((0, 1), (79, 80), (0, 1), (5000, 5001), (0, width)))
    np.testing.assert_array_equal(found.ravel(), row)
    stack.close()


def test_a_dataset_over_several_files_is_one_stack(tmp_path):
    array = numbered((3, 2, 9, 8))
    write_multi_file_ome(tmp_path, array)
    info = inspect_stack(tmp_path / "part1.ome.tif")
    assert info.shape == (1, 3, 2, 9, 8)
    assert info.warnings == ()
    for name in ("part0.ome.tif", "part2.ome.tif"):
        np.testing.assert_array_equal(read(tmp_path / name)[0], array)


def test_missing_parts_of_a_dataset_are_told(tmp_path):
    array = numbered((3, 2, 9, 8))
    write_multi_file_ome(tmp_path, array)
    (tmp_path / "part2.ome.tif").unlink()
    info = inspect_stack(tmp_path / "part0.ome.tif")
    assert any("missing" in warning for warning in info.warnings)
    voxels = read(tmp_path / "part0.ome.tif")
    np.testing.assert_array_equal(voxels[0, :2], array[:2])
    assert not voxels[0, 2].any()


def write_multi_file_ome(folder, array):
    """One file per slice, all with the same OME-XML, as Micro-Manager and Olympus do."""
    uuids = [f"urn:uuid:00000000-0000-0000-0000-00000000000{z}" for z in range(len(array))]
    data = "".join(
        f'<TiffData FirstZ="{z}" FirstC="{c}" FirstT="0" IFD="{c}" PlaneCount="1">'
        f'<UUID FileName="part{z}.ome.tif">{uuids[z]}</UUID></TiffData>'
        for z in range(array.shape[0])
        for c in range(array.shape[1])
    )
    for z, planes in enumerate(array):
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="{uuids[z]}"><Image ID="Image:0"><Pixels ID="Pixels:0" '
            'DimensionOrder="XYCZT" Type="uint16" SizeX="8" SizeY="9" SizeC="2" SizeZ="3" '
            'SizeT="1"><Channel ID="Channel:0:0"/><Channel ID="Channel:0:1"/>'
            f"{data}</Pixels></Image></OME>"
        )
        tifffile.imwrite(
            folder / f"part{z}.ome.tif", planes, description=xml, metadata=None,
            photometric="minisblack",
        )  # fmt: skip


def test_two_threads_read_one_stack(tmp_path):
    array = numbered((20, 64, 64))
    path = tmp_path / "shared.ome.tif"
    tifffile.imwrite(path, array, compression="zstd", metadata={"axes": "ZYX"})
    stack = open_stack(path)
    wrong = []

    def check(first):
        for z in range(first, 20, 2):
            voxels = stack.read(Region.whole(stack.info.shape).only(z=z))
            if not np.array_equal(voxels[0, 0, 0], array[z]):
                wrong.append(z)

    threads = [threading.Thread(target=check, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stack.close()
    assert wrong == []


def test_a_region_outside_the_stack_is_a_mistake_of_the_program(tmp_path):
    stack = open_stack(write_plain(tmp_path / "small.tif", numbered((5, 7))))
    with pytest.raises(ValueError, match="not inside"):
        stack.read(Region.whole((1, 1, 1, 6, 7)))
    stack.close()


@pytest.mark.parametrize("magic", [b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"])
def test_header_alone_is_damaged_and_says_so(tmp_path, magic):
    path = tmp_path / "header.tif"
    path.write_bytes(magic + struct.pack("<I", 8))
    with pytest.raises(FileUnreadable, match=r"header.tif"):
        open_stack(path)
