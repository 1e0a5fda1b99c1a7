"""Reading LIF and LOF: real files against liffile's arrays, others as written here."""

import struct
import threading
from contextlib import closing

import liffile
import numpy as np
import pytest

from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.lif_for_tests import Image, read, write_lif, write_lof
from tests.io.reading_for_tests import assert_scenes_survive, cut
from tests.io.stacks_for_tests import numbered


def rearranged(path, number, rows="Y"):
    """An image as (T, Z, C, Y, X) from liffile's own array."""
    with liffile.LifFile(path) as lif:
        image = lif.images[number]
        array, axes = image.asarray(), "".join(image.dims)
    axes = axes.replace(rows, "Y").replace("λ", "C").replace("Λ", "C")
    for axis in "TZCYX":
        if axis not in axes:
            array, axes = array[None], axis + axes
    return array.transpose([axes.index(axis) for axis in "TZCYX"])


@pytest.mark.parametrize(
    ("folder", "scene", "rows", "shape", "axes"),
    [
        ("lif_lambda", 0, "Y", (1, 1, 20, 64, 64), "λYX"),
        ("lif_lambda", 1, "Y", (1, 1, 15, 64, 64), "ΛYX"),
        ("lif_lambda", 2, "Y", (2, 11, 10, 64, 64), "TλZYX"),
        ("lif_xz", 0, "Z", (20, 1, 2, 128, 128), "TZX"),
        ("lif_xz", 1, "Y", (1, 128, 2, 23, 128), "YZX"),
        ("lif_xz", 2, "Z", (1, 1, 2, 512, 512), "ZX"),
    ],
)
def test_real_files_equal_another_reading(shared_data, folder, scene, rows, shape, axes):
    (path,) = (shared_data / folder).glob("*.lif")
    info = inspect_stack(path, scene)
    assert (info.shape, info.dtype, info.file_axes) == (shape, "uint8", axes)
    assert (info.reader, len(info.scene_names)) == ("lif", 3)
    np.testing.assert_array_equal(read(path, scene), rearranged(path, scene, rows))


def test_real_metadata(shared_data):
    (path,) = (shared_data / "lif_lambda").glob("*.lif")
    info = inspect_stack(path, 2)
    assert info.scene_names == ("x_y_lambdaEmi", "x_y_lambdaExc", "x_y_z_t_lambdaEmi")
    size = info.calibration
    # lengths and numbers of places stand in the XML: 5.002027e-6 / 10, 6.603309e-6 / 63, 80.91 / 1
    assert (size.z_um, size.x_um) == pytest.approx((0.5002027, 6.603309 / 63))
    assert size.time_interval_s == pytest.approx(80.91)
    assert [channel.name for channel in info.channels[:2]] == ["550 nm", "555 nm"]
    assert info.channels[9].emission_wavelength_nm == 595
    assert info.channels[0].colour == "#00ff00"
    assert any("10 steps of its emission wavelength" in warning for warning in info.warnings)
    excited = inspect_stack(path, 1).channels[14]
    assert (excited.excitation_wavelength_nm, excited.emission_wavelength_nm) == (560, None)
    assert 'ObjectiveName="HC PL APO CS2    63x/1.30 GLYC "' in info.metadata_text


def test_scans_of_x_and_z(shared_data):
    (path,) = (shared_data / "lif_xz").glob("*.lif")
    plane = inspect_stack(path, 0)
    assert any("scan without Y" in warning for warning in plane.warnings)
    assert plane.calibration.y_um == pytest.approx(17.8154 / 127)
    assert plane.calibration.z_um is None
    assert plane.calibration.time_interval_s == pytest.approx(0.53)
    volume = inspect_stack(path, 1)
    assert any("planes of X and Y" in warning for warning in volume.warnings)
    size = volume.calibration
    assert (size.z_um, size.y_um) == pytest.approx((17.8154 / 127, 5.039354 / 22))
    assert [channel.colour for channel in volume.channels] == ["#00ff00", "#ff0000"]


