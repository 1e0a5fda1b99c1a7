"""OIB and OIF: a real file against the library's own reading, others against what was written."""

import shutil
import struct
import threading
import time
from contextlib import closing

import numpy as np
import oiffile
import pytest
import tifffile

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.oif_for_tests import (
    SECTOR,
    container,
    lut,
    main_settings,
    pack,
    plane_files,
    plane_name,
    write_folder,
)
from tests.io.reading_for_tests import (
    MOST_SECONDS,
    assert_damage_is_survived,
    assert_regions_equal_whole,
    cut,
    read,
    refused,
)
from tests.io.stacks_for_tests import numbered


@pytest.fixture
def real(shared_data):
    """Mitochondria in two colours, and transmitted light."""
    return shared_data / "oib_mito" / "test.oib"


def small(folder, shape=(2, 3, 2, 9, 11), kind="oif", **options):
    """A dataset of two channels, as a folder or as one file."""
    array = numbered(shape)
    path = write_folder(folder / "cell.oif", plane_files(array), **options)
    return (path if kind == "oif" else pack(path, folder / "cell.oib")), array


def test_the_real_file_is_read_as_the_library_reads_it(real):
    whole = assert_regions_equal_whole(real)
    np.testing.assert_array_equal(whole[0, 0], oiffile.imread(real))


def test_the_real_file_is_described(real):
    info = inspect_stack(real)
    assert (info.shape, info.dtype, info.significant_bits) == ((1, 1, 3, 256, 256), "uint16", 12)
    assert info.calibration == Calibration(None, 0.177, 0.177, None, "file")
    assert info.channels == (
        Channel("CH1", "#00ff00", None, 488.0),
        Channel("Alexa Fluor 546", "#ff0000", 572.0, 543.0),
        Channel("TD1", "#ffffff", None, 543.0),
    )
    assert (info.reader, info.file_axes, info.scene_names) == ("oif", "CYX", ("Image",))
    assert info.metadata_text.startswith("[Acquisition Parameters Common]")
    assert "UserComment=" in info.metadata_text
    assert "\r" not in info.metadata_text
    assert info.warnings == ()


def test_the_real_file_taken_apart_is_the_same(real, tmp_path):
    oiffile.oib2oif(real, tmp_path, verbose=0)
    path = next(tmp_path.glob("*.oif"))
    one, other = read(real), read(path)
    np.testing.assert_array_equal(one[0], other[0])
    assert one[1].channels == other[1].channels
    assert one[1].calibration == other[1].calibration
    assert one[1].metadata_text == other[1].metadata_text


@pytest.mark.parametrize("kind", ["oif", "oib"])
@pytest.mark.parametrize(
    "shape", [(2, 3, 2, 9, 11), (1, 3, 1, 9, 11), (12, 1, 1, 9, 11), (1, 1, 1, 9, 11)]
)
def test_time_slices_and_channels_are_told_apart(tmp_path, shape, kind):
    path, array = small(tmp_path, shape, kind)
    whole = assert_regions_equal_whole(path)
    np.testing.assert_array_equal(whole, array)


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("kind", ["oif", "oib"])
def test_what_the_settings_say(tmp_path, kind, wide):
    path, _ = small(tmp_path, kind=kind, wide=wide, s_LUT1_lut=lut(255, 128, 0))
    info = inspect_stack(path)
    assert info.calibration == Calibration(0.4, 0.21, 0.2, 2.5, "file")
    assert info.channels == (Channel("DAPI", "#0080ff", 461, 405), Channel("TD1", "", None, 405))
    assert info.file_axes == "TZCYX"


def test_a_series_without_positions_goes_by_its_plan(tmp_path):
    axis = {"AxisCode": "Z", "MaxSize": 0, "PixUnit": "nm", "Interval": -333}
    path, _ = small(tmp_path, sections=main_settings(Axis_3_Parameters_Common=axis))
    assert inspect_stack(path).calibration.z_um == 0.333


