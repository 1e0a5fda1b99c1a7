"""NumPy arrays: read as NumPy itself reads them, never unpickled, their axes guessed aloud."""

import io
import struct
import threading
import zipfile
from contextlib import closing

import numpy as np
import pytest

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.formats.numpy_header import guessed_axes
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.reading_for_tests import (
    assert_damage_is_survived,
    assert_regions_equal_whole,
    cut,
    read,
    refused,
)
from tests.io.stacks_for_tests import numbered

TYPES = [
    "bool", "uint8", "int8", ">u2", "<i2", ">i4", "uint32", "int64", "<u8", "float16", ">f4", "f8",
]  # fmt: skip


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_is_read_as_it_is(tmp_path, dtype, order):
    array = np.asarray(numbered((4, 9, 11)) % 100, np.dtype(dtype), order=order)
    np.save(tmp_path / "a.npy", array)
    whole = assert_regions_equal_whole(tmp_path / "a.npy")
    np.testing.assert_array_equal(whole[0, :, 0], array)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((40, 50), "YX"), ((7, 40, 50), "ZYX"), ((2, 40, 50), "ZYX"), ((40, 50, 3), "YXC"),
        ((9, 8, 40, 50), "TZYX"), ((30, 2, 40, 50), "ZCYX"), ((2, 30, 40, 50), "CZYX"),
        ((9, 40, 50, 3), "ZYXC"), ((5, 6, 2, 40, 50), "TZCYX"), ((5, 2, 6, 40, 50), "TCZYX"),
        ((2, 6, 40, 50, 3), "TZYXC"), ((3, 4, 2), "ZYX"),
    ],
)  # fmt: skip
def test_axes_are_guessed_and_the_user_is_told(tmp_path, shape, axes):
    assert guessed_axes(shape) == axes
    array = numbered(shape, "uint16")
    np.save(tmp_path / "a.npy", array)
    voxels, info = read(tmp_path / "a.npy")
    assert info.file_axes == axes
    lengths = dict(zip(axes, shape, strict=True))
    assert info.shape == tuple(lengths.get(axis, 1) for axis in "TZCYX")
    # einsum as an independent way to bring axes into order
    ordered = np.einsum(
        f"{axes.lower()}->{''.join(a for a in 'tzcyx' if a.upper() in axes)}", array
    )
    np.testing.assert_array_equal(voxels.reshape(ordered.shape), ordered)
    assert len(info.warnings) == (len(shape) > 2)
    assert all("does not name its axes" in warning for warning in info.warnings)


def test_a_colour_picture_is_recognised_as_one(tmp_path):
    np.save(tmp_path / "rgb.npy", numbered((40, 50, 3), "uint8"))
    np.save(tmp_path / "three.npy", numbered((40, 50, 3), "uint16"))
    assert inspect_stack(tmp_path / "rgb.npy").is_rgb
    assert not inspect_stack(tmp_path / "three.npy").is_rgb


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array([[1, "a"], [None, 2]], dtype=object), "Python objects"),
        (np.ones((4, 5), "complex64"), "complex numbers"),
        (np.zeros((4, 5), [("a", "u1"), ("b", "u2")]), "records"),
        (np.array([["a", "b"]]), "texts"),
        (np.zeros((4, 5), "M8[s]"), "unusual kind"),
    ],
)
def test_what_is_no_number_is_refused_and_never_unpickled(tmp_path, array, words):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    assert words in refused(tmp_path / "a.npy").message


@pytest.mark.parametrize("shape", [(), (9,), (1, 2, 3, 4, 5, 6), (0, 4, 5)])
def test_what_has_no_planes_is_refused(tmp_path, shape):
    np.save(tmp_path / "a.npy", np.zeros(shape, "uint8"))
    assert "two to five axes" in refused(tmp_path / "a.npy").message


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_format(tmp_path, version):
    array = numbered((4, 5, 6))
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array(file, array, version)
    np.testing.assert_array_equal(read(tmp_path / "a.npy")[0][0, :, 0], array)


def test_a_header_of_another_program(tmp_path):
    """Other order of the fields, other quotes, no padding."""
    header = b'{"shape": (2, 3), "fortran_order": False, "descr": "<u2"}\n'
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(range(12))
    (tmp_path / "a.npy").write_bytes(content)
    expected = np.load(io.BytesIO(content))
    np.testing.assert_array_equal(read(tmp_path / "a.npy")[0][0, 0, 0], expected)


