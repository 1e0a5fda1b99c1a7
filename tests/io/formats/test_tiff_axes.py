import numpy as np
import pytest
import tifffile

from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.formats.tiff_axes import plan_axes
from gvtstudio.io.stacks import open_stack
from tests.io.stacks_for_tests import numbered, write_plain


def read_all(path, scene=0):
    stack = open_stack(path, scene)
    try:
        return stack.info, stack.read(Region.whole(stack.info.shape))
    finally:
        stack.close()


@pytest.mark.parametrize(
    ("axes", "sizes", "shape", "warning_words"),
    [
        ("YX", (5, 7), (1, 1, 1, 5, 7), ()),
        ("ZYX", (3, 5, 7), (1, 3, 1, 5, 7), ()),
        ("TYX", (3, 5, 7), (3, 1, 1, 5, 7), ()),
        ("CYX", (3, 5, 7), (1, 1, 3, 5, 7), ()),
        ("CTZYX", (2, 3, 4, 5, 7), (3, 4, 2, 5, 7), ()),
        ("IYX", (3, 5, 7), (1, 3, 1, 5, 7), ("3 slices",)),
        ("QYX", (3, 5, 7), (1, 3, 1, 5, 7), ("3 slices",)),
        ("QQYX", (2, 3, 5, 7), (1, 3, 2, 5, 7), ("3 slices", "2 channels")),
        ("QQQYX", (4, 2, 3, 5, 7), (4, 3, 2, 5, 7), ("3 slices", "2 channels", "4 time points")),
        ("IZYX", (2, 3, 5, 7), (1, 3, 2, 5, 7), ("2 channels",)),
        ("ICZYX", (4, 2, 3, 5, 7), (4, 3, 2, 5, 7), ("4 time points",)),
        ("EZYX", (2, 3, 5, 7), (1, 3, 2, 5, 7), ("2 channels",)),
        ("SYX", (3, 5, 7), (1, 1, 3, 5, 7), ()),
        ("YXS", (5, 7, 3), (1, 1, 3, 5, 7), ()),
        ("CYXS", (2, 5, 7, 3), (1, 1, 6, 5, 7), ()),
        ("QZTYX", (1, 3, 1, 5, 7), (1, 3, 1, 5, 7), ()),
        ("CZX", (2, 5, 7), (1, 1, 2, 5, 7), ("scan along X and Z",)),
    ],
)
def test_each_axis_of_a_file_has_its_place_in_the_stack(axes, sizes, shape, warning_words):
    inner = sizes[axes.index("X") - 1 :]
    plan = plan_axes(axes, sizes, int(np.prod(inner)), {})
    assert plan.shape == shape
    assert len(plan.warnings) == len(warning_words)
    for words, warning in zip(warning_words, plan.warnings, strict=True):
        assert words in warning


def test_too_many_axes_are_refused_in_words():
    with pytest.raises(FileUnreadable, match="7 axes"):
        plan_axes("QQQQQYX", (2, 2, 2, 2, 2, 5, 7), 35, {})


def test_points_are_no_images():
    with pytest.raises(FileUnreadable, match="no images"):
        plan_axes("X", (7,), 7, {})


def test_a_page_that_does_not_fit_is_refused():
    with pytest.raises(FileUnreadable, match="contradicts"):
        plan_axes("ZYX", (3, 5, 7), 36, {})


@pytest.mark.parametrize(
    ("axes", "sizes"),
    [
        ("ZYX", (4, 5, 7)),
        ("TZCYX", (2, 3, 2, 5, 7)),
        ("CZYX", (2, 3, 5, 7)),
        ("CTYX", (2, 3, 5, 7)),
    ],
)
def test_voxels_land_on_their_axes(tmp_path, axes, sizes):
    array = numbered(sizes)
    path = tmp_path / "named.tif"
    tifffile.imwrite(path, array, metadata={"axes": axes}, photometric="minisblack")
    info, read = read_all(path)
    expected = np.moveaxis(array, [axes.index(a) for a in "TZCYX" if a in axes], range(len(axes)))
    np.testing.assert_array_equal(read.squeeze(), expected.squeeze())
    assert info.warnings == ()