def test_wavelengths_become_channels(tmp_path):
    array = numbered((4, 9, 11))
    planes = {plane_name(C=1, L=i + 1): plane for i, plane in enumerate(array)}
    voxels, info = read(write_folder(tmp_path / "a.oif", planes))
    np.testing.assert_array_equal(voxels[0, 0], array)
    assert [channel.name for channel in info.channels] == [
        f"DAPI {nm} nm" for nm in (500, 520, 540, 560)
    ]
    assert [channel.emission_wavelength_nm for channel in info.channels] == [500, 520, 540, 560]
    assert info.file_axes == "LCYX"
    assert "4 wavelengths" in info.warnings[0]


def test_points_are_datasets(tmp_path):
    array = numbered((2, 3, 9, 11))
    planes = {
        plane_name(C=1, Z=z + 1, P=p + 1): array[p, z] for p in range(2) for z in range(3)
    }  # fmt: skip
    path = write_folder(tmp_path / "a.oif", planes)
    for scene in range(2):
        voxels, info = read(path, scene=scene)
        np.testing.assert_array_equal(voxels[0, :, 0], array[scene])
        assert info.scene_names == ("Point 1", "Point 2")
    with pytest.raises(UsageError, match="no dataset 2"):
        open_stack(path, 2)


def test_a_scan_along_x_and_z_is_shown_as_a_plane(tmp_path):
    sections = main_settings(
        Axis_Parameter_Common={"AxisOrder": "XZC"},
        Reference_Image_Parameter={
            "WidthConvertValue": 0.2, "WidthUnit": "um", "HeightConvertValue": 400,
            "HeightUnit": "nm",
        },
    )  # fmt: skip
    path = write_folder(tmp_path / "a.oif", {plane_name(C=1): numbered((30, 11))}, sections)
    info = inspect_stack(path)
    assert (info.shape, info.file_axes) == ((1, 1, 1, 30, 11), "CZX")
    assert info.calibration == Calibration(None, 0.4, 0.2, None, "file")
    assert "along X and Z" in info.warnings[0]


def test_reference_pictures_and_thumbnails_are_left_out(tmp_path):
    path, array = small(tmp_path)
    folder = tmp_path / "cell.oif.files"
    for name in ("s_C001-R001.tif", "s_Thumb.tif"):
        shutil.copy(folder / plane_name(C=1, Z=1, T=1), folder / name)
    np.testing.assert_array_equal(read(path)[0], array)


def test_channels_keep_the_numbers_of_their_settings(tmp_path):
    path = write_folder(tmp_path / "a.oif", {plane_name(C=2): numbered((9, 11))})
    assert [channel.name for channel in inspect_stack(path).channels] == ["TD1"]


def test_missing_planes_are_told_and_read_as_0(tmp_path):
    path, array = small(tmp_path)
    (tmp_path / "cell.oif.files" / plane_name(C=2, Z=3, T=2)).unlink()
    voxels, info = read(path)
    assert "1 of its 12 planes are missing" in info.warnings[0]
    array[1, 2, 1] = 0
    np.testing.assert_array_equal(voxels, array)


def test_planes_that_vanish_while_it_is_open_are_a_sentence(tmp_path):
    path, _ = small(tmp_path)
    with closing(open_stack(path)) as stack:
        shutil.rmtree(tmp_path / "cell.oif.files")
        with pytest.raises(FileUnreadable, match="not found"):
            stack.read(Region.whole(stack.info.shape))


def test_without_its_folder_it_is_refused_with_the_way_out(tmp_path):
    path, _ = small(tmp_path)
    path = path.rename(tmp_path / "renamed.oif")
    error = refused(path)
    assert "renamed.oif.files" in error.message
    assert "together" in error.remedy


def test_brackets_in_a_name_are_no_pattern(tmp_path):
    array = numbered((2, 1, 1, 9, 11))
    path = write_folder(tmp_path / "cell [1].oif", plane_files(array))
    np.testing.assert_array_equal(read(path)[0], array)


def test_planes_of_another_size_are_found_when_read(tmp_path):
    planes = {plane_name(C=1): numbered((9, 11)), plane_name(C=2): numbered((9, 12))}
    path = write_folder(tmp_path / "a.oif", planes)
    assert "differs from the first" in refused(path).message


