"""Micro-Manager folders with a file per plane, old and new; against what was written."""

import re
from contextlib import closing, suppress

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.formats import READERS
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.stacks import inspect_stack, is_stack_folder, open_stack
from tests.io.reading_for_tests import assert_regions_equal_whole, read
from tests.io.sequences_for_tests import planes, write_new_micromanager, write_old_micromanager
from tests.io.stacks_for_tests import numbered


def assert_described(info):
    assert info.reader == READERS["micromanager"].name
    assert [channel.name for channel in info.channels] == ["GFP", "DAPI"]
    assert [channel.colour for channel in info.channels] == ["#00ff00", "#0000ff"]
    found = info.calibration
    assert (found.z_um, found.y_um, found.x_um) == (0.5, 0.108, 0.108)
    assert (found.time_interval_s, found.source) == (2.0, "file")
    assert info.significant_bits == 12
    assert '"MicroManagerVersion"' in info.metadata_text


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_version_1_names_channels_in_the_files(tmp_path, dtype):
    array = planes(dtype)
    folder = write_old_micromanager(tmp_path / "acq_1", array)
    np.testing.assert_array_equal(assert_regions_equal_whole(folder), array)
    info = inspect_stack(folder)
    assert_described(info)
    assert (info.scene_names, info.warnings) == (("acq_1",), ())


def test_version_2_has_a_folder_for_every_position(tmp_path):
    arrays = {f"{i}-well B{i}": numbered((2, 3, 2, 9, 11 + i)) for i in (10, 9, 2)}
    root = write_new_micromanager(tmp_path / "acq_1", arrays)
    info = inspect_stack(root)
    assert_described(info)
    assert info.scene_names == tuple(arrays)
    for scene, array in enumerate(arrays.values()):
        np.testing.assert_array_equal(read(root, scene=scene)[0], array)
    assert inspect_stack(root / "9-well B9").scene_names == ("9-well B9",)
    with pytest.raises(UsageError, match="no dataset 3"):
        open_stack(root, 3)


def test_positions_of_version_1_are_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 2, 0):
        write_old_micromanager(tmp_path / f"Pos{number}", planes() + number)
    assert inspect_stack(tmp_path).scene_names == ("Pos0", "Pos2", "Pos10")
    np.testing.assert_array_equal(read(tmp_path, scene=2)[0], planes() + 10)


def test_acquisitions_beside_each_other_are_no_positions(tmp_path):
    for name in ("monday_1", "monday_2"):
        write_old_micromanager(tmp_path / name, planes())
    assert not is_stack_folder(tmp_path)
    assert is_stack_folder(tmp_path / "monday_1")


def test_signs_that_disks_refuse_lack_in_the_names_of_files(tmp_path):
    folder = write_old_micromanager(tmp_path, planes(), ChNames=["Z-488", "A-405"])
    text = (folder / "metadata.txt").read_text(encoding="utf-8")
    told = text.replace('["Z-488", "A-405"]', '["Z/488", "A/405"]')
    (folder / "metadata.txt").write_text(told, encoding="utf-8")
    whole, info = read(folder)
    np.testing.assert_array_equal(whole, planes())
    assert [channel.name for channel in info.channels] == ["Z/488", "A/405"]


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.3, 0.6, 0.99])
def test_a_description_that_breaks_off_leaves_the_planes(tmp_path, kept):
    array = planes()
    folder = write_new_micromanager(tmp_path, {"Default": array}) / "Default"
    content = (folder / "metadata.txt").read_bytes()
    (folder / "metadata.txt").write_bytes(content[: int(len(content) * kept)])
    whole, info = read(folder)
    np.testing.assert_array_equal(whole, array)
    assert len(info.channels) == 2
    if kept >= 0.3:
        assert_described(info)


def test_the_pixel_size_of_a_plane_stands_in_for_that_of_the_summary(tmp_path):
    info = inspect_stack(write_old_micromanager(tmp_path, planes(), PixelSize_um=0))
    assert (info.calibration.x_um, info.calibration.y_um) == (0.2, 0.2)


def test_planes_that_were_left_out_read_as_zero(tmp_path):
    array = planes()
    folder = write_old_micromanager(tmp_path, array)
    for name in ("img_000000000_DAPI_000.tif", "img_000000001_DAPI_002.tif"):
        (folder / name).unlink()
    array[0, 0, 1] = array[1, 2, 1] = 0
    whole, info = read(folder)
    np.testing.assert_array_equal(whole, array)
    assert info.warnings == ("2 planes have no file in the folder, and read as 0.",)


def test_a_number_far_from_the_others_is_refused(tmp_path):
    folder = write_old_micromanager(tmp_path, planes())
    first = folder / "img_000000000_GFP_000.tif"
    first.rename(folder / "img_999999999_GFP_000.tif")
    with pytest.raises(FileUnreadable, match="nearly all"):
        open_stack(folder)


def test_a_folder_without_its_description_is_a_sequence_by_names(tmp_path):
    array = planes()
    folder = write_new_micromanager(tmp_path, {"Default": array}) / "Default"
    (folder / "metadata.txt").unlink()
    whole, info = read(folder)
    assert info.reader == "tiff_sequence"
    np.testing.assert_array_equal(whole, array)


def test_the_fingerprint_covers_every_file(tmp_path):
    folder = write_old_micromanager(tmp_path, planes())
    before = sha256_of_file(folder)
    tifffile.imwrite(folder / "img_000000001_DAPI_002.tif", numbered((9, 11)))
    assert sha256_of_file(folder) != before
    assert re.fullmatch("[0-9a-f]{64}", before)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("name", ["metadata.txt", "img_000000000_GFP_000.tif"])
def test_damage_is_survived(tmp_path, seed, name):
    folder = write_old_micromanager(tmp_path, numbered((1, 1, 2, 9, 11)))
    damaged = bytearray((folder / name).read_bytes())
    random = np.random.default_rng(seed)
    for place in random.integers(0, len(damaged), 20):
        damaged[place] = random.integers(0, 256)
    (folder / name).write_bytes(damaged)
    with suppress(FileUnreadable), closing(open_stack(folder)) as stack:
        assert stack.read(Region.whole(stack.info.shape)).shape == stack.info.shape
