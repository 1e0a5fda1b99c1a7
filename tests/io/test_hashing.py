import hashlib

import pytest

from gvtstudio.domain.errors import Cancelled, FileUnreadable
from gvtstudio.io.hashing import sha256_of_file


@pytest.mark.parametrize("content", [b"", b"abc", bytes(3_000_000)])
def test_equals_the_hash_of_the_content(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert sha256_of_file(path) == hashlib.sha256(content).hexdigest()


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FileUnreadable, match="not found"):
        sha256_of_file(tmp_path / "gone")


def folder_of(place, files):
    for name, content in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return place


def test_a_folder_is_its_names_and_contents_wherever_it_lies(tmp_path):
    files = {"b/1": b"one", "a": b"two", "b/0": b"", "中": b"three"}
    first = folder_of(tmp_path / "x.zarr", files)
    # made in another order, elsewhere, and looked at by a file manager
    again = folder_of(tmp_path / "y" / "z.zarr", {n: files[n] for n in reversed(list(files))})
    (again / "b" / ".DS_Store").write_bytes(b"looked at")
    expected = hashlib.sha256()
    for name in ("a", "b/0", "b/1", "中"):
        expected.update(
            name.encode() + b"\0" + str(len(files[name])).encode() + b"\0" + files[name]
        )
    assert sha256_of_file(first) == sha256_of_file(again) == expected.hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        {"a": b"ab", "b": b"c", "d": b""},
        {"a": b"a", "b": b"bc"},
        {"a": b"ab", "b": b"d"},
        {"a": b"ab", "c": b"c"},
        {"a": b"ab"},
    ],
)
def test_every_change_in_a_folder_is_seen(tmp_path, changed):
    before = sha256_of_file(folder_of(tmp_path / "before", {"a": b"ab", "b": b"c"}))
    assert sha256_of_file(folder_of(tmp_path / "after", changed)) != before


def test_the_file_that_describes_a_zarr_folder_stands_for_the_folder(tmp_path):
    folder = folder_of(tmp_path / "x.zarr", {"zarr.json": b"{}", "c/0": b"voxels"})
    assert sha256_of_file(folder / "zarr.json") == sha256_of_file(folder)


@pytest.mark.parametrize("is_folder", [False, True])
def test_hashing_can_be_stopped_at_every_block(tmp_path, is_folder):
    folder = folder_of(tmp_path / "x", {"a": bytes(3 << 20), "b": b"c"})
    calls = []

    def check():
        calls.append(1)
        if len(calls) == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        sha256_of_file(folder if is_folder else folder / "a", check)
