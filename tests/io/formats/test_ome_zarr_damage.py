"""Zarr folders that are damaged, cut off, or announce what cannot be."""

import json
import shutil
import threading
import time
import tracemalloc
from contextlib import closing, suppress

import numcodecs
import numpy as np
import pytest
import zarr

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Region
from gvtstudio.io.packed_sizes import announced_bytes
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.reading_for_tests import MOST_SECONDS, cut, read, refused
from tests.io.stacks_for_tests import numbered
from tests.io.zarr_for_tests import multiscale, write_array, write_group, write_image

LAYOUTS = ("blosc 2", "gzip 2", "zstd 3", "blosc 3", "plain 3", "shards 3", "sums 3")


def write_layout(path, layout):
    """An image whose one level has the packing named."""
    packing, version = layout.split()
    options = {"compressors": None}
    if version == "2" and packing != "plain":
        options = {"compressors": numcodecs.get_codec({"id": packing})}
    elif packing == "zstd":
        options = {"compressors": zarr.codecs.ZstdCodec()}
    elif packing in ("blosc", "sums"):
        sums = [zarr.codecs.Crc32cCodec()] if packing == "sums" else []
        options = {"compressors": [zarr.codecs.BloscCodec(cname="zstd"), *sums]}
    elif packing == "shards":
        options = {"shards": (8, 16, 16), "compressors": zarr.codecs.BloscCodec(cname="zstd")}
    described = {"multiscales": [multiscale("zyx", [[1, 1, 1]])]}
    write_group(path, described, int(version))
    write_array(path / "0", numbered((8, 16, 16)), int(version), chunks=(4, 8, 8), **options)
    return path


def chunks_of(path):
    names = {"zarr.json", ".zarray", ".zattrs", ".zgroup"}
    return sorted(p for p in (path / "0").rglob("*") if p.is_file() and p.name not in names)


def descriptions_of(path):
    return sorted([*path.rglob("zarr.json"), *path.rglob(".z*")])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.97])
def test_a_chunk_that_was_cut_off(tmp_path, layout, kept):
    path = write_layout(tmp_path / "a.zarr", layout)
    cut(chunks_of(path)[0], kept)
    assert "damaged or incomplete" in refused(path).message


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(12))
def test_random_damage_of_chunks_never_ends_the_program(tmp_path, layout, seed):
    path = write_layout(tmp_path / "a.zarr", layout)
    random = np.random.default_rng(seed)
    chunk = random.choice(chunks_of(path))
    content = bytearray(chunk.read_bytes())
    # the beginning, where packed data tell their sizes, more often
    for place in random.integers(0, 24 if seed % 2 else len(content), 3):
        content[place] = random.integers(0, 256)
    chunk.write_bytes(content)
    survived(path)


@pytest.mark.parametrize("layout", ["blosc 2", "sums 3", "shards 3"])
@pytest.mark.parametrize("seed", range(30))
def test_random_damage_of_descriptions_never_shows_a_traceback(tmp_path, layout, seed):
    path = write_layout(tmp_path / "a.zarr", layout)
    random = np.random.default_rng(seed)
    file = random.choice(descriptions_of(path))
    content = bytearray(file.read_bytes())
    for place in random.integers(0, len(content), 1 + seed % 3):
        content[place] = random.choice([random.integers(0, 256), *b'0189{}[]",'])
    file.write_bytes(content)
    survived(path)


def survived(path):
    start = time.monotonic()
    with suppress(FileUnreadable):
        info = inspect_stack(path)
        # what it then says it holds may be more than fits into memory, but a plane can be read
        plane = Region.whole(info.shape).only(t=0, z=0, c=0)
        assert read(path, plane)[0].shape[3:] == info.shape[3:]
    assert time.monotonic() - start < MOST_SECONDS


