from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtstudio.imaging.tiling import (
    BlendedVolume,
    split_into_tiles,
    tile_starts,
)

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


@given(st.tuples(axis, axis, axis))
def test_blending_unchanged_tiles_gives_the_volume_back(sizes):
    shape, tile, overlap = (tuple(axis) for axis in zip(*sizes, strict=True))
    volume = np.random.default_rng(1).random(shape, np.float32)
    blended = BlendedVolume(shape, overlap)
    for place in split_into_tiles(shape, tile, overlap):
        blended.add(place, volume[place])
    np.testing.assert_allclose(blended.finished(), volume, rtol=1e-5)


def test_between_tiles_that_disagree_the_values_change_gradually():
    blended = BlendedVolume((1, 1, 30), (0, 0, 10))
    first, second = split_into_tiles((1, 1, 30), (1, 1, 20), (0, 0, 10))
    blended.add(first, np.zeros((1, 1, 20), np.float32))
    blended.add(second, np.ones((1, 1, 20), np.float32))
    steps = np.diff(blended.finished()[0, 0])
    assert steps.max() < 0.2
    assert (steps >= -1e-6).all()


def test_an_overlap_as_large_as_the_tile_is_refused():
    with pytest.raises(ValueError, match="leaves nothing"):
        tile_starts(100, 10, 10)
