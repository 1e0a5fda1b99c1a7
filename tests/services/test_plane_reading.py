"""Of volumes beyond the memory, planes come soon: from coarser copies, ahead of time, in bands."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile

from gvtstudio.domain.region import Region
from gvtstudio.imaging.panel.projection import Projection
from gvtstudio.io.exports.zarr_chunks import ChunkFiles, create_zarr_array
from gvtstudio.services import plane_source
from gvtstudio.services.plane_cache import MEGABYTE, PlaneCache
from gvtstudio.services.plane_values import PlaneRequest, PlaneResult, VolumeKey
from gvtstudio.services.volume_store import VolumeStore
from tests.io.zarr_for_tests import multiscale, write_group

LIMIT_MB = 1
CHUNKS = (16, 40, 48)


@pytest.fixture
def cache(qapp) -> Iterator[PlaneCache]:
    cache = PlaneCache(LIMIT_MB)
    yield cache
    cache.close_all()


@pytest.fixture
def voxels() -> np.ndarray:
    """Larger than the memory; every other voxel along all axes is less than a quarter of that."""
    random = np.random.default_rng(3)
    return random.integers(0, 60000, (72, 80, 96), dtype=np.uint16)


@pytest.fixture
def pyramid(tmp_path: Path, voxels: np.ndarray) -> str:
    folder = tmp_path / "big.ome.zarr"
    scales = [[0.3, 0.1, 0.1], [0.6, 0.2, 0.2]]
    write_group(folder, {"multiscales": [multiscale("zyx", scales)]})
    for level, copy in enumerate((voxels, voxels[::2, ::2, ::2])):
        place = folder / str(level)
        create_zarr_array(place, copy.shape, copy.dtype, CHUNKS, None, ("z", "y", "x"))
        files = ChunkFiles(place, copy.dtype, CHUNKS, None)
        with ThreadPoolExecutor(1) as pool:
            files.put(tuple(slice(0, size) for size in copy.shape), copy, pool)
    return str(folder)


@pytest.fixture
def pages(tmp_path: Path, voxels: np.ndarray) -> str:
    path = tmp_path / "big.tif"
    large = np.concatenate([voxels, voxels])
    tifffile.imwrite(path, large, imagej=True, metadata={"axes": "ZYX"})
    return str(path)


@pytest.fixture
def read_spans(monkeypatch) -> list[Region]:
    """Regions that were read from files."""
    regions: list[Region] = []
    read = plane_source.PlaneSource.read

    def note(source: plane_source.PlaneSource, region: Region, level: int) -> np.ndarray:
        regions.append(region)
        return read(source, region, level)

    monkeypatch.setattr(plane_source.PlaneSource, "read", note)
    return regions


def results(qtbot, cache: PlaneCache, *requests: PlaneRequest) -> list[PlaneResult]:
    """Everything that comes until the last plane asked for is there."""
    arrived: list[PlaneResult] = []
    cache.plane_ready.connect(arrived.append)
    for request in requests:
        cache.request(request)
    qtbot.waitUntil(lambda: bool(arrived) and not arrived[-1].level, timeout=10000)
    cache.plane_ready.disconnect(arrived.append)
    return arrived


def quiet(qtbot, cache: PlaneCache) -> None:
    """Wait until no thread reads any more."""
    qtbot.waitUntil(lambda: cache._pool.activeThreadCount() == 0, timeout=10000)


@pytest.mark.parametrize("plane", ["XZ", "YZ"])
def test_a_crossing_plane_comes_from_a_coarser_copy_and_then_itself(
    qtbot, cache, pyramid, voxels, plane
):
    key = VolumeKey(cache.open(pyramid), 0, 0)
    *_, coarse, exact = results(qtbot, cache, PlaneRequest("a", key, plane, 21))
    cut = {"XZ": lambda v, i: v[:, i], "YZ": lambda v, i: v[:, :, i].T}[plane]
    assert (coarse.level, exact.level) == (1, 0)
    assert np.array_equal(coarse.values, cut(voxels[::2, ::2, ::2], 10))
    assert np.array_equal(exact.values, cut(voxels, 21))
    assert cache.used_bytes <= LIMIT_MB * MEGABYTE


def test_projections_come_from_a_coarser_copy_first(qtbot, cache, pyramid, voxels):
    key = VolumeKey(cache.open(pyramid), 0, 0)
    request = PlaneRequest("a", key, "YZ", 40, Projection("max", 8))
    *_, coarse, exact = results(qtbot, cache, request)
    assert np.array_equal(coarse.values, voxels[::2, ::2, ::2][:, :, 18:22].max(2).T)
    assert np.array_equal(exact.values, voxels[:, :, 36:44].max(2).T)


def test_a_single_page_is_read_as_it_is_and_a_hurried_one_from_a_coarser_copy(
    qtbot, cache, pyramid, voxels
):
    key = VolumeKey(cache.open(pyramid), 0, 0)
    (only,) = results(qtbot, cache, PlaneRequest("a", key, "XY", 3))
    assert np.array_equal(only.values, voxels[3])
    quiet(qtbot, cache)
    hurried = [PlaneRequest("a", key, "XY", z) for z in (30, 40, 50)]
    *coarse, exact = results(qtbot, cache, *hurried)
    assert coarse
    for result in coarse:
        assert np.array_equal(result.values, voxels[50, ::2, ::2])
    assert np.array_equal(exact.values, voxels[50])
    assert [result.level for result in results(qtbot, cache, hurried[0])] == [0]


def test_what_reads_the_whole_file_is_first_shown_by_a_sample_of_it(qtbot, cache, pages, voxels):
    key = VolumeKey(cache.open(pages), 0, 0)
    large = np.concatenate([voxels, voxels])
    *_, coarse, exact = results(qtbot, cache, PlaneRequest("a", key, "YZ", 21))
    step = -coarse.level
    assert step > 1
    assert np.array_equal(coarse.values, large[::step, ::step, 21 // step * step].T)
    assert np.array_equal(exact.values, large[:, :, 21].T)
    assert [r.level for r in results(qtbot, cache, PlaneRequest("b", key, "XZ", 21))] == [0]
    assert cache.used_bytes <= LIMIT_MB * MEGABYTE
    last = PlaneRequest("a", key, "YZ", 95, Projection("max", 9))
    *_, exact = results(qtbot, cache, last)
    assert np.array_equal(exact.values, large[:, :, 91:].max(2).T)


@pytest.mark.parametrize("direction", [1, -1])
def test_the_pages_that_come_next_are_read_ahead(
    qtbot, cache, pages, voxels, read_spans, direction
):
    key = VolumeKey(cache.open(pages), 0, 0)
    for z in (30, 30 + direction):
        results(qtbot, cache, PlaneRequest("a", key, "XY", z))
        quiet(qtbot, cache)
    read_spans.clear()
    following = 30 + 2 * direction
    (result,) = results(qtbot, cache, PlaneRequest("a", key, "XY", following))
    assert np.array_equal(result.values, voxels[following])
    assert not [region for region in read_spans if region.z[0] <= following < region.z[1]]
    assert cache.used_bytes <= LIMIT_MB * MEGABYTE


def test_reading_ahead_ends_when_the_user_goes_elsewhere(qtbot, cache, pages, monkeypatch):
    key = VolumeKey(cache.open(pages), 0, 0)
    results(qtbot, cache, PlaneRequest("a", key, "XY", 0))
    quiet(qtbot, cache)
    ahead, go_on = [], threading.Event()
    block = plane_source.PlaneSource.block

    def note(source: plane_source.PlaneSource, volume: VolumeKey, spans: dict, *wanted) -> object:
        if spans["z"][0] > 60:
            ahead.append(spans["z"])
            go_on.wait(5)
        return block(source, volume, spans, *wanted)

    monkeypatch.setattr(plane_source.PlaneSource, "block", note)
    used = cache.used_bytes
    results(qtbot, cache, PlaneRequest("a", key, "XY", 60))
    cache.forget_slot("a")
    go_on.set()
    quiet(qtbot, cache)
    assert ahead == [(61, 62)]
    assert cache.used_bytes == used + 80 * 96 * 2


@pytest.mark.parametrize("plane", ["XZ", "YZ"])
def test_crossing_planes_beside_each_other_are_read_at_once(
    qtbot, cache, pages, voxels, read_spans, plane
):
    key = VolumeKey(cache.open(pages), 0, 0)
    results(qtbot, cache, PlaneRequest("a", key, plane, 20))
    quiet(qtbot, cache)
    read_spans.clear()
    (result,) = results(qtbot, cache, PlaneRequest("a", key, plane, 21))
    quiet(qtbot, cache)
    large = np.concatenate([voxels, voxels])
    assert np.array_equal(result.values, large[:, 21] if plane == "XZ" else large[:, :, 21].T)
    assert read_spans == []
    assert cache.used_bytes <= LIMIT_MB * MEGABYTE


def test_a_hundred_stacks_leave_no_files_and_no_memory(qtbot, cache, tmp_path, pyramid, pages):
    process = psutil.Process()

    def look_at(path: str) -> None:
        key = cache.open(path)
        volume = VolumeKey(key, 0, 0)
        results(qtbot, cache, PlaneRequest("a", volume, "XY", 1))
        cache.close(key)

    small = tmp_path / "small.tif"
    tifffile.imwrite(
        small, np.zeros((4, 256, 256), np.uint16), metadata={"axes": "ZYX"}, imagej=True
    )
    for path in [str(small), pyramid, pages] * 10:
        look_at(path)
    quiet(qtbot, cache)
    files, memory = len(process.open_files()), process.memory_info().rss
    for number in range(100):
        look_at(pages if number % 25 == 0 else str(small))
    quiet(qtbot, cache)
    assert len(process.open_files()) <= files
    assert cache.used_bytes == 0
    assert process.memory_info().rss - memory < 20 * MEGABYTE


def test_planes_give_way_to_volumes_even_while_these_are_read():
    store = VolumeStore(limit_bytes=40)
    volume, other = VolumeKey("a", 0, 0), VolumeKey("a", 1, 0)
    requests = [PlaneRequest("", volume, "XY", z) for z in range(4)]
    for request in requests:
        store.keep_plane(request.key, np.zeros(4, np.uint8))
    held = [store.find_plane(request.key) is not None for request in requests]
    assert held == [False, False, True, True]  # a quarter of the memory
    store.keep(volume, np.zeros(30, np.uint8))
    store.reserve(other, 8)
    assert store.used_bytes == 30
    store.release(other)
    store.keep_plane(requests[0].key, np.zeros(4, np.uint8))
    assert store.used_bytes == 34
    store.reserve(other, 40)
    assert store.used_bytes == 0
