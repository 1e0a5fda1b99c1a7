"""Folders of TIFF files with a plane in each, told by their names; against what was written."""

import tracemalloc
from contextlib import closing, suppress

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.errors import FileUnreadable, OutputUnwritable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.export import export_stack, result_name
from gvtstudio.io.formats.sequence_names import read_names
from gvtstudio.io.formats.tiff_header import page_header
from gvtstudio.io.pairs import pair_files
from gvtstudio.io.stacks import inspect_stack, is_stack_folder, open_stack
from tests.io.reading_for_tests import (
    assert_damage_is_survived,
    assert_regions_equal_whole,
    read,
)
from tests.io.sequences_for_tests import planes, write_sequence
from tests.io.stacks_for_tests import PROVENANCE, numbered


@pytest.mark.parametrize(
    "pattern",
    [
        "name_t{t:03d}_z{z:03d}_c{c}.tif",
        "cells 3_ch{c:02d}_T{t}_Z{z:02d}.TIFF",
        "a-slice{z}-time{t}-channel{c}.tif",
        "2026-11-22_pos1_t_{t:02d}_z={z}_w{c}.tif",
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_letters_say_what_numbers_count(tmp_path, pattern, dtype):
    array = planes(dtype)
    folder = write_sequence(tmp_path / "cells 0.5 um", pattern, array)
    assert is_stack_folder(folder)
    np.testing.assert_array_equal(assert_regions_equal_whole(folder), array)
    info = inspect_stack(folder)
    assert (info.name, info.reader, info.axes_assumed) == ("cells 0.5 um", "tiff_sequence", "")
    assert "12 files" in info.warnings[0]
    assert "drop the files" in info.warnings[0]


def test_filters_of_metamorph_name_channels(tmp_path):
    array = planes()
    for t, c in np.ndindex(2, 2):
        name = f"a_w{c + 1}{('DAPI', 'CSU 488-L')[c]}_t{t + 1}.TIF"
        tifffile.imwrite(tmp_path / name, array[t, 0, c])
    whole, info = read(tmp_path)
    np.testing.assert_array_equal(whole, array[:, :1])
    assert [channel.name for channel in info.channels] == ["DAPI", "CSU 488-L"]


def test_stage_positions_are_scenes(tmp_path):
    array = planes()
    for t, z in np.ndindex(2, 3):
        tifffile.imwrite(tmp_path / f"x_s{t + 8}_z{z}.tif", array[t, z, 0])
    info = inspect_stack(tmp_path)
    assert info.scene_names == ("s8", "s9")
    np.testing.assert_array_equal(read(tmp_path, scene=1)[0][0, :, 0], array[1, :, 0])
    with pytest.raises(UsageError, match="no dataset 2"):
        open_stack(tmp_path, 2)


def test_one_running_number_is_asked_for(tmp_path):
    array = numbered((1, 12, 1, 7, 9))
    folder = write_sequence(tmp_path, "img_{z}.tif", array)
    whole, info = read(folder)
    np.testing.assert_array_equal(whole, array)
    assert "12 slices" in info.axes_assumed
    assert info.axes_assumed in info.warnings
    with closing(open_stack(folder, axes="T6C")) as stack:
        assert stack.info.shape == (6, 1, 2, 7, 9)
        assert stack.info.axes_assumed == ""
        np.testing.assert_array_equal(
            stack.read(Region.whole(stack.info.shape))[4, 0, 1], array[0, 9, 0]
        )


def test_planes_without_a_file_read_as_zero_and_are_told(tmp_path):
    array = planes()
    folder = write_sequence(tmp_path, "n_t{t}_z{z}_c{c}.tif", array)
    (folder / "n_t2_z2_c1.tif").unlink()
    expected = array.copy()
    expected[1, 1, 0] = 0
    whole, info = read(folder)
    np.testing.assert_array_equal(whole, expected)
    assert "1 plane has no file" in info.warnings[1]


def test_the_room_of_a_missing_time_is_kept(tmp_path):
    for t in (10, 20, 40, 50, 60):
        tifffile.imwrite(tmp_path / f"a_t{t:03d}.tif", np.full((4, 5), t, "uint8"))
    whole, _ = read(tmp_path)
    assert whole[:, 0, 0, 0, 0].tolist() == [10, 20, 0, 40, 50, 60]


def test_numbers_without_a_common_step_are_taken_in_their_order(tmp_path):
    for t in (1, 2, 50, 99):
        tifffile.imwrite(tmp_path / f"a_t{t}.tif", np.full((4, 5), t, "uint8"))
    whole, info = read(tmp_path)
    assert whole[:, 0, 0, 0, 0].tolist() == [1, 2, 50, 99]
    assert "not evenly spaced" in info.warnings[1]


def test_colour_pictures_are_one_stack_of_colours(tmp_path):
    array = numbered((4, 6, 7, 3), "uint8")
    for z in range(4):
        tifffile.imwrite(tmp_path / f"p_z{z}.tif", array[z], photometric="rgb")
    whole, info = read(tmp_path)
    assert info.is_rgb
    np.testing.assert_array_equal(whole[0], np.moveaxis(array, 3, 1))


@pytest.mark.parametrize(
    "names",
    [
        ["a_1.tif", "a_2.tif"],
        ["a_1_x_1.tif", "a_2_x_2.tif", "a_3_x_3.tif"],
        ["cell1.tif", "cell2.tif", "embryo3.tif"],
        ["a_s1.tif", "a_s2.tif", "a_s3.tif"],
        ["a_t1.tif", "a_t01.tif", "a_t2.tif"],
        ["a_t1_z1.tif", "a_t2_z2.tif", "a_t3_z3.tif"],
        ["a_t1_5.tif", "a_t2_6.tif", "a_t3_7.tif"],
        ["a_w1DAPI.tif", "a_w1GFP.tif"],
        ["1.tif"],
        [],
    ],
)
def test_names_that_are_no_sequence(tmp_path, names):
    for name in names:
        tifffile.imwrite(tmp_path / name, numbered((6, 7)))
    assert read_names(names) is None
    assert not is_stack_folder(tmp_path)


@pytest.mark.parametrize("change", ["size", "type", "pages", "other", "empty"])
def test_images_that_are_no_planes_alike_are_no_sequence(tmp_path, change):
    folder = write_sequence(tmp_path, "img_{z:03d}.tif", numbered((1, 5, 1, 8, 8)))
    assert is_stack_folder(folder)
    odd = {
        "size": numbered((8, 9)),
        "type": numbered((8, 8), "int16"),
        "pages": numbered((2, 8, 8)),
        "other": numbered((8, 8)),
    }
    if change == "empty":
        (folder / "img_003.tif").write_bytes(b"")
    else:
        name = "overview.lsm" if change == "other" else "img_003.tif"
        tifffile.imwrite(folder / name, odd[change], photometric="minisblack")
    assert not is_stack_folder(folder)


def ome_of_files(names):
    """OME-XML of one slice in each file, all of which know the others."""
    blocks = "".join(
        f'<TiffData FirstZ="{z}" FirstC="0" FirstT="0" IFD="0" PlaneCount="1">'
        f'<UUID FileName="{name}">urn:uuid:{z}</UUID></TiffData>'
        for z, name in enumerate(names)
    )
    return [
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        f'UUID="urn:uuid:{z}"><Image ID="Image:0"><Pixels ID="Pixels:0" SizeX="7" SizeY="6" '
        f'SizeZ="{len(names)}" SizeC="1" SizeT="1" Type="uint16" DimensionOrder="XYZCT" '
        'PhysicalSizeZ="0.25"><Channel ID="Channel:0" Name="GFP" SamplesPerPixel="1"/>'
        f"{blocks}</Pixels></Image></OME>"
        for z in range(len(names))
    ]


@pytest.mark.parametrize("knows_others", [True, False])
def test_files_of_an_ome_dataset(tmp_path, knows_others):
    array = numbered((3, 6, 7))
    names = [f"p_z{z}.ome.tif" for z in range(3)]
    for name, plane, text in zip(names, array, ome_of_files(names), strict=True):
        told = text if knows_others else ome_of_files([name])[0]
        tifffile.imwrite(tmp_path / name, plane, description=told, metadata=None)
    whole, info = read(tmp_path)
    np.testing.assert_array_equal(whole[0, :, 0], array)
    assert (info.path, info.channels[0].name) == (str(tmp_path), "GFP")
    assert info.calibration.z_um == 0.25
    assert "3 files" in info.warnings[0]


def test_planes_of_harmony_are_not_stage_positions():
    names = [f"r02c03f01p{p:02d}-ch{c}sk1fk1fl1.tiff" for p in (1, 2, 3) for c in (1, 2)]
    assert read_names(names).sizes == (1, 3, 2)


def test_a_file_that_changes_later_is_a_sentence(tmp_path):
    folder = write_sequence(tmp_path, "img_{z:03d}.tif", numbered((1, 5, 1, 8, 8)))
    with closing(open_stack(folder)) as stack:
        tifffile.imwrite(folder / "img_003.tif", numbered((8, 9)))
        with pytest.raises(FileUnreadable, match=r"img_003\.tif differs in size"):
            stack.read(Region.whole(stack.info.shape))
        (folder / "img_003.tif").unlink()
        with pytest.raises(FileUnreadable, match="not found"):
            stack.read(Region.whole(stack.info.shape))
        assert stack.read(Region.whole(stack.info.shape).only(z=0)).shape == (1, 1, 1, 8, 8)


@pytest.mark.parametrize("seed", range(60))
def test_damage_of_any_file_is_survived(tmp_path, seed):
    folder = write_sequence(tmp_path, "n_z{z}_c{c}.tif", numbered((1, 2, 2, 8, 8)))
    damaged = folder / f"n_z{1 + seed % 2}_c1.tif"
    assert_damage_is_survived(damaged, seed)
    if is_stack_folder(folder):
        with suppress(FileUnreadable):
            voxels, info = read(folder)
            assert voxels.shape == info.shape


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.1, 0.5])
def test_a_header_that_is_cut_tells_nothing(tmp_path, kept):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, numbered((4, 4)), bigtiff=kept > 0.1)
    whole = page_header(path)
    assert whole[:5] == (4, 4, 16, 1, 1)
    content = path.read_bytes()
    path.write_bytes(content[: int(12 + kept * 100)])
    assert page_header(path) is None