@pytest.mark.parametrize("kept", [0.01, 0.03, 0.5, 0.999])
@pytest.mark.parametrize("save", [np.save, np.savez, np.savez_compressed])
def test_truncated_file(tmp_path, save, kept):
    path = tmp_path / ("a.npy" if save is np.save else "a.npz")
    save(path, numbered((9, 30, 31)))
    refused(cut(path, kept))


@pytest.mark.parametrize("shape", ["(99999999, 99999999, 99)", "(" + "9" * 5000 + ", 2)"])
def test_absurd_sizes_are_refused_before_anything_is_allocated(tmp_path, shape):
    header = f"{{'descr': '<u2', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + b"\0" * 99)
    refused(path)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", path.read_bytes())
    refused(tmp_path / "a.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_every_array_with_planes_is_a_dataset(tmp_path, save):
    arrays = {
        "image": numbered((5, 20, 21)), "name": np.array("cell"), "mask": numbered((20, 21)) > 50,
        "times": np.arange(9.0), "folder/wide": np.asfortranarray(numbered((2, 9, 20, 21), "f4")),
        "objects": np.array([[None]]),
    }  # fmt: skip
    save(tmp_path / "a.npz", **arrays)
    names = ("image", "mask", "folder/wide")
    for scene, name in enumerate(names):
        voxels, info = read(tmp_path / "a.npz", scene=scene)
        assert (info.scene, info.scene_names, info.reader) == (scene, names, "numpy")
        assert info.dtype == arrays[name].dtype.name
        np.testing.assert_array_equal(np.sort(voxels, None), np.sort(arrays[name], None))
        assert_regions_equal_whole(tmp_path / "a.npz", scene)
    np.testing.assert_array_equal(read(tmp_path / "a.npz")[0][0, :, 0], arrays["image"])
    with pytest.raises(UsageError, match="no dataset 3"):
        open_stack(tmp_path / "a.npz", 3)


def test_archives_without_a_stack_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", times=np.arange(9.0))
    assert "no image" in refused(tmp_path / "a.npz").message


def test_other_zip_archives_are_no_arrays(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("a.npy", "nothing")
    assert "not an image" in refused(tmp_path / "a.npz").message


def test_a_zip_bomb_does_not_grow(tmp_path):
    """The member is a thousand times larger than what its header and the array announce."""
    content = io.BytesIO()
    np.save(content, np.zeros((100, 100), "uint8"))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.npy", content.getvalue() + b"\0" * (64 << 20))
    packed = bytearray((tmp_path / "a.npz").read_bytes())
    # as the directory at the end says, too: so large and no larger
    true_size = struct.pack("<I", len(content.getvalue()) + (64 << 20))
    assert packed.count(true_size) == 2
    said = struct.pack("<I", len(content.getvalue()))
    (tmp_path / "a.npz").write_bytes(packed.replace(true_size, said))
    refused(tmp_path / "a.npz")


def test_names_in_an_archive_lead_nowhere(tmp_path):
    content = io.BytesIO()
    np.save(content, numbered((4, 5)))
    inside = tmp_path / "inside"
    inside.mkdir()
    with zipfile.ZipFile(inside / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../outside.npy", content.getvalue())
    voxels, info = read(inside / "a.npz")
    assert info.scene_names == ("../outside",)
    np.testing.assert_array_equal(voxels[0, 0, 0], numbered((4, 5)))
    assert [path.name for path in tmp_path.rglob("*")] == ["inside", "a.npz"]


def test_archives_with_a_password_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", numbered((4, 5)))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + place] |= 1
    (tmp_path / "a.npz").write_bytes(content)
    refused(tmp_path / "a.npz")


def test_wrong_sums_are_found_when_a_member_is_unpacked(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", numbered((9, 64, 64)))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "a.npz").write_bytes(content)
    refused(tmp_path / "a.npz")


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("save", [np.save, np.savez, np.savez_compressed])
def test_random_damage_never_shows_a_traceback(tmp_path, save, seed):
    path = tmp_path / ("a.npy" if save is np.save else "a.npz")
    save(path, numbered((3, 20, 21)))
    assert_damage_is_survived(path, seed, 140 if seed % 2 and save is np.save else None)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_two_threads_read_one_stack(tmp_path, save):
    array = numbered((20, 64, 64))
    save(tmp_path / "a.npz", array)
    with closing(open_stack(tmp_path / "a.npz")) as stack:
        planes = {}

        def take(first):
            for z in range(first, 20, 2):
                planes[z] = stack.read(Region.whole(stack.info.shape).only(z=z))[0, 0, 0]

        threads = [threading.Thread(target=take, args=(first,)) for first in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    np.testing.assert_array_equal(np.stack([planes[z] for z in range(20)]), array)
    (tmp_path / "a.npz").unlink()
