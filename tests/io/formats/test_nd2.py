"""Reading ND2: real files against the library's arrays, others as written here."""

import threading
import tracemalloc
from contextlib import closing, suppress

import nd2
import numpy as np
import pytest

from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.nd2_for_tests import frames_of, read, write_nd2
from tests.io.reading_for_tests import assert_scenes_survive, cut


@pytest.mark.parametrize(
    ("folder", "shape", "axes"),
    [
        ("nd2_cluster", (3, 10, 2, 31, 38), "TZCYX"),
        ("nd2_timelapse", (53, 1, 1, 64, 64), "TYX"),
        ("arcadia_multichannel", (1, 1, 4, 256, 256), "CYX"),
        ("arcadia_pbmc", (1, 1, 4, 256, 256), "CYX"),
        ("arcadia_zstack", (1, 11, 1, 128, 128), "ZYX"),
    ],
)
def test_real_files_equal_another_reading(shared_data, folder, shape, axes):
    (path,) = (shared_data / folder).glob("*.nd2")
    info = inspect_stack(path)
    assert (info.shape, info.dtype, info.reader) == (shape, "uint16", "nd2")
    with nd2.ND2File(path) as file:
        assert "".join(file.sizes) == axes
        np.testing.assert_array_equal(read(path).squeeze(), file.asarray())
        found = [channel.channel for channel in file.metadata.channels]
        assert [channel.name for channel in info.channels] == [meta.name for meta in found]


def test_real_metadata(shared_data):
    info = inspect_stack(next((shared_data / "nd2_cluster").glob("*.nd2")))
    size = info.calibration
    assert (size.z_um, size.x_um) == pytest.approx((0.5, 0.167809), rel=1e-5)
    first, second = info.channels
    assert (first.name, first.colour) == ("5-FAM/pH 9.0", "#78e90f")
    assert (first.emission_wavelength_nm, first.excitation_wavelength_nm) == (525, 488)
    assert (second.emission_wavelength_nm, info.significant_bits) == (700, 12)
    # the loop does not tell an interval, but each frame when it was taken: 445.083 and 21740.178 ms
    assert size.time_interval_s == pytest.approx((21_740.178 - 445.083) / 2000)
    series = inspect_stack(next((shared_data / "nd2_timelapse").glob("*.nd2")))
    assert series.calibration.time_interval_s == pytest.approx(0.50016)
    assert series.calibration.z_um is None
    assert inspect_stack(next((shared_data / "arcadia_zstack").glob("*.nd2"))).calibration.z_um == 6
    cells = inspect_stack(next((shared_data / "arcadia_pbmc").glob("*.nd2")))
    assert [channel.name for channel in cells.channels] == ["Mono", "DAPI", "FITC BP", "TRITC BP"]
    assert cells.channels[0].emission_wavelength_nm is None
    assert "Fusion, SN:500651" in cells.metadata_text
    assert "\r" not in cells.metadata_text


@pytest.mark.parametrize("order", ["TPZ", "PTZ", "ZPT", "TZP", "PZT", "ZTP"])
def test_positions_are_datasets(tmp_path, order):
    lengths = {"T": 2, "P": 3, "Z": 4}
    frames = frames_of(24, components=2)
    loops = tuple((axis, lengths[axis]) for axis in order)
    path = write_nd2(tmp_path / "a.nd2", frames, loops, names=("A1", "", "B7"))
    info = inspect_stack(path)
    assert (info.shape, info.scene_names) == ((2, 4, 2, 7, 9), ("A1", "Position 2", "B7"))
    assert info.file_axes == f"{order}YXC"
    size = info.calibration
    assert (size.z_um, size.y_um, size.x_um, size.time_interval_s) == (0.25, 0.13, 0.13, 2)
    whole = np.array(frames).reshape(*(n for _, n in loops), 7, 9, 2)
    whole = whole.transpose(*(order.index(axis) for axis in "PTZ"), 5, 3, 4)
    for scene in range(3):
        np.testing.assert_array_equal(read(path, scene), whole[scene])
    with pytest.raises(UsageError, match="no dataset 3"):
        open_stack(path, 3)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_region_equals_the_same_part_of_the_whole(tmp_path, dtype, padding, packed):
    frames = frames_of(6, 17, 19, 3, dtype)
    path = write_nd2(
        tmp_path / "a.nd2", frames, (("T", 2), ("Z", 3)), packed=packed, padding=padding
    )
    whole = np.array(frames).reshape(2, 3, 17, 19, 3).transpose(0, 1, 4, 2, 3)
    random = np.random.default_rng(1)
    with closing(open_stack(path)) as stack:
        assert stack.info.dtype == dtype
        for _ in range(20):
            starts = [int(random.integers(0, size)) for size in whole.shape]
            stops = [
                int(random.integers(a + 1, n + 1)) for a, n in zip(starts, whole.shape, strict=True)
            ]
            region = Region(*zip(starts, stops, strict=True))
            np.testing.assert_array_equal(stack.read(region), whole[region.slices])


def test_colour_pictures_are_red_green_blue(tmp_path):
    frames = frames_of(1, components=3, dtype="uint8")  # NIS-Elements stores blue first
    path = write_nd2(tmp_path / "a.nd2", frames, samples=3)
    info = inspect_stack(path)
    assert info.is_rgb
    assert [channel.name for channel in info.channels] == ["Red", "Green", "Blue"]
    np.testing.assert_array_equal(read(path)[0, 0], np.moveaxis(frames[0][:, :, ::-1], 2, 0))