@pytest.mark.parametrize("order", ["czt", "ctz", "zct", "ztc", "tcz", "tzc"])
def test_imagej_files_in_any_order(tmp_path, order):
    sizes = {"t": 2, "z": 3, "c": 4}
    path = tmp_path / "ordered.tif"
    array = numbered((*(sizes[axis] for axis in reversed(order)), 5, 7))
    description = (
        f"ImageJ=1.53t\nimages=24\nchannels=4\nslices=3\nframes=2\nhyperstack=true\norder={order}\n"
    )
    with tifffile.TiffWriter(path) as writer:
        for i, plane in enumerate(array.reshape(-1, 5, 7)):
            writer.write(
                plane, description=description if i == 0 else None, metadata=None, contiguous=False
            )
    info, read = read_all(path)
    assert info.shape == (2, 3, 4, 5, 7)
    source = [tuple(reversed(order)).index(axis) for axis in "tzc"]
    np.testing.assert_array_equal(read, np.moveaxis(array, source, (0, 1, 2)))


def test_a_plain_series_of_pages_is_a_focus_series_and_says_so(tmp_path):
    array = numbered((6, 5, 7))
    info, read = read_all(write_plain(tmp_path / "plain.tif", array))
    assert info.shape == (1, 6, 1, 5, 7)
    assert len(info.warnings) == 1
    assert "6 slices" in info.warnings[0]
    np.testing.assert_array_equal(read[0, :, 0], array)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_colour_pictures_are_flagged(tmp_path, planar):
    array = numbered((3, 9, 8), "uint8")
    path = tmp_path / "picture.tif"
    data = array if planar == "separate" else np.moveaxis(array, 0, -1)
    tifffile.imwrite(path, data, photometric="rgb", planarconfig=planar, metadata=None)
    info, read = read_all(path)
    assert info.is_rgb
    assert [channel.name for channel in info.channels] == ["Red", "Green", "Blue"]
    np.testing.assert_array_equal(read[0, 0], array)


def test_three_channels_are_no_colour_picture(tmp_path):
    array = numbered((3, 9, 8))
    path = tmp_path / "three.tif"
    tifffile.imwrite(path, array, imagej=True, metadata={"axes": "CYX"})
    info, _ = read_all(path)
    assert info.shape == (1, 1, 3, 9, 8)
    assert not info.is_rgb


def test_each_series_is_a_scene(tmp_path):
    first, second = numbered((3, 9, 8)), numbered((2, 5, 4), "uint8")
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(first, photometric="minisblack", metadata={"axes": "ZYX", "Name": "field 1"})
        named = {"axes": "TYX", "Name": "field 2", "PhysicalSizeX": 2.0}
        writer.write(second, photometric="minisblack", metadata=named)
    info, read = read_all(path, scene=1)
    assert info.scene_names == ("field 1", "field 2")
    assert (info.scene, info.shape, info.dtype) == (1, (2, 1, 1, 5, 4), "uint8")
    assert info.calibration.x_um == 2.0
    np.testing.assert_array_equal(read[:, 0, 0], second)
    np.testing.assert_array_equal(read_all(path)[1][0, :, 0], first)


def test_a_scene_that_does_not_exist_is_refused(tmp_path):
    path = write_plain(tmp_path / "one.tif", numbered((5, 7)))
    with pytest.raises(UsageError, match="no dataset 1"):
        open_stack(path, scene=1)


def test_pyramid_levels_and_thumbnails_are_no_scenes(tmp_path):
    array = numbered((64, 64))
    path = tmp_path / "pyramid.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(array, subifds=1, metadata={"axes": "YX"})
        writer.write(array[::2, ::2], subfiletype=1)
    info, read = read_all(path)
    assert len(info.scene_names) == 1
    np.testing.assert_array_equal(read[0, 0, 0], array)


def test_thumbnail_of_an_lsm_is_no_scene(shared_data):
    info, _ = read_all(shared_data / "lsm_test" / "test.lsm")
    assert info.shape == (1, 1, 1, 512, 512)
    assert len(info.scene_names) == 1


def test_stage_positions_are_scenes(shared_data):
    folder = shared_data / "ndtiff_multipos" / "labeled_positions_1"
    path = next(folder.glob("*.tif"))
    whole = tifffile.imread(path)
    for position in range(3):
        info, read = read_all(path, position)
        assert info.shape == (1, 1, 1, 512, 512)
        assert len(info.scene_names) == 3
        np.testing.assert_array_equal(read[0, 0, 0], whole[position])