@pytest.mark.parametrize("name", ["zarr.json", "0/zarr.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"{}", b'"x"', b"\xff\xfe", b"[" * 100_000])
def test_a_description_that_is_none(tmp_path, name, content):
    path = write_layout(tmp_path / "a.zarr", "plain 3")
    (path / name).write_bytes(content)
    refused(path)


@pytest.mark.parametrize(
    "attributes",
    [
        {"multiscales": {"datasets": []}},
        {"multiscales": [3]},
        {"multiscales": [{"datasets": []}]},
        {"multiscales": [{"datasets": [{"path": "9"}]}]},
        {"multiscales": [{"datasets": [{"path": "../../secret"}]}]},
        {"multiscales": [{"datasets": [{"path": "/etc"}]}]},
        {"multiscales": [{"datasets": [{"path": "0"}], "axes": [{"name": "x"}]}]},
        {"multiscales": [{"datasets": [{"path": "0"}], "axes": ["c", "t", "z"]}]},
        {"plate": {}},
        {"plate": {"wells": [{"path": "../x"}]}},
        {"well": {"images": 3}},
    ],
)
def test_descriptions_that_cannot_be(tmp_path, attributes):
    path = write_layout(tmp_path / "a.zarr", "plain 3")
    described = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": attributes}}
    (path / "zarr.json").write_text(json.dumps(described))
    refused(path)


def describe_again(path, **fields):
    file = path / "0" / "zarr.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


@pytest.mark.parametrize(
    ("shape", "chunk"),
    [
        ([8, 10**6, 10**6], [4, 8, 8]),
        ([10**15, 16, 16], [4, 8, 8]),
        ([10**30, 16, 16], [4, 8, 8]),
        ([8, 16, 16], [10**6, 10**6, 8]),
        ([8, 60_000, 60_000], [1, 1, 1]),
        ([0, 16, 16], [4, 8, 8]),
        ([-8, 16, 16], [4, 8, 8]),
        ([8, 16, 16], [0, 8, 8]),
        ([8, 16], [4, 8, 8]),
        ("many", [4, 8, 8]),
    ],
)
def test_absurd_sizes_take_no_memory(tmp_path, shape, chunk):
    path = write_layout(tmp_path / "a.zarr", "plain 3")
    grid = {"name": "regular", "configuration": {"chunk_shape": chunk}}
    describe_again(path, shape=shape, chunk_grid=grid)
    tracemalloc.start()
    error = refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "damaged" in error.message
    assert peak < 50e6


def test_a_packing_that_nobody_knows(tmp_path):
    path = write_layout(tmp_path / "a.zarr", "plain 3")
    describe_again(path, codecs=[{"name": "bytes"}, {"name": "secret", "configuration": {}}])
    assert "secret" in refused(path).message


@pytest.mark.parametrize("packing", ["gzip", "zstd", "blosc", "lz4"])
def test_a_bomb_is_not_unpacked(tmp_path, packing):
    path = write_group(tmp_path / "a.zarr", {"multiscales": [multiscale("yx", [[1, 1]])]}, 2)
    codec = numcodecs.get_codec({"id": packing})
    write_array(path / "0", numbered((16, 16)), 2, chunks=(16, 16), compressors=codec)
    (path / "0" / "0" / "0").write_bytes(codec.encode(bytes(1 << 28)))
    tracemalloc.start()
    error = refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "unpack to more" in error.message
    assert peak < 50e6


@pytest.mark.parametrize("packing", ["gzip", "zstd", "blosc", "lz4"])
def test_what_packed_bytes_announce_is_what_they_become(packing):
    for size in (1, 200, 300, 70_000, 1 << 20):
        packed = numcodecs.get_codec({"id": packing}).encode(numbered((size,), "uint8"))
        assert announced_bytes(packing, memoryview(packed).cast("B")) == size
    assert announced_bytes("zstd", memoryview(b"no frame at all")) == 0
    assert announced_bytes("bz2", memoryview(packed)) == 0


@pytest.mark.parametrize("layout", ["plain 3", "zstd 3", "gzip 2"])
@pytest.mark.parametrize("rows", [7, 9, 80])
def test_a_chunk_of_another_size_than_announced(tmp_path, layout, rows):
    path = write_layout(tmp_path / "a.zarr", layout)
    other = write_layout(tmp_path / "b.zarr", layout)
    shutil.rmtree(other / "0")
    options = {"compressors": None}
    if layout == "zstd 3":
        options = {"compressors": zarr.codecs.ZstdCodec()}
    elif layout == "gzip 2":
        options = {"compressors": numcodecs.GZip()}
    version = int(layout[-1])
    write_array(other / "0", numbered((4, rows, 8)), version, chunks=(4, rows, 8), **options)
    shutil.copy(chunks_of(other)[0], chunks_of(path)[0])
    assert "damaged" in refused(path).message


def test_a_folder_that_vanishes_is_not_read_as_empty(tmp_path):
    path = write_layout(tmp_path / "a.zarr", "zstd 3")
    with closing(open_stack(path)) as stack:
        shutil.rmtree(path)
        with pytest.raises(FileUnreadable, match="not found"):
            stack.read(Region.whole(stack.info.shape))


def test_a_level_that_was_not_copied(tmp_path):
    path = write_layout(tmp_path / "a.zarr", "zstd 3")
    shutil.rmtree(path / "0")
    assert "its part 0 is missing" in refused(path).message


def test_several_threads_read_at_once(tmp_path):
    voxels = numbered((8, 16, 16))
    path = write_image(tmp_path / "a.zarr", voxels, "zyx")
    wrong = []
    with closing(open_stack(path)) as stack:

        def look(plane):
            for _ in range(10):
                found = stack.read(Region.whole(stack.info.shape).only(z=plane))
                if (found[0, 0, 0] != voxels[plane]).any():
                    wrong.append(plane)

        threads = [threading.Thread(target=look, args=(plane,)) for plane in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_reading_leaves_no_thread_behind(tmp_path):
    path = write_image(tmp_path / "a.zarr", numbered((8, 16, 16)), "zyx")
    before = set(threading.enumerate())
    with closing(open_stack(path)) as stack:
        stack.read(Region.whole(stack.info.shape))
        assert set(threading.enumerate()) <= before


def test_the_folder_can_be_removed_while_the_stack_is_open(tmp_path):
    path = write_image(tmp_path / "a.zarr", numbered((8, 16, 16)), "zyx")
    stack = open_stack(path)
    stack.read(Region.whole(stack.info.shape))
    path.rename(tmp_path / "b.zarr")
    stack.close()
    assert read(tmp_path / "b.zarr")[1].shape == (1, 8, 1, 16, 16)