def test_frames_that_are_missing_read_as_0(tmp_path):
    frames = frames_of(6)
    frames[4] = None
    path = write_nd2(tmp_path / "a.nd2", frames, (("T", 3), ("Z", 2)))
    assert any("1 of 6 frames" in warning for warning in inspect_stack(path).warnings)
    voxels = read(path)
    assert not voxels[2, 0].any()
    np.testing.assert_array_equal(voxels[2, 1, 0], frames[5][:, :, 0])


def test_frames_of_unknown_order_are_time_points(tmp_path):
    path = write_nd2(tmp_path / "a.nd2", frames_of(5))
    info = inspect_stack(path)
    assert info.shape == (5, 1, 1, 7, 9)
    assert any("read as time points" in warning for warning in info.warnings)


def test_intervals_that_change_are_told(tmp_path):
    path = write_nd2(tmp_path / "a.nd2", frames_of(4), (("N", 4),))
    info = inspect_stack(path)
    # one time point after 2 s, three after 4 s
    assert (info.shape[0], info.calibration.time_interval_s) == (4, 3.5)
    assert any("changes in the file" in warning for warning in info.warnings)


def test_intervals_are_measured_where_they_are_not_told(tmp_path):
    times = [0, 10, 700, 710, 1500, 1510]
    path = write_nd2(tmp_path / "a.nd2", frames_of(6), times_ms=times)
    assert inspect_stack(path).calibration.time_interval_s == pytest.approx(1.51 / 5)
    write_nd2(path, frames_of(6), times_ms=times[:5])
    assert inspect_stack(path).calibration.time_interval_s is None


def test_loops_of_their_own_kind_are_datasets(tmp_path):
    path = write_nd2(tmp_path / "a.nd2", frames_of(6), (("U", 3), ("Z", 2)))
    info = inspect_stack(path)
    assert (info.shape[:2], info.scene_names) == ((1, 2), ("Part 1", "Part 2", "Part 3"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"eCompression": 1}, "packed with losses"),
        ({"uiHeight": 1 << 30}, "pixels is announced"),
        ({"uiHeight": 0}, "pixels is announced"),
        ({"uiWidth": 1 << 20}, "pixels is announced"),
        ({"uiWidthBytes": 3}, "pixels is announced"),
        ({"uiComp": 99}, "pixels is announced"),
        ({"uiBpcInMemory": 24}, "damaged"),
        ({"uiBpcInMemory": 0}, "pixels is announced"),
        ({"uiSequenceCount": 1 << 30}, "frames are announced"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_read(tmp_path, changes, words):
    path = write_nd2(tmp_path / "a.nd2", frames_of(2), changes=changes)
    with pytest.raises(FileUnreadable, match=words):
        open_stack(path)


def test_old_files_are_refused_with_the_way_out(tmp_path):
    path = tmp_path / "a.nd2"
    path.write_bytes(b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(200))
    with pytest.raises(FileUnreadable, match="before 2010"):
        open_stack(path)


@pytest.mark.parametrize("kept", [0.01, 0.4, 0.9, 0.999])
def test_a_file_that_was_cut_off(tmp_path, kept):
    path = write_nd2(tmp_path / "a.nd2", frames_of(4, 40, 50), (("Z", 4),))
    cut(path, kept)
    with pytest.raises(FileUnreadable, match="damaged or incomplete"):
        open_stack(path)


def test_lengths_that_cannot_be_take_no_memory(tmp_path):
    path = write_nd2(tmp_path / "a.nd2", frames_of(2))
    content = bytearray(path.read_bytes())
    begin = content.index(b"ImageAttributes!") - 8
    content[begin : begin + 8] = (1 << 36).to_bytes(8, "little")
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with suppress(FileUnreadable):
            inspect_stack(path)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_metadata_the_library_cannot_understand_cost_the_voxel_size_only(tmp_path):
    frames = frames_of(2)
    path = write_nd2(tmp_path / "a.nd2", frames, (("Z", 2),))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"m_ExcitationSpectrum", b"m_ExcitationSpectrux")
                     .replace(b"pFluorescentProbe", b"pFluorescentProbx"))  # fmt: skip
    info = inspect_stack(path)
    assert any("voxel size is not known" in warning for warning in info.warnings)
    assert (info.calibration.x_um, info.calibration.z_um) == (None, 0.25)
    np.testing.assert_array_equal(read(path)[0, :, 0], np.array(frames)[..., 0])


@pytest.mark.parametrize("seed", range(80))
def test_random_damage_never_shows_a_traceback(tmp_path, seed, capfd):
    path = write_nd2(tmp_path / "a.nd2", frames_of(4), (("T", 2), ("P", 2)), packed=seed % 2 == 0)
    random = np.random.default_rng(seed)
    content = path.read_bytes()
    end = content.index(b"ImageDataSeq|0!") if seed % 3 else len(content)
    assert_scenes_survive(path, random.integers(4, end, 1 if seed % 4 else 6), random)
    assert capfd.readouterr() == ("", "")


def test_a_closed_stack_frees_the_file(tmp_path):
    path = write_nd2(tmp_path / "a.nd2", frames_of(2))
    stack = open_stack(path)
    stack.close()
    path.unlink()
    with pytest.raises(ValueError, match="closed"):
        stack.read(Region.whole(stack.info.shape))


def test_two_threads_read_one_stack(tmp_path):
    frames = frames_of(30, 20, 30)
    path = write_nd2(tmp_path / "a.nd2", frames, (("Z", 30),))
    wrong = []
    with closing(open_stack(path)) as stack:

        def check(first):
            for z in range(first, 30, 2):
                voxels = stack.read(Region.whole(stack.info.shape).only(z=z))
                if not np.array_equal(voxels[0, 0, 0], frames[z][:, :, 0]):
                    wrong.append(z)

        threads = [threading.Thread(target=check, args=(first,)) for first in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
