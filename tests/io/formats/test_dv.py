"""DeltaVision files: real ones, and headers written field by field as the format has them."""

import struct

import numpy as np
import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import UsageError
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
MODES = {"u1": 0, "i2": 1, "f4": 2, "u2": 6, "i4": 7}
# As the file has the axes, the slowest first; W is wavelength.
SEQUENCES = {0: "WTZ", 1: "TZW", 2: "TWZ"}


def write(path, array, sequence=0, order="<", **fields):
    """Write (T, Z, W, Y, X), the first row at the bottom.

    Args:
        path: The file.
        array: The voxels.
        sequence: Which axis runs fastest.
        order: Of the bytes.
        fields: Values for offsets, as ``at_160=("h", 100)``.
    """
    lengths = dict(zip("TZWYX", array.shape, strict=True))
    places = [*("TZW".index(axis) for axis in SEQUENCES[sequence]), 3, 4]
    planes = lengths["T"] * lengths["Z"] * lengths["W"]
    seconds = [10.0 + 2.5 * t for t in range(lengths["T"])]
    content = bytearray(HEADER)

    def put(offset, layout, *values):
        struct.pack_into(order + layout, content, offset, *values)

    put(0, "4i", lengths["X"], lengths["Y"], planes, MODES[array.dtype.str[1:]])
    put(40, "3f", 0.11, 0.12, 0.3)
    put(92, "i", planes * 16)
    put(96, "h", -16224)
    put(128, "2h", 1, 3)
    put(180, "H", lengths["T"])
    put(182, "h", sequence)
    put(196, "h", lengths["W"])
    put(198, "5h", 525, 617, -50, 0, 0)
    put(220, "2h", 0, 2)
    content[224:304] = b"embryo 7".ljust(80, b"\0")
    content[304:384] = b"63x oil".ljust(80, b" ")
    for name, (layout, *values) in fields.items():
        put(int(name.removeprefix("at_")), layout, *values)
    times = np.broadcast_to(np.array(seconds)[:, None, None], array.shape[:3])
    for second in times.transpose(places[:3]).ravel():
        content += struct.pack(order + "i3f", 7, 0.0, second, 0.0)
    stored = array.transpose(places).astype(array.dtype.newbyteorder(order))
    path.write_bytes(bytes(content) + stored.tobytes())
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_planes_are_found_in_every_sequence(tmp_path, sequence, order):
    array = numbered((3, 4, 2, 9, 11), "uint16")
    path = write(tmp_path / "a.dv", array, sequence, order)
    whole = assert_regions_equal_whole(path)
    np.testing.assert_array_equal(whole, array[:, :, :, ::-1])
    assert inspect_stack(path).calibration.time_interval_s == 2.5


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "int32"])
def test_every_type_is_read_as_it_is(tmp_path, dtype):
    array = numbered((1, 4, 1, 9, 11), dtype)
    voxels, info = read(write(tmp_path / "a.dv", array))
    assert info.dtype == dtype
    np.testing.assert_array_equal(voxels, array[:, :, :, ::-1])


def test_what_the_header_says(tmp_path):
    info = inspect_stack(write(tmp_path / "a.dv", numbered((1, 4, 3, 9, 11))))
    assert info.calibration == Calibration(0.3, 0.12, 0.11, None, "file")
    assert info.channels == (
        Channel("525 nm", emission_wavelength_nm=525.0),
        Channel("617 nm", emission_wavelength_nm=617.0),
        Channel("Channel 3"),
    )
    assert info.metadata_text == "embryo 7\n63x oil"
    assert (info.reader, info.file_axes) == ("dv", "CTZYX")


def test_many_time_points_are_counted_elsewhere(tmp_path):
    array = numbered((3, 4, 1, 9, 11))
    fields = {"at_160": ("h", 100), "at_180": ("H", 0xFFFF), "at_852": ("i", 3)}
    assert inspect_stack(write(tmp_path / "a.dv", array, **fields)).shape == array.shape


@pytest.mark.parametrize("name", ["dv_sim/raw.dv", "mrc_sim/MT.mrc"])
def test_real_files_hold_what_stands_behind_their_header(shared_data, name):
    path = shared_data / name
    whole = assert_regions_equal_whole(path)
    width, height, planes = np.fromfile(path, "<i4", 3)
    stored = np.memmap(path, {"float32": "<f4", "uint16": "<u2"}[whole.dtype.name], "r")
    stored = stored[-int(width * height * planes) :].reshape(planes, height, width)
    np.testing.assert_array_equal(whole[0, :, 0], stored[:, ::-1])


@pytest.mark.parametrize(
    ("name", "shape", "sizes_um", "wavelength_nm"),
    [
        ("dv_sim/raw.dv", (1, 135, 1, 64, 64), (0.125, 0.08, 0.08), 528),
        ("mrc_sim/MT.mrc", (1, 9, 1, 256, 256), (0.16, 0.0626, 0.0626), 525),
    ],
)
def test_real_files_are_described(shared_data, name, shape, sizes_um, wavelength_nm):
    info = inspect_stack(shared_data / name)
    assert (info.shape, info.reader) == (shape, "dv")
    assert info.calibration == Calibration(*sizes_um, None, "file")
    assert [channel.emission_wavelength_nm for channel in info.channels] == [wavelength_nm]


@pytest.mark.parametrize("mode", [3, 4])
def test_complex_values_are_refused(tmp_path, mode):
    path = write(tmp_path / "a.dv", numbered((1, 4, 1, 9, 11)), at_12=("i", mode))
    assert "complex" in refused(path).message


def test_panels_are_refused_with_the_way_out(tmp_path):
    fields = {"at_160": ("h", 100), "at_880": ("i", 4)}
    error = refused(write(tmp_path / "a.dv", numbered((1, 4, 1, 9, 11)), **fields))
    assert "4 panels" in error.message
    assert "Fiji" in error.remedy


@pytest.mark.parametrize(
    "fields",
    [
        {"at_0": ("i", 0)}, {"at_4": ("i", -2)}, {"at_8": ("i", 2**31 - 1)}, {"at_12": ("i", 5)},
        {"at_182": ("h", 9)}, {"at_92": ("i", -4000)}, {"at_180": ("H", 3)}, {"at_196": ("h", 77)},
    ],
)  # fmt: skip
def test_headers_that_cannot_be_are_refused(tmp_path, fields):
    refused(write(tmp_path / "a.dv", numbered((1, 4, 1, 9, 11)), **fields))


@pytest.mark.parametrize("kept", [0.05, 0.2, 0.5, 0.999])
def test_truncated_file(tmp_path, kept):
    refused(cut(write(tmp_path / "a.dv", numbered((2, 4, 2, 19, 21))), kept))


def test_there_is_one_dataset(tmp_path):
    with pytest.raises(UsageError, match="no dataset 1"):
        open_stack(write(tmp_path / "a.dv", numbered((1, 4, 1, 9, 11))), 1)


@pytest.mark.parametrize("seed", range(60))
def test_random_damage_never_shows_a_traceback(tmp_path, seed):
    path = write(tmp_path / "a.dv", numbered((2, 3, 2, 9, 11)))
    assert_damage_is_survived(path, seed, HEADER + 100)
