"""Tiles that are blended into one another, read and written by themselves."""

import tracemalloc
from dataclasses import replace
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.domain.errors import Cancelled, ResourcesMissing
from gvtstudio.imaging.open_volume import Box, OpenVolume, box_shape, slices_of
from gvtstudio.imaging.tiling import tile_starts
from gvtstudio.prediction.blended import (
    Answer,
    Blended,
    BlendSettings,
    predict_blended,
)

Shape3 = tuple[int, int, int]
NEEDS = PredictionNeeds((1, 1, 1), (3, 3, 3), streams_exactly=False)
IMAGES = PredictionNeeds((4, 4), (None, 9), streams_exactly=False)
PLENTY = 1 << 50
PER_VOXEL = 12_000


def random_volume(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).random(shape, np.float32)


def per_voxel() -> float:
    return PER_VOXEL


def ignore(share: float) -> None:
    """Nobody listens."""


class Recorded:
    """An array behind ``read`` and ``write``, and which boxes were asked for."""

    def __init__(self, source: np.ndarray) -> None:
        self.result = np.full(source.shape, np.nan, np.float32)
        self.reads: list[Box] = []
        self.writes: list[Box] = []
        self._source = source
        self.volume = OpenVolume(source.shape, self._read, self._write)

    def _read(self, box: Box) -> np.ndarray:
        self.reads.append(box)
        return self._source[slices_of(box)]

    def _write(self, box: Box, values: np.ndarray) -> None:
        assert values.shape == box_shape(box)
        assert np.isnan(self.result[slices_of(box)]).all(), "a voxel came twice"
        self.writes.append(box)
        self.result[slices_of(box)] = values


def restore(
    answer: Answer, source: np.ndarray, how: BlendSettings, begin: int = 0
) -> tuple[Recorded, Blended]:
    recorded = Recorded(source)
    how = replace(how, begin=begin)
    return recorded, predict_blended(answer, recorded.volume, how, ignore)


def normed(tiles: np.ndarray) -> np.ndarray:
    """What depends on the whole tile, as instance norm does."""
    mean = tiles.mean((1, 2, 3), keepdims=True, dtype=np.float64)
    return (tiles - mean + tiles * tiles[:, ::-1, ::-1, ::-1]).astype(np.float32)


def blended_in_memory(source: np.ndarray, tile: Shape3, reach: Shape3) -> np.ndarray:
    """The whole at once, as it was done before: sums of weighted tiles, divided by the weights."""
    overlap = [
        0 if t >= n else min(max(r, t // 4), t // 2)
        for t, n, r in zip(tile, source.shape, reach, strict=True)
    ]
    total, weight = np.zeros(source.shape), np.zeros(source.shape)
    starts = [tile_starts(*a) for a in zip(source.shape, tile, overlap, strict=True)]
    for corner in product(*starts):
        place = tuple(slice(a, a + t) for a, t in zip(corner, tile, strict=True))
        values = normed(source[place][None])[0]
        weights = np.ones(values.shape)
        for axis, (a, n, ramp) in enumerate(zip(corner, source.shape, overlap, strict=True)):
            profile = np.moveaxis(weights, axis, 0)
            for k in range(min(ramp, len(profile))):
                factor = (k + 1) / (ramp + 1)
                if a > 0:
                    profile[k] *= factor
                if a + len(profile) < n:
                    profile[-1 - k] *= factor
        total[place] += weights * values
        weight[place] += weights
    return total / weight


sizes = st.tuples(st.integers(1, 24), st.integers(1, 24), st.integers(1, 24))


@given(sizes, sizes, st.integers(1, 5))
@settings(max_examples=60)
def test_the_result_is_that_of_blending_in_memory(shape: Shape3, tile: Shape3, batch: int):
    source = random_volume(*shape)
    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=tile, batch=batch)
    recorded, _ = restore(normed, source, how)
    np.testing.assert_allclose(
        recorded.result, blended_in_memory(source, tile, (3, 3, 3)), atol=1e-6
    )


@given(sizes, sizes, st.data())
@settings(max_examples=60)
def test_going_on_gives_what_was_missing(shape: Shape3, tile: Shape3, data: st.DataObject):
    source = random_volume(*shape)
    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=tile)
    whole, _ = restore(normed, source, how)
    begin = data.draw(st.integers(0, shape[0]))
    rest, _ = restore(normed, source, how, begin)
    np.testing.assert_array_equal(rest.result[begin:], whole.result[begin:])
    assert np.isnan(rest.result[:begin]).all()
    assert all(z[1] > begin for z, _, _ in rest.reads)


