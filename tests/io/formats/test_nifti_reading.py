"""Reading voxels of NIfTI files: every type, only the part asked for, and what is refused."""

import gzip
import shutil
import threading
from contextlib import closing, suppress
from pathlib import Path

import nibabel
import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtstudio.domain.errors import FileUnreadable, OutputUnwritable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.formats import unpacked_file
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.nifti_for_tests import ORIENTATIONS, affine_of, patch, read, refused, write
from tests.io.stacks_for_tests import numbered

TYPES = [
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64",
]  # fmt: skip


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_is_read_as_it_is(tmp_path, dtype, name, kind):
    array = numbered((4, 5, 6), dtype)
    path = write(tmp_path / name, array, np.diag([-1, -1, 1, 1]), kind)
    voxels = read(path)
    assert voxels.dtype == np.dtype(dtype)
    assert voxels.dtype.isnative
    assert inspect_stack(path).dtype == dtype
    np.testing.assert_array_equal(voxels[0, :, 0], array.T)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_the_other_byte_order(tmp_path, dtype, name):
    array = numbered((4, 5, 6), dtype)
    header = nibabel.Nifti1Header(endianness=">")
    image = nibabel.Nifti1Image(array, np.diag([-1, -1, 1, 1]), header, dtype=dtype)
    nibabel.save(image, tmp_path / name)
    voxels = read(tmp_path / name)
    assert voxels.dtype.isnative
    np.testing.assert_array_equal(voxels[0, :, 0], array.T)


@pytest.mark.parametrize(
    ("dtype", "words"),
    [
        ("complex64", "complex64"),
        ("complex128", "complex128"),
        ([("R", "u1"), ("G", "u1"), ("B", "u1")], "colour (RGB)"),
        ([("R", "u1"), ("G", "u1"), ("B", "u1"), ("A", "u1")], "colour (RGBA)"),
    ],
)
def test_voxels_that_are_no_real_numbers_are_refused(tmp_path, dtype, words):
    path = write(tmp_path / "a.nii", np.zeros((4, 5, 6), dtype), np.eye(4))
    assert f"holds {words} values" in refused(path).message


@pytest.mark.parametrize(
    ("code", "words"), [(1, "one-bit"), (1536, "float128"), (2048, "complex256"), (99, "99")]
)
def test_types_nobody_here_writes_are_refused(tmp_path, code, words):
    path = write(tmp_path / "a.nii", numbered((4, 5, 6)), np.eye(4))
    assert words in refused(patch(path, "datatype", code)).message


def test_the_header_of_a_pair_is_refused_with_the_way_out(tmp_path):
    nibabel.save(nibabel.Nifti1Pair(numbered((4, 5, 6)), np.eye(4)), tmp_path / "a.img")
    assert "one .nii file" in refused(tmp_path / "a.hdr").remedy