@pytest.mark.parametrize("order", ["TZYX", "ZTYX", "TYZX", "YXZT", "XYZT"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32"])
def test_axes_in_any_order(tmp_path, order, dtype):
    lengths = {"T": 3, "Z": 4, "Y": 5, "X": 6}
    array = numbered((2, *(lengths[axis] for axis in order)), dtype)
    steps = {"T": (2.5, "s"), "Z": (300e-9, "m"), "Y": (100.0, "nm")}
    path = write_lif(tmp_path / "a.lif", Image("one", order, array, steps=steps))
    info = inspect_stack(path)
    assert (info.shape, info.dtype, info.file_axes) == ((3, 4, 2, 5, 6), dtype, order)
    size = info.calibration
    assert (size.z_um, size.y_um, size.x_um) == pytest.approx((0.3, 0.1, 1))
    assert size.time_interval_s == pytest.approx(2.5)
    voxels = read(path)
    assert voxels.dtype.isnative
    expected = array.transpose([(("C" + order).index(axis)) for axis in "TZCYX"])
    np.testing.assert_array_equal(voxels, expected)


def test_a_region_equals_the_same_part_of_the_whole(tmp_path):
    array = numbered((2, 3, 40, 4, 500), "uint16")  # rows far apart: read one by one
    path = write_lif(tmp_path / "a.lif", Image("one", "TYZX", array))
    whole = read(path)
    random = np.random.default_rng(1)
    with closing(open_stack(path)) as stack:
        for _ in range(60):
            starts = [int(random.integers(0, size)) for size in whole.shape]
            stops = [
                int(random.integers(a + 1, n + 1)) for a, n in zip(starts, whole.shape, strict=True)
            ]
            region = Region(*zip(starts, stops, strict=True))
            np.testing.assert_array_equal(stack.read(region), whole[region.slices])


def test_bits_names_and_colours_of_channels(tmp_path):
    image = Image(
        "one", "YX", numbered((3, 5, 6), "uint16"), 12, luts=("Green", "Magenta", "LUT 7"),
        dyes=("GFP", "", "DAPI"),
    )  # fmt: skip
    info = inspect_stack(write_lif(tmp_path / "a.lif", image))
    assert info.significant_bits == 12
    assert [channel.name for channel in info.channels] == ["GFP", "Channel 2", "DAPI"]
    assert [channel.colour for channel in info.channels] == ["#00ff00", "#ff00ff", ""]
    assert not info.is_rgb


def test_colour_pictures_are_red_green_blue(tmp_path):
    array = numbered((5, 6, 3), "uint8")  # interleaved, blue first
    image = Image("one", "YX", np.moveaxis(array, 2, 0), tags=(3, 2, 1))
    path = write_lif(tmp_path / "a.lif", image)
    info, voxels = inspect_stack(path), read(path)
    assert info.is_rgb
    assert [channel.colour for channel in info.channels] == ["#ff0000", "#00ff00", "#0000ff"]
    np.testing.assert_array_equal(voxels[0, 0], np.moveaxis(array[:, :, ::-1], 2, 0))


def test_tiles_and_images_are_datasets(tmp_path):
    tiles, other = numbered((1, 3, 5, 6)), numbered((1, 7, 8))
    path = write_lif(
        tmp_path / "a.lif", Image("grid", "MYX", tiles), Image("other", "YX", other)
    )  # fmt: skip
    info = inspect_stack(path)
    assert info.scene_names == ("grid, tile 1", "grid, tile 2", "grid, tile 3", "Folder/other")
    assert any("3 places (tile)" in warning for warning in info.warnings)
    for scene in range(3):
        np.testing.assert_array_equal(read(path, scene)[0, 0, 0], tiles[0, scene])
    np.testing.assert_array_equal(read(path, 3)[0, 0, 0], other[0])
    with pytest.raises(UsageError, match="no dataset 4"):
        open_stack(path, 4)


def test_images_of_one_name_are_kept_apart(tmp_path):
    one, two = numbered((1, 5, 6)), numbered((1, 5, 6)) + 1
    empty = Image("x", "YX", np.zeros((1, 1, 1), "uint8"))
    path = write_lif(
        tmp_path / "a.lif", empty, Image("same", "YX", one), Image("same", "YX", two)
    )  # fmt: skip
    np.testing.assert_array_equal(read(path, 1)[0, 0], one)
    np.testing.assert_array_equal(read(path, 2)[0, 0], two)


def test_a_line_in_time_is_a_plane_of_x_and_time(tmp_path):
    array = numbered((1, 30, 50))
    steps = {"T": (0.01, "s")}
    path = write_lif(tmp_path / "a.lif", Image("line", "TX", array, steps=steps))
    info = inspect_stack(path)
    assert info.shape == (1, 1, 1, 30, 50)
    assert (info.calibration.y_um, info.calibration.time_interval_s) == (None, None)
    assert any("plane of X and time" in warning for warning in info.warnings)
    np.testing.assert_array_equal(read(path)[0, 0], array)


def test_a_file_of_one_image(tmp_path):
    array = numbered((2, 4, 5, 6), "uint16")
    path = write_lof(tmp_path / "a.lof", Image("alone", "ZYX", array))
    info = inspect_stack(path)
    assert (info.scene_names, info.shape) == (("alone",), (1, 4, 2, 5, 6))
    np.testing.assert_array_equal(read(path)[0], array.transpose(1, 0, 2, 3))


@pytest.mark.parametrize(
    ("find", "put"),
    [
        ('NumberOfElements="50"', 'NumberOfElements="9999999"'),
        ('NumberOfElements="50"', 'NumberOfElements="0"'),
        ('NumberOfElements="50"', 'NumberOfElements="-5"'),
        ('NumberOfElements="50"', 'NumberOfElements="many"'),
        ('BytesInc="100"', 'BytesInc="0"'),
        ('BytesInc="100"', 'BytesInc="-50"'),
        ('BytesInc="100"', 'BytesInc="99999"'),
        ('Resolution="16"', 'Resolution="65"'),
        ('Resolution="16"', 'Resolution="0"'),
        ('DataType="0"', 'DataType="2"'),
        ('DimID="2"', 'DimID="1"'),
        ("MemBlock_0", "MemBlock_7"),
        ("</Dimensions>", "</Dimension>"),
    ],
)
def test_descriptions_that_cannot_be(tmp_path, find, put):
    path = write_lif(tmp_path / "a.lif", Image("one", "YX", numbered((1, 50, 50))))
    read(path)
    content = path.read_bytes()
    text = content[13 : 13 + 2 * int.from_bytes(content[9:13], "little")].decode("utf-16-le")
    changed = text.replace(find, put)
    assert changed != text
    length = len(changed)
    head = struct.pack("<IIBI", 0x70, 2 * length + 5, 0x2A, length) + changed.encode("utf-16-le")
    path.write_bytes(head + content[13 + 2 * len(text) :])
    with pytest.raises(FileUnreadable, match="damaged or incomplete"):
        open_stack(path)


@pytest.mark.parametrize("kept", [0.0002, 0.1, 0.5, 0.98])
def test_a_file_that_was_cut_off(tmp_path, kept):
    path = write_lif(tmp_path / "a.lif", Image("one", "ZYX", numbered((2, 20, 50, 50))))
    cut(path, kept)
    with pytest.raises(FileUnreadable, match="damaged or incomplete"):
        open_stack(path)


def test_what_is_whole_of_a_file_that_was_cut_off_is_read(tmp_path):
    array = numbered((1, 20, 30))
    path = write_lif(tmp_path / "a.lif", Image("one", "YX", array), Image("two", "YX", array))
    path.write_bytes(path.read_bytes()[:-100])
    np.testing.assert_array_equal(read(path)[0, 0], array)
    with pytest.raises(FileUnreadable, match="voxels of Folder/two are missing"):
        open_stack(path, 1)


@pytest.mark.parametrize("seed", range(80))
def test_random_damage_never_shows_a_traceback(tmp_path, seed, capfd):
    one, two = numbered((2, 3, 5, 6), "uint16"), numbered((1, 2, 7, 8))
    path = write_lif(tmp_path / "a.lif", Image("one", "ZYX", one), Image("two", "TYX", two))
    random = np.random.default_rng(seed)
    begin, size = 13 if seed % 2 else 0, path.stat().st_size
    assert_scenes_survive(path, random.integers(begin, size, 8 if seed % 3 else 1), random)
    assert capfd.readouterr() == ("", "")


def test_a_closed_stack_frees_the_file(tmp_path):
    path = write_lif(tmp_path / "a.lif", Image("one", "YX", numbered((1, 5, 6))))
    stack = open_stack(path)
    stack.close()
    path.unlink()
    with pytest.raises(ValueError, match="closed"):
        stack.read(Region.whole(stack.info.shape))


def test_two_threads_read_one_stack(tmp_path):
    array = numbered((1, 40, 64, 64), "uint16")
    wrong = []
    path = write_lif(tmp_path / "a.lif", Image("one", "ZYX", array))
    with closing(open_stack(path)) as stack:

        def check(first):
            for z in range(first, 40, 2):
                voxels = stack.read(Region.whole(stack.info.shape).only(z=z))
                if not np.array_equal(voxels[0, 0, 0], array[0, z]):
                    wrong.append(z)

        threads = [threading.Thread(target=check, args=(first,)) for first in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


LIFETIMES = '<Element Name="FLIM"><Data><SingleMoleculeDetection/></Data></Element>'


def with_lifetimes(path, *, alone):
    """A LIF with a lifetime recording beside its image, or instead of it."""
    write_lif(path, Image("one", "YX", numbered((1, 8, 9))))
    content = path.read_bytes()
    outer, _, inner, count = struct.unpack_from("<IIBI", content)
    text = content[13 : 13 + 2 * count].decode("utf-16-le")
    begin = text.index('<Element Name="one">')
    end = text.index("</Element>", begin) + len("</Element>") if alone else begin
    text = text[:begin] + LIFETIMES + text[end:]
    head = struct.pack("<IIBI", outer, 2 * len(text) + 5, inner, len(text))
    path.write_bytes(head + text.encode("utf-16-le") + content[13 + 2 * count :])
    return path


def test_lifetime_recordings_are_said_to_be_left_out(tmp_path):
    info = inspect_stack(with_lifetimes(tmp_path / "a.lif", alone=False))
    assert info.scene_names == ("one",)
    assert "A lifetime recording (FLIM) of the file is left out" in info.warnings[0]


def test_lifetime_recordings_alone_are_refused(tmp_path):
    with pytest.raises(FileUnreadable, match="lifetime recordings") as caught:
        inspect_stack(with_lifetimes(tmp_path / "a.lif", alone=True))
    assert "Export" in caught.value.remedy
