"""MRC files, written by mrcfile, and by hand where it writes none: right way up, in µm."""

from contextlib import closing

import mrcfile
import numpy as np
import pytest
from mrcfile.dtypes import HEADER_DTYPE

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.reading_for_tests import (
    assert_damage_is_survived,
    assert_regions_equal_whole,
    cut,
    read,
    refused,
)
from tests.io.stacks_for_tests import numbered

HEADER = 1024


def write(path, array, voxel_size=(1.5, 2.0, 4.0), **fields):
    """A file as mrcfile writes it; voxel size in Angstrom along X, Y and Z."""
    with mrcfile.new(path) as file:
        file.set_data(array)
        file.voxel_size = voxel_size
        for name, value in fields.items():
            setattr(file.header, name, value)
    return path


def patch(path, order="<", **fields):
    """Change fields of the header on the disk."""
    content = bytearray(path.read_bytes())
    header = np.frombuffer(content[:HEADER], HEADER_DTYPE.newbyteorder(order)).copy()
    for name, value in fields.items():
        header[name] = value
    content[:HEADER] = header.tobytes()
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "float16", "float32"])
def test_every_type_is_read_as_it_is_with_the_first_row_at_the_bottom(tmp_path, dtype):
    array = numbered((5, 12, 14), dtype)
    whole = assert_regions_equal_whole(write(tmp_path / "a.mrc", array))
    assert inspect_stack(tmp_path / "a.mrc").dtype == dtype
    np.testing.assert_array_equal(whole[0, :, 0], array[:, ::-1])


def test_what_the_header_says(tmp_path):
    write(tmp_path / "a.mrc", numbered((5, 12, 14), "float32"))
    with mrcfile.open(tmp_path / "a.mrc", "r+") as file:
        file.add_label("Tilt series of a cell")
        file.set_volume()
    info = inspect_stack(tmp_path / "a.mrc")
    assert info.calibration == Calibration(0.0004, 0.0002, 0.00015, None, "file")
    assert (info.reader, info.file_axes, info.warnings) == ("mrc", "ZYX", ())
    assert "Tilt series of a cell" in info.metadata_text
    assert [channel.name for channel in info.channels] == ["Channel 1"]


def test_a_file_that_knows_no_voxel_size_has_none(tmp_path):
    write(tmp_path / "a.mrc", numbered((5, 12, 14), "float32"), voxel_size=0.0)
    assert inspect_stack(tmp_path / "a.mrc").calibration == Calibration()


def test_a_stack_of_volumes_is_time(tmp_path):
    array = numbered((3, 5, 12, 14), "int16")
    path = write(tmp_path / "a.mrc", array)
    whole = assert_regions_equal_whole(path)
    np.testing.assert_array_equal(whole[:, :, 0], array[:, :, ::-1])
    info = inspect_stack(path)
    assert (info.file_axes, info.calibration.z_um) == ("TZYX", 0.0004)


def test_a_stack_of_images_is_read_as_slices_and_the_user_is_told(tmp_path):
    write(tmp_path / "a.mrc", numbered((5, 12, 14), "int16"))
    with mrcfile.open(tmp_path / "a.mrc", "r+") as file:
        file.set_image_stack()
    info = inspect_stack(tmp_path / "a.mrc")
    assert info.shape == (1, 5, 1, 12, 14)
    assert "5 planes are slices" in info.warnings[0]


def test_a_single_image(tmp_path):
    array = numbered((12, 14), "int16")
    voxels, info = read(write(tmp_path / "a.mrc", array, voxel_size=1.0))
    np.testing.assert_array_equal(voxels[0, 0, 0], array[::-1])
    assert info.warnings == ()


@pytest.mark.parametrize("stamp", [(0x11, 0x11, 0, 0), (0, 0, 0, 0)])
@pytest.mark.parametrize("dtype", [">i2", ">f4"])
def test_the_other_byte_order_also_without_its_stamp(tmp_path, dtype, stamp):
    array = numbered((5, 12, 14), dtype)
    path = write(tmp_path / "a.mrc", array.astype(dtype))
    assert np.frombuffer(path.read_bytes()[:4], ">i4") == 14
    patch(path, ">", machst=stamp)
    voxels, info = read(path)
    np.testing.assert_array_equal(voxels[0, :, 0], array[:, ::-1])
    assert info.calibration.z_um == 0.0004