@pytest.mark.parametrize(
    "sizes",
    [
        (3, 4, 5, 600, 1, 1, 1, 1), (3, 32767, 32767, 32767, 1, 1, 1, 1), (0, 4, 5, 6, 1, 1, 1, 1),
        (9, 4, 5, 6, 1, 1, 1, 1), (3, -4, 5, 6, 1, 1, 1, 1), (3, 4, 0, 6, 1, 1, 1, 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_sizes_that_cannot_be_are_refused_before_anything_is_read(tmp_path, name, sizes):
    plain = write(tmp_path / "plain.nii", numbered((4, 5, 6)), np.eye(4))
    patch(plain, "dim", sizes)
    path = tmp_path / name
    content = plain.read_bytes()
    path.write_bytes(content if name == "a.nii" else gzip.compress(content))
    if sizes[3] == 600 and name == "a.nii.gz":  # could still be inside; it shows when it is read
        assert "end is missing" in refused(path).message
        return
    with pytest.raises(FileUnreadable, match=r"a\.nii"):
        open_stack(path)


@pytest.mark.parametrize("offset", [np.nan, np.inf, 1e9, -1e9])
def test_voxels_that_begin_nowhere_are_refused(tmp_path, offset):
    path = write(tmp_path / "a.nii", numbered((4, 5, 6)), np.eye(4))
    patch(path, "vox_offset", offset)
    if offset == -1e9:  # as programs mean it that write 0
        assert read(path).shape == (1, 6, 1, 5, 4)
    else:
        assert "damaged" in refused(path).message


@pytest.mark.parametrize("kept", [0.05, 0.4, 0.97])
def test_a_file_that_was_cut_off(tmp_path, kept):
    path = write(tmp_path / "a.nii", numbered((20, 20, 20)), np.eye(4))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(FileUnreadable, match="damaged or incomplete"):
        open_stack(path)


@pytest.mark.parametrize("cut", [1, 9, 1000])
def test_a_packed_file_that_was_cut_off_shows_it_when_it_is_read(tmp_path, cut):
    path = write(tmp_path / "a.nii.gz", numbered((20, 20, 20)), np.eye(4))
    path.write_bytes(path.read_bytes()[:-cut])
    assert "damaged or incomplete" in refused(path).message


def test_a_packed_file_whose_content_has_changed_is_noticed(tmp_path):
    path = write(tmp_path / "a.nii.gz", numbered((20, 20, 20)), np.eye(4))
    content = bytearray(path.read_bytes())
    content[-8] ^= 0xFF  # of the sum
    path.write_bytes(content)
    assert "damaged" in refused(path).message


def test_a_bomb_takes_no_more_room_than_its_header_announces(tmp_path, monkeypatch):
    plain = write(tmp_path / "plain.nii", numbered((4, 5, 6)), np.diag([-1, -1, 1, 1]))
    path = tmp_path / "bomb.nii.gz"
    with gzip.open(path, "wb", 9) as file:
        file.write(plain.read_bytes())
        for _ in range(64):
            file.write(bytes(1 << 20))
    unpacked = (tmp_path / "unpacked").open("w+b", buffering=0)
    monkeypatch.setattr(unpacked_file, "_file_without_name", lambda: unpacked)
    with closing(open_stack(path)) as stack:
        stack.read(Region.whole(stack.info.shape))
    assert (tmp_path / "unpacked").stat().st_size == plain.stat().st_size


def test_too_little_room_to_unpack_is_told(tmp_path, monkeypatch):
    path = write(tmp_path / "a.nii.gz", numbered((20, 20, 20)), np.eye(4))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(OutputUnwritable, match="GB are free"):
        read(path)


@pytest.mark.parametrize("content", [b"hello " * 200, b"\x5c\x01\0\0" + bytes(600)])
def test_other_packed_files_are_not_claimed(tmp_path, content):
    path = tmp_path / "a.nii.gz"
    path.write_bytes(gzip.compress(content))
    assert "not an image" in refused(path).message


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "brain", "brain.tif"])
def test_a_file_is_known_by_its_bytes(tmp_path, name):
    source = write(tmp_path / f"source{''.join(Path(name).suffixes[-2:]) or '.nii'}".replace(
        ".tif", ".nii.gz"), numbered((4, 5, 6)), np.eye(4))  # fmt: skip
    path = tmp_path / "renamed" / name
    path.parent.mkdir()
    path.write_bytes(source.read_bytes())
    assert inspect_stack(path).reader == "nifti"


def test_there_is_one_dataset(tmp_path):
    path = write(tmp_path / "a.nii", numbered((4, 5, 6)), np.eye(4))
    with pytest.raises(UsageError, match="no dataset 1"):
        open_stack(path, 1)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_region_equals_the_same_part_of_the_whole(tmp_path, data):
    shape = tuple(data.draw(st.integers(1, high)) for high in (9, 8, 7, 3, 2))
    codes = data.draw(st.sampled_from(ORIENTATIONS))
    name = f"{data.draw(st.uuids())}{data.draw(st.sampled_from(['.nii', '.nii.gz']))}"
    path = write(tmp_path / name, numbered(shape, "int16"), affine_of(codes))
    with closing(open_stack(path)) as stack:
        whole = stack.read(Region.whole(stack.info.shape))
        spans = []
        for size in stack.info.shape:
            start = data.draw(st.integers(0, size - 1))
            spans.append((start, data.draw(st.integers(start + 1, size))))
        region = Region(*spans)
        part = stack.read(region)
    np.testing.assert_array_equal(part, whole[region.slices])
    assert part.flags.c_contiguous


def test_a_region_outside_or_a_closed_stack_is_a_mistake_of_the_program(tmp_path):
    stack = open_stack(write(tmp_path / "a.nii.gz", numbered((4, 5, 6)), np.eye(4)))
    with pytest.raises(ValueError, match="not inside"):
        stack.read(Region.whole((1, 6, 1, 5, 5)))
    stack.close()
    with pytest.raises(ValueError, match="closed"):
        stack.read(Region.whole(stack.info.shape))


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="counts bytes as Linux does")
@pytest.mark.parametrize(("codes", "most"), [("LPS", 1.1), ("RAS", 1.1), ("PSR", 1.1)])
def test_one_plane_of_a_large_file_does_not_read_the_rest(tmp_path, codes, most):
    array = np.random.default_rng(1).integers(0, 32767, (128, 128, 128), "int16")
    path = write(tmp_path / "a.nii", array, affine_of(codes))
    with closing(open_stack(path)) as stack:
        plane = Region.whole(stack.info.shape).only(z=31)
        process = psutil.Process()
        before = process.io_counters().read_chars
        found = stack.read(plane)
        assert process.io_counters().read_chars - before < most * found.nbytes


