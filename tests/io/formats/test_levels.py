"""Coarser copies in files: each as the file has it, over the same µm, and refused in words."""

from contextlib import closing, suppress

import h5py
import numpy as np
import pytest
import tifffile
import zarr

from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.export import export_stack
from gvtstudio.io.formats.czi_directory import Piece
from gvtstudio.io.formats.czi_layout import arrange
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.czi_for_tests import write_pyramid
from tests.io.ims_for_tests import write_ims
from tests.io.reading_for_tests import change_bytes
from tests.io.stacks_for_tests import PROVENANCE, array_stack, numbered
from tests.io.zarr_for_tests import multiscale, write_array, write_group, write_image


def read_level(path, level, scene=0, **options):
    """All of a level, and its description; parts of it are those of the whole."""
    with closing(open_stack(path, scene, level=level, **options)) as stack:
        shape = stack.info.shape
        whole = stack.read(Region.whole(shape))
        half = Region(*((n // 2, n) for n in shape))
        np.testing.assert_array_equal(stack.read(half), whole[half.slices])
        assert (whole.shape, whole.dtype.name) == (shape, stack.info.dtype)
        return whole, stack.info


def extent_um(info: StackInfo):
    size = info.calibration
    per_axis = (size.z_um or 0, size.y_um or 0, size.x_um or 0)
    return tuple(n * um for n, um in zip((info.shape[1], *info.shape[3:]), per_axis, strict=True))


def assert_level(path, level, expected, scene=0):
    """A level has the voxels expected, (T, Z, C, Y, X), and covers what the finest covers."""
    finest = inspect_stack(path, scene)
    found, info = read_level(path, level, scene)
    np.testing.assert_array_equal(found, expected)
    assert (finest.level, finest.level_scale) == (0, (1, 1, 1))
    assert (finest.shape, *finest.level_shapes)[level] == info.shape
    assert (info.level, info.level_shapes) == (level, finest.level_shapes)
    assert extent_um(info) == pytest.approx(extent_um(finest))
    assert (info.channels, info.scene_names, info.dtype) == (
        finest.channels, finest.scene_names, finest.dtype,
    )  # fmt: skip


def pyramid_tiff(path, array, axes, *, levels=2, **options):
    """Every second pixel of the level before, in SubIFDs of each page."""
    with tifffile.TiffWriter(path, ome=True) as writer:
        sizes = {"PhysicalSizeX": 0.1, "PhysicalSizeY": 0.2, "PhysicalSizeZ": 0.3}
        writer.write(array, subifds=levels, metadata={"axes": axes, **sizes}, **options)
        for level in range(1, levels + 1):
            step = 2**level
            writer.write(array[..., ::step, ::step], subfiletype=1, **options)
    return path


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tile": (16, 16)},
        {"tile": (16, 16), "compression": "zlib", "predictor": True},
        {"compression": "lzw", "rowsperstrip": 5},
    ],
)
@pytest.mark.parametrize("level", [1, 2])
def test_levels_of_an_ome_tiff(tmp_path, options, level):
    array = numbered((2, 3, 2, 67, 83))
    path = pyramid_tiff(tmp_path / "a.ome.tif", array, "TZCYX", **options)
    step = 2**level
    assert_level(path, level, array[..., ::step, ::step])


def test_levels_that_stand_one_after_the_other(tmp_path):
    array = numbered((1, 1, 1, 64, 96), "uint8")
    path = tmp_path / "vips.tif"
    with tifffile.TiffWriter(path) as writer:
        for step in (1, 2, 4):
            kind = 1 if step > 1 else 0
            plane = array[0, 0, 0, ::step, ::step]
            writer.write(plane, subfiletype=kind, tile=(16, 16), metadata=None)
    assert inspect_stack(path).scene_names == ("Image 1",)
    for level, step in ((1, 2), (2, 4)):
        assert_level(path, level, array[..., ::step, ::step])


def test_levels_of_a_colour_picture(tmp_path):
    array = numbered((64, 96, 3), "uint8")
    path = tmp_path / "slide.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(array, subifds=1, photometric="rgb", metadata={"axes": "YXS"})
        writer.write(array[::2, ::2], subfiletype=1, photometric="rgb")
    assert_level(path, 1, array[::2, ::2].transpose(2, 0, 1)[None, None])


def test_levels_of_each_scene_are_its_own(tmp_path):
    path = tmp_path / "two.ome.tif"
    arrays = [numbered((1, 1, 1, 64, 64)), numbered((1, 1, 1, 32, 48)) + 1]
    with tifffile.TiffWriter(path, ome=True) as writer:
        for array in arrays:
            writer.write(array[0, 0, 0], subifds=1, metadata={"axes": "YX"})
            writer.write(array[0, 0, 0, ::2, ::2], subfiletype=1)
    for scene, array in enumerate(arrays):
        assert_level(path, 1, array[..., ::2, ::2], scene)


@pytest.mark.parametrize("version", [2, 3])
def test_levels_of_an_ome_zarr_may_have_fewer_planes(tmp_path, version):
    array = numbered((2, 2, 8, 10, 12))
    scales = [[2.5, 1.0, 0.3, 0.1, 0.1], [2.5, 1.0, 0.6, 0.2, 0.2], [2.5, 1.0, 1.2, 0.4, 0.4]]
    path = write_group(tmp_path / "a.zarr", {"multiscales": [multiscale("tczyx", scales)]}, version)
    for level in range(3):
        step = 2**level
        coarse = np.ascontiguousarray(array[..., ::step, ::step, ::step])
        write_array(path / str(level), coarse, version)
    for level, step in ((1, 2), (2, 4)):
        coarse = array[..., ::step, ::step, ::step]
        assert_level(path, level, coarse.transpose(0, 2, 1, 3, 4))
    assert inspect_stack(path).level_shapes == ((2, 4, 2, 5, 6), (2, 2, 2, 3, 3))


@pytest.mark.parametrize("packing", ["", "zstd1:"])
@pytest.mark.parametrize("steps", [(2, 4), (3, 6)])
def test_levels_of_a_czi(tmp_path, packing, steps):
    array = numbered((2, 2, 2, 49, 128))
    path = tmp_path / "a.czi"
    copies = write_pyramid(path, array, steps, packing)
    assert_level(path, 0, array)
    for level, copy in enumerate(copies.values(), start=1):
        assert_level(path, level, copy)


def test_a_czi_without_pyramid_has_no_levels(shared_data):
    for path in sorted(shared_data.glob("czi_*/*.czi")):
        assert inspect_stack(path).level_shapes == ()
        with pytest.raises(UsageError, match="has no level 1"):
            open_stack(path, level=1)


@pytest.mark.parametrize(
    ("copies", "steps"),
    [
        ([(0, 64), (1, 64)], (2,)),
        ([(0, 64)], ()),
        ([(0, 64), (1, 40)], ()),
        ([(0, 64), (1, 63)], (2,)),
        ([], ()),
    ],
    ids=["all", "a plane missing", "a part missing", "half a pixel missing", "none"],
)
def test_only_whole_pyramids_of_a_czi_are_levels(copies, steps):
    pieces = [Piece(0, {"Z": z}, (0, 0, 64, 48), "Gray8", "") for z in (0, 1)]
    pieces += [Piece(0, {"Z": z}, (0, 0, width, 48), "Gray8", "", 2) for z, width in copies]
    assert arrange(pieces, 1 << 20)[0].steps == steps


def write_ims_levels(path, arrays, padding=0):
    """Levels of (T, C, Z, Y, X), as Imaris pads each of them."""
    write_ims(path, arrays[0], padding=padding, ExtMin0=0, ExtMax0=5)
    for number, array in enumerate(arrays[1:], start=1):
        other = path.with_name(f"level{number}.ims")
        write_ims(other, array, padding=padding)
        with h5py.File(path, "a") as file, h5py.File(other) as coarse:
            coarse.copy(
                coarse["DataSet/ResolutionLevel 0"], file["DataSet"], f"ResolutionLevel {number}"
            )
    return path


@pytest.mark.parametrize("padding", [0, 3])
def test_levels_of_an_imaris_file(tmp_path, padding):
    array = numbered((2, 2, 4, 8, 10))
    arrays = [array, array[..., ::2, ::2] + 1, array[..., ::2, ::4, ::4] + 2]
    path = write_ims_levels(tmp_path / "a.ims", arrays, padding)
    for level, coarse in enumerate(arrays):
        assert_level(path, level, coarse.swapaxes(1, 2))
    assert inspect_stack(path).level_shapes == ((2, 4, 2, 4, 5), (2, 2, 2, 2, 3))


def test_damage_in_a_level_of_an_imaris_file(tmp_path):
    array = numbered((1, 1, 4, 8, 10))
    path = write_ims_levels(tmp_path / "a.ims", [array, array[..., ::2, ::2]])
    with h5py.File(path, "a") as file:
        del file["DataSet/ResolutionLevel 1/TimePoint 0/Channel 0/Data"]
    assert inspect_stack(path).level_shapes == ()
    with pytest.raises(FileUnreadable, match=r"a\.ims is damaged"):
        open_stack(path, level=1)


@pytest.mark.parametrize(("name", "ending"), [("ome-tiff", ".ome.tif"), ("ome-zarr", ".ome.zarr")])
def test_levels_that_this_program_writes(tmp_path, name, ending):
    array = numbered((1, 2, 1, 30, 2100), "uint8")
    path = tmp_path / f"a{ending}"
    export_stack(
        array_stack(array), path, name, PROVENANCE, overwrite=False, report=lambda *_: None
    )
    info = inspect_stack(path)
    assert info.level_shapes
    for level, shape in enumerate(info.level_shapes, start=1):
        found, coarse = read_level(path, level)
        assert found.shape == coarse.shape == shape
        folder = path / str(level)
        stored = (
            zarr.open_array(folder, mode="r")[...]
            if path.is_dir()
            else tifffile.imread(path, series=0, level=level)
        )
        np.testing.assert_array_equal(found.reshape(stored.shape), stored)


@pytest.mark.parametrize("level", [-1, 3, 99])
def test_a_missing_level_is_refused(tmp_path, level):
    array = numbered((1, 1, 1, 64, 64))
    path = pyramid_tiff(tmp_path / "a.ome.tif", array, "TZCYX")
    with pytest.raises(UsageError, match=f"a.ome.tif has no level {level}") as caught:
        open_stack(path, level=level)
    assert caught.value.remedy == "Choose one from 0, the finest, to 2."
    (path).unlink()  # nothing holds it open


def test_a_format_without_levels_refuses_them(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, numbered((3, 4, 5)))
    assert inspect_stack(path).level_shapes == ()
    with pytest.raises(UsageError, match=r"a\.npy has no level 1"):
        open_stack(path, level=1)


def test_a_typed_voxel_size_is_that_of_the_finest(tmp_path):
    path = write_image(tmp_path / "a.zarr", numbered((3, 8, 10)), "zyx")
    _, info = read_level(path, 1, voxel_size="0.5,0.2,0.1")
    size = info.calibration
    assert (size.z_um, size.y_um, size.x_um, size.source) == (0.5, 0.4, 0.2, "typed")


def test_typed_axes_hold_for_levels_with_all_planes(tmp_path):
    array = numbered((6, 8, 10))
    path = write_image(tmp_path / "a.zarr", array, "zyx")
    assert inspect_stack(path, axes="T2C3").level_shapes == ((2, 1, 3, 4, 5),)
    found, info = read_level(path, 1, axes="T2C3")
    np.testing.assert_array_equal(found, array[:, ::2, ::2].reshape(2, 1, 3, 4, 5))
    assert (info.axes, info.level) == ("T2C3", 1)


@pytest.mark.parametrize("level", [1, 2])
def test_typed_axes_leave_out_levels_with_fewer_planes(tmp_path, level):
    array = numbered((8, 8, 8))
    path = write_group(tmp_path / "a.zarr", {"multiscales": [multiscale("zyx", [[1.0] * 3] * 3)]})
    for number, volume in enumerate((array, array[::2, ::2, ::2], array[::2, ::4, ::4])):
        write_array(path / str(number), np.ascontiguousarray(volume))
    assert len(inspect_stack(path).level_shapes) == 2
    assert inspect_stack(path, axes="T").level_shapes == ()
    with pytest.raises(UsageError, match=f"has no level {level}"):
        open_stack(path, axes="T", level=level)


def test_levels_of_other_channels_or_types_are_none(tmp_path):
    array = numbered((2, 8, 8))
    for number, coarse in enumerate((array[:1, ::2, ::2], array[:, ::2, ::2].astype("float32"))):
        scales = [[1.0, 1.0, 1.0]] * 2
        path = write_group(
            tmp_path / f"{number}.zarr", {"multiscales": [multiscale("cyx", scales)]}
        )
        write_array(path / "0", array)
        write_array(path / "1", np.ascontiguousarray(coarse))
        assert inspect_stack(path).level_shapes == ()


def test_a_level_that_is_missing_leaves_the_others(tmp_path):
    array = numbered((3, 8, 10))
    path = write_image(tmp_path / "a.zarr", array, "zyx")
    for part in sorted((path / "1").rglob("*"), reverse=True):
        part.unlink() if part.is_file() else part.rmdir()
    assert inspect_stack(path).level_shapes == ()
    with pytest.raises(FileUnreadable, match="its part 1 is missing"):
        open_stack(path, level=1)


def test_damage_in_a_level_is_a_sentence(tmp_path):
    array = numbered((1, 1, 1, 64, 64))
    path = pyramid_tiff(tmp_path / "a.ome.tif", array, "TZCYX", compression="zlib")
    with tifffile.TiffFile(path) as tif:
        page = tif.series[0].levels[1].pages[0]
        start, count = page.dataoffsets[0], page.databytecounts[0]
    content = bytearray(path.read_bytes())
    content[start : start + count] = b"\0" * count
    path.write_bytes(content)
    with closing(open_stack(path)) as stack:
        np.testing.assert_array_equal(stack.read(Region.whole(array.shape)), array)
    with pytest.raises(FileUnreadable, match=r"a\.ome\.tif is damaged") as caught:
        read_level(path, 1)
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["a.ome.tif", "a.czi", "a.ims"])
def test_damaged_pyramids_end_in_sentences(tmp_path, name, capfd):
    path, array = tmp_path / name, numbered((1, 2, 2, 64, 64))
    if name == "a.czi":
        write_pyramid(path, array)
    elif name == "a.ims":
        write_ims_levels(path, [array, array[..., ::2, ::2], array[..., ::2, ::4, ::4]])
    else:
        pyramid_tiff(path, array, "TZCYX", compression="zlib")
    whole = path.read_bytes()
    with closing(open_stack(path)) as stack:
        count = len(stack.info.level_shapes)
    assert count == 2
    for seed in range(60):
        random = np.random.default_rng(seed)
        path.write_bytes(whole)
        reach = len(whole) if seed % 2 else 8000
        change_bytes(path, random.integers(reach - 8000, reach, 12), random.integers(0, 256, 12))
        for level in range(count + 1):
            with suppress(FileUnreadable, UsageError):
                found, info = read_level(path, level)
                assert found.shape == info.shape
    assert capfd.readouterr() == ("", "")
