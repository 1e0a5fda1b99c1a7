from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtstudio.imaging.tiling import (
    BlendedSlab,
    borders_between,
    split_axis,
    tile_starts,
)

Shape3 = tuple[int, int, int]
Predict = Callable[[tuple[slice, ...]], np.ndarray]

axis = st.tuples(st.integers(1, 70), st.integers(2, 20), st.integers(0, 9)).filter(
    lambda a: a[2] < a[1]
)


@given(axis)
def test_tiles_cover_the_axis_and_share_the_overlap(sizes: tuple[int, int, int]):
    length, tile, overlap = sizes
    starts = tile_starts(length, tile, overlap)
    assert starts[0] == 0
    assert max(starts[-1] + tile, length) == max(length, tile)
    for a, b in pairwise(starts):
        assert a < b
        assert a + tile - b >= overlap


@given(axis)
def test_weights_fall_towards_the_next_tile_and_add_up_to_one(sizes: tuple[int, int, int]):
    length, tile, _ = sizes
    total = np.zeros(length)
    for one in split_axis(*sizes):
        assert (one.weights > 0).all()
        assert one.weights.dtype == np.float32
        assert len(one.weights) == min(tile, length)
        total[slice(*one.span)] += one.weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


@given(axis)
def test_borders_are_where_tiles_begin_and_end_inside_the_axis(sizes: tuple[int, int, int]):
    length, tile, overlap = sizes
    starts = tile_starts(length, tile, overlap)
    expected = {s for s in starts if s > 0} | {s + tile for s in starts if s + tile < length}
    assert borders_between(split_axis(*sizes)) == sorted(expected)


def blended(shape: Shape3, tile: Shape3, overlap: Shape3, predict: Predict) -> np.ndarray:
    """All rows of tiles through one slab, its finished planes put together."""
    rows, *across = (split_axis(*a) for a in zip(shape, tile, overlap, strict=True))
    slab = BlendedSlab((min(tile[0], shape[0]), *shape[1:]), 0)
    planes = []
    for row, stop in zip(rows, [r.start for r in rows[1:]] + [shape[0]], strict=True):
        for place in product([row], *across):
            slab.add(place, predict(tuple(slice(*one.span) for one in place)))
        planes.append(slab.planes(slab.first, stop).copy())
        slab.drop(stop)
    return np.concatenate(planes)


@given(st.tuples(axis, axis, axis))
def test_blending_unchanged_tiles_gives_the_volume_back(sizes):
    shape, tile, overlap = (tuple(axis) for axis in zip(*sizes, strict=True))
    volume = np.random.default_rng(1).random(shape, np.float32)
    np.testing.assert_allclose(
        blended(shape, tile, overlap, lambda place: volume[place]), volume, rtol=1e-5
    )


@pytest.mark.parametrize("along", [0, 1, 2])
def test_between_tiles_that_disagree_the_values_change_gradually(along: int):
    shape, tile, overlap = [1, 1, 1], [1, 1, 1], [0, 0, 0]
    shape[along], tile[along], overlap[along] = 30, 20, 10
    tile_shape = tuple(tile)

    def predict(place: tuple[slice, ...]) -> np.ndarray:
        return np.full(tile_shape, float(place[along].start > 0), np.float32)

    values = blended(tuple(shape), tile_shape, tuple(overlap), predict).ravel()
    np.testing.assert_allclose(values[:10], 0)
    np.testing.assert_allclose(values[20:], 1)
    np.testing.assert_allclose(np.diff(values[9:21]), 1 / 11, atol=1e-6)


def test_an_overlap_as_large_as_the_tile_is_refused():
    with pytest.raises(ValueError, match="leaves nothing"):
        tile_starts(100, 10, 10)