def test_a_packed_file_is_unpacked_once(tmp_path):
    array = numbered((20, 20, 20))
    path = write(tmp_path / "a.nii.gz", array, np.diag([-1, -1, 1, 1]))
    with closing(open_stack(path)) as stack:
        plane = Region.whole(stack.info.shape)
        stack.read(plane.only(z=0))
        path.unlink()
        np.testing.assert_array_equal(stack.read(plane.only(z=19))[0, 0, 0], array[:, :, 19].T)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_file_that_vanishes_is_told(tmp_path, name):
    path = write(tmp_path / name, numbered((4, 5, 6)), np.eye(4))
    with closing(open_stack(path)) as stack:
        path.unlink()
        with pytest.raises(FileUnreadable, match="was not found"):
            stack.read(Region.whole(stack.info.shape))


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_two_threads_read_one_stack(tmp_path, name):
    array = numbered((64, 64, 40))
    stack = open_stack(write(tmp_path / name, array, np.diag([-1, -1, 1, 1])))
    wrong = []

    def check(first):
        for z in range(first, 40, 2):
            voxels = stack.read(Region.whole(stack.info.shape).only(z=z))
            if not np.array_equal(voxels[0, 0, 0], array[:, :, z].T):
                wrong.append(z)

    threads = [threading.Thread(target=check, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stack.close()
    assert wrong == []


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_never_shows_a_traceback(tmp_path, seed):
    random = np.random.default_rng(seed)
    path = write(tmp_path / "a.nii", numbered((9, 8, 7)), affine_of("PSR"))
    content = bytearray(path.read_bytes())
    for place in random.integers(4, 344, 8):
        content[place] = random.integers(0, 256)
    path.write_bytes(content if seed % 2 else gzip.compress(content))
    # Damage may leave the file readable; it may not end in anything but a stack or a sentence.
    with suppress(FileUnreadable):
        info = inspect_stack(path)
        # what it then says it holds may be more than fits into memory, but a plane can be read
        plane = Region.whole(info.shape).only(t=0, z=0, c=0)
        assert read(path, plane).shape[3:] == info.shape[3:]