def test_planes_are_noted_after_they_are_written():
    source = random_volume(30, 20, 20)
    recorded = Recorded(source)
    noted: list[int] = []

    def note(planes: int) -> None:
        assert not np.isnan(recorded.result[:planes]).any()
        assert np.isnan(recorded.result[planes:]).all()
        noted.append(planes)

    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=(8, 8, 8), begin=0)
    predict_blended(normed, recorded.volume, how, ignore, note)
    assert len(noted) > 3
    assert noted == [z[1] for z, _, _ in recorded.writes]
    assert noted[-1] == 30


def test_an_interrupted_restoration_goes_on_where_planes_were_noted():
    source = random_volume(40, 20, 20)
    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=(8, 12, 12))
    whole, _ = restore(normed, source, how)
    recorded = Recorded(source)
    noted = [0]

    def stop_half_way(share: float) -> None:
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        predict_blended(normed, recorded.volume, how, stop_half_way, noted.append)
    assert 0 < noted[-1] < 40
    rest, _ = restore(normed, source, how, noted[-1])
    together = np.where(np.isnan(recorded.result), rest.result, recorded.result)
    np.testing.assert_array_equal(together, whole.result)


def test_no_more_than_a_slab_is_held():
    shape, tile = (400, 48, 48), (8, 16, 16)

    def read(box: Box) -> np.ndarray:
        return np.ones(box_shape(box), np.float32)

    largest: list[int] = []

    def write(box: Box, values: np.ndarray) -> None:
        largest.append(box[0][1] - box[0][0])

    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=tile)
    tracemalloc.start()
    try:
        predict_blended(normed, OpenVolume(shape, read, write), how, ignore)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert max(largest) <= 8
    assert sum(largest) == 400
    slab, one = 4 * 8 * 48 * 48, 4 * prod(tile)
    assert peak < 2 * slab + 12 * one + 200_000
    assert peak < 4 * prod(shape) / 4


def test_only_tiles_are_read():
    recorded, _ = restore(
        normed,
        random_volume(30, 40, 50),
        BlendSettings(NEEDS, per_voxel, PLENTY, tile=(8, 16, 12)),
    )
    assert {box_shape(box) for box in recorded.reads} == {(8, 16, 12)}


def at_most(voxels: int, seen: list[tuple[int, ...]]) -> Answer:
    """A network that fails like the allocator of torch above a size."""

    def answer(tiles: np.ndarray) -> np.ndarray:
        seen.append(tiles.shape)
        if tiles.size > voxels:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried")
        return tiles + 1

    return answer


def test_out_of_memory_halves_the_batch_before_the_tile():
    source, seen = random_volume(20, 40, 40), []
    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=(16, 16, 16), batch=8)
    recorded, blended = restore(at_most(3 * 16**3, seen), source, how)
    assert [shape[0] for shape in seen[:3]] == [8, 4, 2]
    assert {shape[1:] for shape in seen} == {(16, 16, 16)}
    assert blended.tile == (16, 16, 16)
    np.testing.assert_allclose(recorded.result, source + 1, rtol=1e-6)


def test_out_of_memory_goes_on_to_smaller_tiles():
    source, seen = random_volume(16, 130, 130), []
    how = BlendSettings(NEEDS, per_voxel, PLENTY, batch=2)
    recorded, blended = restore(at_most(16 * 64 * 64, seen), source, how)
    assert [s for i, s in enumerate(seen) if s not in seen[:i]] == [
        (1, 16, 130, 130), (2, 16, 128, 128), (1, 16, 128, 128), (2, 16, 64, 64), (1, 16, 64, 64)
    ]  # fmt: skip
    assert blended.tile == (16, 64, 64)
    np.testing.assert_allclose(recorded.result, source + 1, rtol=1e-6)


def test_what_is_written_stays_when_memory_runs_out_later():
    source = random_volume(64, 20, 20)
    calls = 0

    def answer(tiles: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        if calls > 20 and len(tiles) > 1:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")
        return tiles + 1

    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=(8, 8, 8), batch=4)
    recorded, _ = restore(answer, source, how)  # which refuses a voxel that comes twice
    np.testing.assert_allclose(recorded.result, source + 1, rtol=1e-6)
    firsts = [z[0] for z, _, _ in recorded.reads]
    assert firsts != sorted(firsts), "the row that was broken off is done again"
    assert firsts.count(0) == 16, "the first row is not"


def test_a_given_tile_that_does_not_fit_is_refused_in_words():
    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=(8, 8, 8), batch=4)
    with pytest.raises(ResourcesMissing, match="20 × 20 × 20") as refused:
        restore(at_most(100, []), random_volume(20, 20, 20), how)
    assert "--tile" in refused.value.remedy


def chosen(shape: Shape3, how: BlendSettings) -> tuple[Shape3, tuple[int, ...]]:
    """The tile, and the largest input of the network."""
    seen: list[tuple[int, ...]] = []

    def answer(tiles: np.ndarray) -> np.ndarray:
        seen.append(tiles.shape)
        return tiles

    def read(box: Box) -> np.ndarray:
        return np.zeros(box_shape(box), np.float32)

    blended = predict_blended(
        answer, OpenVolume(shape, read, lambda box, values: None), how, ignore
    )
    return blended.tile, max(seen)