def test_opening_reads_no_pixels_and_few_files_stay_open(tmp_path):
    array = numbered((1, 80, 1, 256, 256))
    folder = write_sequence(tmp_path, "img_{z:03d}.tif", array)
    read(folder, Region((0, 1), (0, 1), (0, 1), (0, 1), (0, 1)))
    tracemalloc.start()
    try:
        with closing(open_stack(folder)) as stack:
            assert tracemalloc.get_traced_memory()[1] < 4 * 256 * 256 * 2
            column = stack.read(Region((0, 1), (0, 80), (0, 1), (5, 6), (7, 8)))
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(column.ravel(), array[0, :, 0, 5, 7])
    for path in folder.iterdir():
        path.unlink()


def test_folders_of_pairs_go_on_showing_their_files(tmp_path):
    for name in ("low", "high"):
        write_sequence(tmp_path / name, "img_t{t}.tif", planes()[:, :1, :1])
    pairs = pair_files(tmp_path / "low", tmp_path / "high")
    assert [low.name for low, _ in pairs] == ["img_t1.tif", "img_t2.tif"]


def test_results_have_the_name_of_the_folder_and_stay_out_of_it(tmp_path):
    folder = write_sequence(tmp_path / "cells 0.5 um", "img_t{t}.tif", planes()[:, :1, :1])
    assert result_name(folder, "denoised", "", ".ome.tif") == "cells 0.5 um_denoised.ome.tif"
    with closing(open_stack(folder)) as stack, pytest.raises(OutputUnwritable, match="original"):
        export_stack(
            stack, folder / "a.tif", "imagej-tiff", PROVENANCE,
            overwrite=False, report=lambda *_: None,
        )  # fmt: skip


def test_a_real_series_of_sections(shared_data):
    folder = shared_data / "celegans_em_series"
    whole, info = read(folder)
    expected = tifffile.imread(sorted(folder.glob("*.tif")))
    assert info.shape == (1, 21, 1, 256, 256)
    np.testing.assert_array_equal(whole[0, :, 0], expected)


def test_real_channels_of_harmony(shared_data):
    folder = shared_data / "cellpaint_bf5"
    whole, info = read(folder)
    assert info.shape == (1, 1, 6, 1080, 1080)
    np.testing.assert_array_equal(whole[0, 0], tifffile.imread(sorted(folder.glob("*.tiff"))))
