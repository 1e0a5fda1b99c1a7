"""Planes are the right voxels, stale ones never arrive, memory and files are given back."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile

from gvtstudio.domain.region import Region
from gvtstudio.imaging.panel.plane_axes import cut_plane
from gvtstudio.imaging.panel.projection import SLICE, Projection
from gvtstudio.services import plane_cache, plane_source
from gvtstudio.services.plane_cache import PlaneCache
from gvtstudio.services.plane_values import PlaneRequest, VolumeKey
from gvtstudio.services.volume_store import VolumeStore

SHAPE = (2, 4, 3, 5, 6)  # T Z C Y X


@pytest.fixture
def cache(qapp) -> Iterator[PlaneCache]:
    cache = PlaneCache(limit_mb=16)
    yield cache
    cache.close_all()


@pytest.fixture
def voxels() -> np.ndarray:
    return np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)


@pytest.fixture
def path(tmp_path: Path, voxels: np.ndarray) -> str:
    path = tmp_path / "Zellkörper 细胞.tif"
    tifffile.imwrite(path, voxels, imagej=True, metadata={"axes": "TZCYX"})
    return str(path)


def read(qtbot, cache: PlaneCache, request: PlaneRequest) -> np.ndarray:
    with qtbot.waitSignal(cache.plane_ready, timeout=5000) as signal:
        cache.request(request)
    assert signal.args[0].request == request
    return signal.args[0].values


@pytest.mark.parametrize("limit_mb", [16, 0], ids=["from memory", "plane by plane"])
def test_every_plane_is_the_voxels_of_the_file(qtbot, cache, path, voxels, limit_mb):
    cache.set_limit_mb(limit_mb)
    key = cache.open(path)
    for t, c in ((0, 0), (1, 2)):
        volume = VolumeKey(key, t, c)
        expected = voxels[t, :, c]
        for plane, axis in (("XY", 0), ("XZ", 1), ("YZ", 2)):
            for position in range(expected.shape[axis]):
                values = read(qtbot, cache, PlaneRequest(plane, volume, plane, position))
                cut = expected.take(position, axis)
                assert np.array_equal(values, cut.T if plane == "YZ" else cut)
                assert values.dtype == np.uint16


@pytest.mark.parametrize("limit_mb", [16, 0], ids=["from memory", "piece by piece"])
def test_projections_are_of_exactly_the_planes_of_the_slab(
    qtbot, cache, path, voxels, limit_mb, monkeypatch
):
    monkeypatch.setattr(plane_source, "PIECE_BYTES", 1)
    cache.set_limit_mb(limit_mb)
    volume = VolumeKey(cache.open(path), 1, 2)
    expected = voxels[1, :, 2]
    for axis, plane in enumerate(("XY", "XZ", "YZ")):
        for position, thickness in itertools.product(range(expected.shape[axis]), (0, 1, 2, 3)):
            first = max(0, position - thickness // 2) if thickness else 0
            last = position - thickness // 2 + thickness if thickness else None
            slab = expected.take(range(expected.shape[axis])[first:last], axis)
            for kind, whole in (("max", slab.max(axis)), ("mean", slab.mean(axis))):
                shown = Projection(kind, thickness)
                values = read(qtbot, cache, PlaneRequest(plane, volume, plane, position, shown))
                cut = whole.astype(np.uint16 if kind == "max" else np.float32)
                assert np.array_equal(values, cut.T if plane == "YZ" else cut)
                assert values.dtype == cut.dtype


def test_a_projection_not_wanted_any_more_ends_before_the_next_piece(
    qtbot, cache, path, monkeypatch
):
    monkeypatch.setattr(plane_source, "PIECE_BYTES", 1)
    cache.set_limit_mb(0)
    key = VolumeKey(cache.open(path), 0, 0)
    read(qtbot, cache, PlaneRequest("b", key, "XY", 0))
    qtbot.waitUntil(lambda: not cache._loading, timeout=5000)
    regions = []
    read_region = plane_source.PlaneSource.read

    def note(source: plane_source.PlaneSource, region: Region, level: int) -> np.ndarray:
        regions.append(region)
        cache.forget_slot("a")
        return read_region(source, region, level)

    monkeypatch.setattr(plane_source.PlaneSource, "read", note)
    with qtbot.assertNotEmitted(cache.plane_ready, wait=100):
        cache.request(PlaneRequest("a", key, "XY", 0, Projection("max", 0)))
    assert [region.z for region in regions] == [(0, 1)]


def test_a_volume_that_fits_is_read_once(qtbot, cache, path, monkeypatch):
    key = VolumeKey(cache.open(path), 0, 0)
    read(qtbot, cache, PlaneRequest("a", key, "XZ", 0))

    def refuse(*_: object) -> None:
        raise AssertionError("the file was read again")

    monkeypatch.setattr(plane_source.PlaneSource, "read", refuse)
    for position in range(5):
        read(qtbot, cache, PlaneRequest("a", key, "XZ", position))
    assert cache.used_bytes == 4 * 5 * 6 * 2


def test_only_the_newest_request_of_a_slot_arrives(qtbot, cache, path):
    key = VolumeKey(cache.open(path), 0, 0)
    arrived: list[int] = []
    cache.plane_ready.connect(lambda result: arrived.append(result.request.position))
    for position in (0, 1, 2, 3, 1, 2):
        cache.request(PlaneRequest("a", key, "XY", position))
    qtbot.waitUntil(lambda: bool(arrived), timeout=5000)
    # Whatever a stale request would still send has been sent once another slot was served.
    read(qtbot, cache, PlaneRequest("b", key, "XZ", 0))
    assert arrived == [2, 0]


def test_a_plane_that_became_stale_while_it_was_read_never_arrives(qtbot, cache, path, monkeypatch):
    reached, go_on = threading.Event(), threading.Event()
    read_plane = plane_source.PlaneSource.read_plane

    def slow(source: plane_source.PlaneSource, *where: object) -> np.ndarray:
        reached.set()
        go_on.wait(5)
        return read_plane(source, *where)

    monkeypatch.setattr(plane_source.PlaneSource, "read_plane", slow)
    cache.set_limit_mb(0)
    key = VolumeKey(cache.open(path), 0, 0)
    arrived: list[int] = []
    cache.plane_ready.connect(lambda result: arrived.append(result.request.position))
    cache.request(PlaneRequest("a", key, "XY", 0))
    assert reached.wait(5)
    cache.request(PlaneRequest("a", key, "XY", 3))
    go_on.set()
    qtbot.waitUntil(lambda: bool(arrived), timeout=5000)
    assert arrived == [3]


def test_a_forgotten_slot_gets_nothing(qtbot, cache, path):
    key = VolumeKey(cache.open(path), 0, 0)
    arrived: list[str] = []
    cache.plane_ready.connect(lambda result: arrived.append(result.request.slot))
    cache.request(PlaneRequest("a", key, "XY", 0))
    cache.forget_slot("a")
    read(qtbot, cache, PlaneRequest("b", key, "XZ", 0))
    assert arrived == ["b"]


def test_memory_stays_within_the_limit(qtbot, cache, tmp_path):
    voxels = np.zeros((6, 16, 1, 256, 256), dtype=np.uint8)  # 1 MB per time point
    path = tmp_path / "series.tif"
    tifffile.imwrite(path, voxels, imagej=True, metadata={"axes": "TZCYX"})
    cache.set_limit_mb(2)
    key = cache.open(str(path))
    for t in range(6):
        read(qtbot, cache, PlaneRequest("a", VolumeKey(key, t, 0), "YZ", 3))
        assert cache.used_bytes <= 2 * 1024 * 1024
    assert cache.used_bytes == 2 * 1024 * 1024


def test_a_volume_beyond_the_limit_is_never_held_but_gets_limits(qtbot, cache, path, voxels):
    cache.set_limit_mb(0)
    key = VolumeKey(cache.open(path), 1, 1)
    summaries = []
    cache.summary_ready.connect(summaries.append)
    read(qtbot, cache, PlaneRequest("a", key, "XZ", 2))
    qtbot.waitUntil(lambda: bool(summaries), timeout=5000)
    summary = summaries[0]
    assert cache.used_bytes == 0
    assert not summary.is_complete
    assert summary.intensities.full.low == voxels[1, :, 1].min()
    assert summary.intensities.full.high == voxels[1, :, 1].max()


def test_two_stacks_share_the_limit(qtbot, cache, tmp_path):
    paths = []
    for name in "ab":
        paths.append(tmp_path / f"{name}.tif")
        stack = np.zeros((24, 256, 256), np.uint8)
        tifffile.imwrite(paths[-1], stack, imagej=True, metadata={"axes": "ZYX"})
    cache.set_limit_mb(2)
    first, second = (cache.open(str(path)) for path in paths)
    # Each alone would fit, but then scrolling in one would throw out the other, endlessly.
    read(qtbot, cache, PlaneRequest("a", VolumeKey(first, 0, 0), "XZ", 3))
    read(qtbot, cache, PlaneRequest("b", VolumeKey(second, 0, 0), "XZ", 3))
    assert cache.used_bytes < stack.nbytes


def test_a_large_volume_gets_limits_before_it_is_read_whole(qtbot, cache, path, monkeypatch):
    monkeypatch.setattr(plane_cache, "ESTIMATE_FROM_BYTES", 1)
    summaries = []
    cache.summary_ready.connect(summaries.append)
    read(qtbot, cache, PlaneRequest("a", VolumeKey(cache.open(path), 0, 0), "XZ", 0))
    assert [summary.is_complete for summary in summaries] == [False, True]


def test_a_file_that_cannot_be_read_is_told_in_a_sentence(qtbot, cache, tmp_path):
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\x00not a tiff at all")
    for path in (broken, tmp_path / "gone.tif"):
        key = cache.open(str(path))
        with qtbot.waitSignal(cache.read_failed, timeout=5000) as signal:
            cache.request(PlaneRequest("a", VolumeKey(key, 0, 0), "XZ", 0))
        failure = signal.args[0]
        assert failure.stack == key
        assert path.name in failure.sentence
        assert "Traceback" not in failure.sentence
        assert failure.sentence.endswith(".")


def test_a_failed_stack_does_not_disturb_the_others(qtbot, cache, path, tmp_path, voxels):
    bad, good = cache.open(str(tmp_path / "gone.tif")), cache.open(path)
    with qtbot.waitSignal(cache.read_failed, timeout=5000):
        cache.request(PlaneRequest("bad", VolumeKey(bad, 0, 0), "XY", 0))
    values = read(qtbot, cache, PlaneRequest("good", VolumeKey(good, 0, 0), "XY", 1))
    assert np.array_equal(values, voxels[0, 1, 0])


def test_an_older_request_still_at_work_does_not_forget_that_the_newest_waits(
    qtbot, cache, path, voxels, monkeypatch
):
    looking, go_on, looked, loading, loaded = (threading.Event() for _ in range(5))
    reader = cache._reader
    held, exact, hold = reader.held, reader.exact, reader.hold_volume

    def slow_look(request: PlaneRequest, *rest: object) -> np.ndarray | None:
        if request.projection == SLICE and not looked.is_set():
            looking.set()
            go_on.wait(5)
        return held(request, *rest)

    def after_look(*rest: object) -> np.ndarray:
        looked.set()
        return exact(*rest)

    def slow_hold(*rest: object) -> np.ndarray:
        loading.set()
        loaded.wait(5)
        return hold(*rest)

    monkeypatch.setattr(reader, "held", slow_look)
    monkeypatch.setattr(reader, "exact", after_look)
    monkeypatch.setattr(reader, "hold_volume", slow_hold)
    key = VolumeKey(cache.open(path), 0, 0)
    cache.request(PlaneRequest("a", key, "XY", 0))
    assert looking.wait(5)
    newest = PlaneRequest("a", key, "XY", 0, Projection("max", 0))
    with qtbot.waitSignal(cache.plane_ready, timeout=5000) as signal:
        cache.request(newest)
        assert loading.wait(5)
        go_on.set()
        assert looked.wait(5)
        loaded.set()
    assert signal.args[0].request == newest
    assert np.array_equal(signal.args[0].values, voxels[0, :, 0].max(axis=0))


def test_a_stack_whose_drive_does_not_answer_keeps_no_other_waiting(
    qtbot, cache, path, tmp_path, voxels, monkeypatch
):
    go_on = threading.Event()
    opening = plane_source.open_stack

    def open_slowly(where: Path, *arguments: object, **options: object) -> object:
        if where.parent.name == "lost":
            go_on.wait(20)
        return opening(where, *arguments, **options)

    monkeypatch.setattr(plane_source, "open_stack", open_slowly)
    (tmp_path / "lost").mkdir()
    lost = cache.open(str(tmp_path / "lost" / "far.tif"))
    for slot, plane in enumerate(("XY", "XZ", "YZ", "XY", "XZ", "YZ")):
        cache.request(PlaneRequest(f"lost {slot}", VolumeKey(lost, 0, 0), plane, 0))
    values = read(qtbot, cache, PlaneRequest("a", VolumeKey(cache.open(path), 0, 0), "XZ", 1))
    assert np.array_equal(values, voxels[0, :, 0, 1])
    cache.close(lost)
    again = cache.open(path)  # the thread that waits is counted until it is free
    read(qtbot, cache, PlaneRequest("b", VolumeKey(again, 0, 0), "XZ", 1))
    go_on.set()


def test_closing_frees_memory_files_and_threads(qtbot, cache, path):
    key = cache.open(path)
    read(qtbot, cache, PlaneRequest("a", VolumeKey(key, 0, 0), "XZ", 0))
    cache.close_all()
    assert cache.used_bytes == 0
    assert cache._pool.activeThreadCount() == 0
    assert path not in [file.path for file in psutil.Process().open_files()]


def test_closing_in_the_middle_of_reading_sends_nothing(qtbot, cache, path, monkeypatch):
    reached, go_on = threading.Event(), threading.Event()
    read_region = plane_source.PlaneSource.read

    def slow(source: plane_source.PlaneSource, *where: object) -> np.ndarray:
        reached.set()
        go_on.wait(5)
        return read_region(source, *where)

    monkeypatch.setattr(plane_source.PlaneSource, "read", slow)
    key = cache.open(path)
    cache.request(PlaneRequest("a", VolumeKey(key, 0, 0), "XY", 0))
    assert reached.wait(5)
    cache.close(key)
    go_on.set()
    signals = [cache.plane_ready, cache.summary_ready, cache.read_failed]
    with qtbot.assertNotEmitted(signals[0]), qtbot.assertNotEmitted(signals[2]):
        cache.close_all()
        qtbot.wait(20)
    assert cache.used_bytes == 0


def test_a_file_replaced_after_closing_is_read_anew(qtbot, cache, path, voxels):
    first = cache.open(path)
    read(qtbot, cache, PlaneRequest("a", VolumeKey(first, 0, 0), "XZ", 0))
    cache.close(first)
    tifffile.imwrite(path, voxels + 7, imagej=True, metadata={"axes": "TZCYX"})
    values = read(qtbot, cache, PlaneRequest("a", VolumeKey(cache.open(path), 0, 0), "XY", 0))
    assert np.array_equal(values, voxels[0, 0, 0] + 7)


@pytest.mark.parametrize("limit_mb", [16, 0], ids=["from memory", "plane by plane"])
def test_a_file_that_has_grown_is_read_anew(qtbot, cache, path, voxels, limit_mb):
    cache.set_limit_mb(limit_mb)
    key = cache.open(path)
    for plane in ("XY", "XZ"):
        read(qtbot, cache, PlaneRequest(plane, VolumeKey(key, 0, 0), plane, 1))
    tifffile.imwrite(path, voxels + 7, imagej=True, metadata={"axes": "TZCYX"})
    arrived = {}
    cache.plane_ready.connect(lambda result: arrived.update({result.request.slot: result.values}))
    cache.refresh(key)
    qtbot.waitUntil(lambda: len(arrived) == 2, timeout=5000)
    assert np.array_equal(arrived["XY"], voxels[0, 1, 0] + 7)
    assert np.array_equal(arrived["XZ"], voxels[0, :, 0, 1] + 7)


def test_a_volume_read_while_its_file_grew_is_not_kept(qtbot, cache, path, voxels, monkeypatch):
    reached, go_on = threading.Event(), threading.Event()
    read_region = plane_source.PlaneSource.read

    def slow(source: plane_source.PlaneSource, *where: object) -> np.ndarray:
        block = read_region(source, *where)
        if not reached.is_set():
            reached.set()
            go_on.wait(5)
        return block

    monkeypatch.setattr(plane_source.PlaneSource, "read", slow)
    key = cache.open(path)
    request = PlaneRequest("a", VolumeKey(key, 0, 0), "XZ", 1)
    cache.request(request)
    assert reached.wait(5)
    tifffile.imwrite(path, voxels + 7, imagej=True, metadata={"axes": "TZCYX"})
    with qtbot.waitSignal(cache.plane_ready, timeout=5000) as heard:
        cache.refresh(key)
        go_on.set()
    assert np.array_equal(heard.args[0].values, voxels[0, :, 0, 1] + 7)


def test_a_closed_stack_is_not_read_anew(qtbot, cache, path):
    key = cache.open(path)
    read(qtbot, cache, PlaneRequest("a", VolumeKey(key, 0, 0), "XY", 0))
    cache.close(key)
    with qtbot.assertNotEmitted(cache.plane_ready, wait=50):
        cache.refresh(key)


def test_store_lets_the_one_unused_for_longest_go():
    store = VolumeStore(limit_bytes=20)
    keys = [VolumeKey("a", t, 0) for t in range(3)]
    for key in keys[:2]:
        store.keep(key, np.zeros(10, np.uint8))
    assert store.find(keys[0]) is not None
    store.keep(keys[2], np.zeros(10, np.uint8))
    assert [store.find(key) is not None for key in keys] == [True, False, True]


def test_planes_cut_from_memory_are_copies():
    volume = np.zeros((3, 4, 5), np.uint8)
    plane = cut_plane(volume, "YZ", 1)
    plane[:] = 1
    assert volume.max() == 0
