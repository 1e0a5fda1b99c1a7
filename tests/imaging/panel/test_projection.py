"""Projections are the maximum and mean of exactly the planes named, whatever the parts."""

import numpy as np
import pytest

from gvtstudio.imaging.panel.projection import Projection, projected


@pytest.mark.parametrize(
    ("thickness", "position", "span"),
    [
        (1, 4, (4, 5)),
        (3, 4, (3, 6)),
        (4, 4, (2, 6)),
        (5, 0, (0, 3)),
        (5, 9, (7, 10)),
        (99, 4, (0, 10)),
    ],
)
def test_a_slab_is_centred_and_clipped_at_the_border(thickness, position, span):
    assert Projection("max", thickness).span(position, 10) == span
    assert Projection("slice", thickness).span(position, 10) == (position, position + 1)


@pytest.mark.parametrize("plane", ["XY", "XZ", "YZ"])
@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint16", "float32", "float64"])
def test_parts_give_what_the_whole_gives(plane, pieces, dtype):
    volume = (np.random.default_rng(1).normal(size=(7, 5, 6)) * 40).astype(dtype)
    blocks = np.array_split(volume, pieces)
    axis = {"XY": 0, "XZ": 1, "YZ": 2}[plane]
    largest, mean = volume.max(axis), volume.mean(axis, dtype=np.float64)
    if plane == "YZ":
        largest, mean = largest.T, mean.T
    found = projected(blocks, plane, "max")
    assert found.dtype == volume.dtype
    assert np.array_equal(found, largest)
    found = projected(blocks, plane, "mean")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, mean, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("plane", ["XY", "XZ"])
def test_only_finite_voxels_count(plane):
    columns = [[np.nan, 2, 4], [np.inf, 1, -np.inf], [np.nan, np.inf, np.nan]]
    volume = np.array(columns, np.float32).T[:, :, None]  # XY looks along the columns
    if plane == "XZ":
        volume = volume.transpose(1, 0, 2)
    blocks = [volume[:1], volume[1:]]
    assert projected(blocks, plane, "max").ravel().tolist()[:2] == [4, 1]
    assert projected(blocks, plane, "mean").ravel().tolist()[:2] == [3, 1]
    for kind in ("max", "mean"):
        assert np.isnan(projected(blocks, plane, kind).ravel()[2])