def test_colour_pictures_are_refused(tmp_path):
    path = write_folder(tmp_path / "a.oif", {plane_name(C=1): numbered((9, 11))})
    from_rgb = tmp_path / "a.oif.files" / plane_name(C=1)
    tifffile.imwrite(from_rgb, numbered((9, 11, 3), "uint8"), photometric="rgb")
    assert "colour" in refused(path).message


@pytest.mark.parametrize("kind", ["oif", "oib"])
def test_a_dataset_without_planes_is_refused(tmp_path, kind):
    path = write_folder(tmp_path / "a.oif", {})
    assert "no image" in refused(path if kind == "oif" else pack(path, tmp_path / "a.oib")).message


def test_other_compound_documents_are_refused(tmp_path):
    (tmp_path / "a.doc").write_bytes(container({"Contents": b"\0" * 900}))
    error = refused(tmp_path / "a.doc")
    assert "no file of Olympus" in error.message
    assert "Fiji" in error.remedy


def test_text_that_begins_with_a_bracket_is_no_dataset(tmp_path):
    (tmp_path / "a.ini").write_text("[Settings]\nx=1\n")
    assert "not an image" in refused(tmp_path / "a.ini").message


def test_a_chain_of_sectors_that_bites_its_tail_ends(tmp_path):
    """Such a ring is followed for ever by the library."""
    path, _ = small(tmp_path, kind="oib")
    content = bytearray(path.read_bytes())
    directory, table = (
        struct.unpack_from("<I", content, 48)[0],
        struct.unpack_from("<I", content, 76)[0],
    )
    struct.pack_into("<I", content, SECTOR * (table + 1) + 4 * directory, directory)
    path.write_bytes(content)
    start = time.monotonic()
    refused(path)
    assert time.monotonic() - start < MOST_SECONDS


@pytest.mark.parametrize(("offset", "number"), [(44, 2**31), (72, 2**32 - 1)])
def test_tables_larger_than_the_file_are_not_looked_for(tmp_path, offset, number):
    path, _ = small(tmp_path, kind="oib")
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, offset, number)
    # a chain of tables that leads to itself
    struct.pack_into("<I", content, 68, 0)
    path.write_bytes(content)
    start = time.monotonic()
    refused(path)
    assert time.monotonic() - start < MOST_SECONDS


@pytest.mark.parametrize("kept", [0.01, 0.1, 0.5, 0.9])
def test_truncated_file(tmp_path, kept):
    refused(cut(small(tmp_path, kind="oib")[0], kept))


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.6, 0.98])
def test_a_truncated_plane_is_refused(tmp_path, kept):
    path, _ = small(tmp_path)
    cut(tmp_path / "cell.oif.files" / plane_name(C=1, Z=1, T=1), kept)
    refused(path)


@pytest.mark.parametrize("reach", [None, SECTOR])
@pytest.mark.parametrize("seed", range(40))
def test_random_damage_never_shows_a_traceback(tmp_path, seed, reach):
    path, _ = small(tmp_path, (1, 2, 2, 9, 11), kind="oib")
    assert_damage_is_survived(path, seed, reach)


@pytest.mark.parametrize("seed", range(20))
def test_damage_to_settings_and_planes_never_shows_a_traceback(tmp_path, seed):
    path, _ = small(tmp_path, (1, 2, 2, 9, 11), s_LUT1_lut=lut(1, 2, 3))
    assert_damage_is_survived(path, seed)
    for number, file in enumerate(sorted((tmp_path / "cell.oif.files").iterdir())):
        content = bytearray(file.read_bytes())
        for place in np.random.default_rng([seed, number]).integers(0, len(content), 4):
            content[place] ^= 0x55
        file.write_bytes(content)
    assert_damage_is_survived(path, seed)


def test_two_threads_read_one_stack(tmp_path):
    path, array = small(tmp_path, kind="oib")
    found = {}
    with closing(open_stack(path)) as stack:

        def take(t):
            for _ in range(5):
                found[t] = stack.read(Region.whole(stack.info.shape).only(t=t))[0]

        threads = [threading.Thread(target=take, args=(t,)) for t in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    np.testing.assert_array_equal(np.stack([found[0], found[1]]), array)
    path.unlink()