def test_an_extended_header_is_stepped_over(tmp_path):
    array = numbered((5, 12, 14), "int16")
    with mrcfile.new(tmp_path / "a.mrc") as file:
        file.set_data(array)
        file.set_extended_header(np.arange(333, dtype="i4"))
    np.testing.assert_array_equal(read(tmp_path / "a.mrc")[0][0, :, 0], array[:, ::-1])


@pytest.mark.parametrize(("flags", "dtype"), [(0, "uint8"), (1, "int8")])
def test_bytes_of_imod_have_a_sign_only_where_it_says_so(tmp_path, flags, dtype):
    array = numbered((5, 12, 14), "int8")
    array[0, 0, 0] = -56
    path = write(tmp_path / "a.mrc", array)
    content = bytearray(path.read_bytes())
    content[152:160] = np.array([1146047817, flags], "<i4").tobytes()
    path.write_bytes(content)
    voxels, info = read(path)
    assert info.dtype == dtype
    assert voxels[0, 0, 0, -1, 0] == (200 if dtype == "uint8" else -56)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 2)])
def test_axes_that_are_stored_in_another_order_are_put_right(tmp_path, order):
    array = numbered((5, 12, 14), "int16")
    path = write(
        tmp_path / "a.mrc", array, **dict(zip(("mapc", "mapr", "maps"), order, strict=True))
    )
    voxels, info = read(path)
    # a voxel's place along X, Y and Z is that along columns, rows and sections, renamed
    place = dict(zip(order, (9, 7, 2), strict=True))
    z, y, x = place[3], place[2], place[1]
    assert voxels[0, z, 0, voxels.shape[3] - 1 - y, x] == array[2, 7, 9]
    assert sorted(info.shape) == [1, 1, 5, 12, 14]


def test_axes_that_make_no_sense_are_taken_as_usual(tmp_path):
    array = numbered((5, 12, 14), "int16")
    path = write(tmp_path / "a.mrc", array, mapc=1, mapr=1, maps=7)
    np.testing.assert_array_equal(read(path)[0][0, :, 0], array[:, ::-1])


@pytest.mark.parametrize(
    ("mode", "words"), [(3, "complex"), (4, "complex"), (16, "colour"), (101, "4-bit")]
)
def test_voxels_that_are_no_real_numbers_are_refused(tmp_path, mode, words):
    path = patch(write(tmp_path / "a.mrc", numbered((5, 12, 14), "float32")), mode=mode)
    assert f"holds {words}" in refused(path).message


@pytest.mark.parametrize(
    "fields",
    [
        {"nx": 0}, {"ny": -3}, {"nz": 2**31 - 1}, {"nx": 2**31 - 1, "ny": 2**31 - 1},
        {"mode": 77}, {"nsymbt": -5000}, {"nsymbt": 2**31 - 1}, {"nz": 6},
    ],
)  # fmt: skip
def test_headers_that_cannot_be_are_refused(tmp_path, fields):
    refused(patch(write(tmp_path / "a.mrc", numbered((5, 12, 14), "float32")), **fields))


@pytest.mark.parametrize("kept", [0.1, 0.25, 0.5, 0.999])
def test_truncated_file(tmp_path, kept):
    refused(cut(write(tmp_path / "a.mrc", numbered((5, 12, 14), "float32")), kept))


def test_there_is_one_dataset(tmp_path):
    path = write(tmp_path / "a.mrc", numbered((5, 12, 14), "int16"))
    with pytest.raises(UsageError, match="no dataset 1"):
        open_stack(path, 1)


def test_a_file_that_shrinks_while_it_is_open_is_no_crash(tmp_path):
    path = write(tmp_path / "a.mrc", numbered((5, 12, 14), "int16"))
    with closing(open_stack(path)) as stack:
        stack.read(Region.whole(stack.info.shape))
        cut(path, 0.5)
        with pytest.raises(FileUnreadable, match="could not be read"):
            stack.read(Region.whole(stack.info.shape))


@pytest.mark.parametrize("seed", range(60))
def test_random_damage_never_shows_a_traceback(tmp_path, seed):
    path = write(tmp_path / "a.mrc", numbered((3, 12, 14), "int16"))
    assert_damage_is_survived(path, seed, HEADER)
