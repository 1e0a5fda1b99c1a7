"""Reading XLEF: against liffile's own reading, of folders laid out here as LAS X does."""

import warnings
from contextlib import suppress

import numpy as np
import pytest
import tifffile
from liffile import LifFile

from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.lif_for_tests import Image, write_lof, write_xlef, write_xlif
from tests.io.reading_for_tests import assert_regions_equal_whole, change_bytes, read, refused
from tests.io.stacks_for_tests import numbered

STEPS = {"Z": (3e-7, "m"), "Y": (1e-7, "m"), "X": (1e-7, "m")}


def with_lof(folder, name, array, axes="ZYX", encoding="utf-8"):
    """An image in a LOF, and the XLIF that describes it."""
    image = Image(name, axes, array, steps=STEPS, dyes=("GFP", "DAPI")[: len(array)])
    folder.mkdir(parents=True, exist_ok=True)
    write_lof(folder / f"{name}.lof", image)
    files = [(f"{name}.lof".replace(" ", "%20"), 0, array.nbytes)]
    return write_xlif(folder / f"{name}.xlif", image, files, encoding)


def with_planes(folder, name, array, **fields):
    """An image (C, Z, Y, X) whose planes are TIFF files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, (c, z) in enumerate(np.ndindex(array.shape[:2])):
        tifffile.imwrite(folder / f"{name}_{z}_{c}.tif", array[c, z], compression="lzw")
        size = array[c, z].nbytes
        files.append((f"{name}_{z}_{c}.tif", number * size, size))
    image = Image(name, "ZYX", array, steps=STEPS, **fields)
    return write_xlif(folder / f"{name}.xlif", image, files)


@pytest.fixture
def experiment(tmp_path):
    """Two images, the second in a collection; one in a LOF, one in planes."""
    arrays = numbered((2, 3, 11, 13)), numbered((1, 4, 9, 7), "uint8")
    with_lof(tmp_path / "meta data", "first image", arrays[0])
    with_planes(tmp_path / "sub", "second", arrays[1])
    write_xlef(tmp_path / "sub" / "folder.xlcf", ["second.xlif"], "Folder", "Collection")
    files = [".%5Cmeta%20data%5Cfirst%20image.xlif", ".\\SUB\\folder.xlcf"]
    return write_xlef(tmp_path / "a.xlef", files), arrays


def test_an_experiment_lists_its_images(experiment):
    path, _ = experiment
    info = inspect_stack(path)
    with LifFile(path) as file:
        assert info.scene_names == tuple(image.path for image in file.images)
    assert info.scene_names == ("first image", "Folder/second")
    assert info.calibration.z_um == pytest.approx(0.3)
    assert [channel.name for channel in info.channels] == ["GFP", "DAPI"]
    assert (info.reader, info.warnings) == ("xlef", ())


@pytest.mark.parametrize("scene", [0, 1])
def test_voxels_are_those_of_the_library(experiment, scene):
    path, arrays = experiment
    found = assert_regions_equal_whole(path, scene)
    np.testing.assert_array_equal(found, arrays[scene].swapaxes(0, 1)[None])
    with LifFile(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = file.images[scene].asarray()
    np.testing.assert_array_equal(found.squeeze().ravel(), to_tzcyx(expected, arrays[scene]))


def to_tzcyx(expected, array):
    """The library has channels behind time and Z or in front, as they are stored."""
    by_channel = expected if expected.shape == array.squeeze().shape else expected.swapaxes(0, 1)
    return by_channel.reshape(array.shape).swapaxes(0, 1).ravel()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_single_image_in_any_encoding(tmp_path, encoding):
    array = numbered((1, 3, 8, 9))
    path = with_lof(tmp_path, "Zellen µ", array, encoding=encoding)
    found, info = read(path)
    assert info.scene_names == ("Zellen µ",)
    np.testing.assert_array_equal(found[0, :, 0], array[0])


def test_pictures_have_red_first_whatever_the_order_told(tmp_path):
    array = numbered((8, 9, 3), "uint8")
    tifffile.imwrite(tmp_path / "a_0.tif", array, photometric="rgb")
    image = Image("a", "YX", np.moveaxis(array, 2, 0), tags=(3, 2, 1))
    path = write_xlif(tmp_path / "a.xlif", image, [("a_0.tif", 0, array.nbytes)])
    found, info = read(path)
    assert info.is_rgb
    assert [channel.name for channel in info.channels] == ["Red", "Green", "Blue"]
    np.testing.assert_array_equal(found[0, 0], np.moveaxis(array, 2, 0))
    with LifFile(path) as file:
        np.testing.assert_array_equal(file.images[0].asarray(), array)


def test_grey_planes_written_as_colours(tmp_path):
    array = numbered((1, 1, 8, 9), "uint8")
    path = with_planes(tmp_path, "a", array)
    grey = np.repeat(array[0, 0][:, :, None], 3, axis=2)
    tifffile.imwrite(tmp_path / "a_0_0.tif", grey, photometric="rgb")
    np.testing.assert_array_equal(read(path)[0][0, 0, 0], array[0, 0])


def test_an_experiment_without_its_folder(tmp_path):
    path = write_xlef(tmp_path / "a.xlef", ["data/one.xlif", "data/two.xlif"])
    error = refused(path)
    assert "one.xlif" in error.message
    assert "whole folder" in error.remedy


def test_some_images_were_not_copied(experiment):
    path, _ = experiment
    (path.parent / "sub" / "second.xlif").unlink()
    info = inspect_stack(path)
    assert info.scene_names == ("first image",)
    assert "An image of the experiment is not beside it" in info.warnings[0]
    with pytest.raises(UsageError, match="no dataset 1"):
        open_stack(path, 1)


def test_voxels_that_were_not_copied(experiment):
    path, _ = experiment
    (path.parent / "sub" / "second_2_0.tif").unlink()
    with pytest.raises(FileUnreadable, match=r"second_2_0\.tif"):
        open_stack(path, 1)
    assert inspect_stack(path).scene_names == ("first image", "Folder/second")


@pytest.mark.parametrize(
    ("name", "remedy"), [("a.ome.tif", "Open that file."), ("a_0.jpg", "as LIF")]
)
def test_other_kinds_of_voxels_are_refused(tmp_path, name, remedy):
    (tmp_path / name).write_bytes(b"voxels")
    image = Image("a", "YX", numbered((1, 8, 9), "uint8"))
    path = write_xlif(tmp_path / "a.xlif", image, [(name, 0, 72)])
    error = refused(path)
    assert name in error.message
    assert remedy in error.remedy


def test_files_that_name_one_another_come_to_an_end(tmp_path):
    write_xlef(tmp_path / "b.xlcf", ["a.xlef", "b.xlcf"], "B", "Collection")
    path = write_xlef(tmp_path / "a.xlef", ["b.xlcf"])
    assert "holds no image" in refused(path).message


def test_sizes_that_cannot_be_are_refused_before_anything_is_read(tmp_path):
    path = with_planes(tmp_path, "a", numbered((1, 2, 8, 9), "uint8"))
    text = path.read_text().replace('NumberOfElements="2"', 'NumberOfElements="200000000"')
    path.write_text(text)
    with pytest.raises(FileUnreadable, match="announced larger"):
        open_stack(path)


def test_a_plane_of_another_size(experiment):
    path, _ = experiment
    tifffile.imwrite(path.parent / "sub" / "second_1_0.tif", numbered((3, 3), "uint8"))
    with pytest.raises(FileUnreadable, match="9 bytes instead of 63"):
        read(path, scene=1)


@pytest.mark.parametrize("seed", range(60))
def test_random_damage_ends_in_a_sentence(experiment, seed, capfd):
    path, _ = experiment
    random = np.random.default_rng(seed)
    files = sorted(p for p in path.parent.rglob("*") if p.is_file())
    file = files[seed % len(files)]
    places = random.integers(0, file.stat().st_size, random.integers(1, 20))
    change_bytes(file, places, random.integers(0, 256, len(places)))
    for scene in (0, 1):
        with suppress(FileUnreadable, UsageError):
            found, info = read(path, scene=scene)
            assert found.shape == info.shape
    assert capfd.readouterr() == ("", "")