def test_memory_counts_the_slab_beside_the_tile():
    shape, tile = (40, 400, 400), (16, 64, 64)
    one, slab = PER_VOXEL * 16 * 128 * 128, 4 * 16 * 400 * 400
    assert chosen(shape, BlendSettings(NEEDS, per_voxel, one + slab))[0] == (16, 128, 128)
    assert chosen(shape, BlendSettings(NEEDS, per_voxel, one + slab - 1))[0] == tile
    on_card = BlendSettings(NEEDS, per_voxel, one, slab_bytes=slab)
    assert chosen(shape, on_card)[0] == (16, 128, 128)
    assert chosen(shape, BlendSettings(NEEDS, per_voxel, one, slab_bytes=slab - 1))[0] == tile


@pytest.mark.parametrize(
    ("needs", "shape", "tile"), [(NEEDS, (16, 64, 64), None), (NEEDS, (40, 90, 90), (8, 16, 16)),
                                 (IMAGES, (1, 90, 90), (1, 90, 90))]
)  # fmt: skip
def test_where_nothing_can_be_chosen_memory_is_not_asked_for(needs, shape, tile):
    def refuse() -> float:
        raise AssertionError("asked")

    batch = 8 if needs is IMAGES else 1
    how = BlendSettings(needs, refuse, 0, tile=tile, batch=batch)
    assert chosen(shape, how)[0] == (tile or shape)


@pytest.mark.parametrize(("times", "batch"), [(0.5, 1), (1, 1), (3.9, 3), (100, 8)])
def test_as_many_tiles_at_once_as_fit(times: float, batch: int):
    tile = (16, 32, 32)
    free = int(times * PER_VOXEL * prod(tile))
    how = BlendSettings(NEEDS, per_voxel, free, slab_bytes=PLENTY, tile=tile, batch=8)
    assert chosen((20, 200, 200), how)[1] == (batch, *tile)


def test_a_thin_tile_counts_as_deep_as_it_is_mirrored():
    tile = (4, 32, 32)
    how = BlendSettings(
        NEEDS,
        per_voxel,
        PER_VOXEL * 8 * prod(tile),
        slab_bytes=PLENTY,
        tile=tile,
        batch=8,
    )
    assert chosen((20, 200, 200), how)[1] == (2, *tile)


@pytest.mark.parametrize(
    ("planes", "fitting", "expected"), [(40, 100, 14), (5, 100, 5), (16, 100, 16), (17, 4.5, 4)]
)
def test_planes_of_images_go_side_by_side(planes: int, fitting: float, expected: int):
    free = int(fitting * PER_VOXEL * 40 * 40)
    how = BlendSettings(IMAGES, per_voxel, free, slab_bytes=PLENTY, tile=(99, 40, 40), batch=16)
    tile, _ = chosen((planes, 60, 60), how)
    assert tile == (expected, 40, 40)


def test_progress_rises_to_the_end_also_when_going_on():
    shares: list[float] = []
    source = Recorded(random_volume(30, 20, 20))
    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=(8, 8, 8), begin=15)
    predict_blended(normed, source.volume, how, shares.append)
    assert shares == sorted(shares)
    assert shares[0] > 0.5
    assert shares[-1] == pytest.approx(1)


def with_offsets(size: float) -> Answer:
    """A network whose tiles are of different brightness."""
    number = 0

    def answer(tiles: np.ndarray) -> np.ndarray:
        nonlocal number
        number += 1
        return tiles + np.float32(size * (number % 2))

    return answer


@pytest.mark.parametrize("texture", [0.0, 0.1])
def test_tiles_of_different_brightness_are_reported(texture: float):
    source = texture * random_volume(20, 40, 40)
    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=(16, 16, 16))
    _, blended = restore(with_offsets(1.0), source, how)
    assert blended.seam_ratio is not None
    assert blended.seam_ratio > 1.2
    _, even = restore(with_offsets(0.0), source, how)
    assert even.seam_ratio == pytest.approx(1, abs=0.1)


def test_a_constant_network_leaves_no_step():
    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=(8, 12, 16))
    _, blended = restore(lambda t: np.full_like(t, 0.7), random_volume(20, 40, 40), how)
    assert blended.seam_ratio == pytest.approx(1, abs=0.01)


def test_a_single_tile_has_no_seams():
    how = BlendSettings(NEEDS, per_voxel, PLENTY, tile=(99, 99, 99))
    _, blended = restore(normed, random_volume(20, 30, 30), how)
    assert blended == Blended((20, 30, 30), None)
