import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gvtstudio.imaging import statistics
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.statistics import measure_volume
from gvtstudio.imaging.suitability import judge_statistics, judge_volume

DTYPES = [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.float32, np.float64]
PERCENTILES = (2.0, 99.8)


def values_of(dtype: type) -> st.SearchStrategy:
    """Values whose differences fit their own type, or NumPy itself goes wrong."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return st.floats(-(2.0**99), 2.0**99, width=8 * kind.itemsize, allow_subnormal=False)
    limits = np.iinfo(kind)
    return st.integers(limits.min // 2, limits.max // 2)


@st.composite
def volumes(draw: st.DrawFn) -> np.ndarray:
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(hnp.array_shapes(min_dims=3, max_dims=3, max_side=7))
    few = draw(st.booleans())
    elements = values_of(dtype)
    if few:
        elements = st.sampled_from([dtype(draw(elements)), dtype(draw(elements))])
    return draw(hnp.arrays(dtype, shape, elements=elements))


@given(volumes(), st.integers(1, 4), st.tuples(st.floats(0, 100), st.floats(0, 100)))
def test_percentiles_are_those_of_the_whole_array(image, planes, percentiles):
    blocks = [image[z : z + planes] for z in range(0, len(image), planes)]
    measured = measure_volume(lambda: blocks, percentiles)
    assert measured.percentiles == tuple(np.percentile(image, percentiles))
    assert (measured.low, measured.high) == (image.min(), image.max())
    assert measured.count == image.size


@given(volumes())
def test_blocks_give_the_normalisation_and_the_verdict_of_the_whole(image):
    blocks = list(image)
    measured = measure_volume(lambda: blocks, PERCENTILES)
    whole = PercentileNormalization.of(image, PERCENTILES)
    assert PercentileNormalization.from_statistics(measured) == whole
    low, high = np.percentile(image, PERCENTILES)
    if high > low:
        assert (whole.low, whole.high) == (low, high)
    assert judge_statistics(measured, "a.tif") == judge_volume(image, "a.tif")


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.int64])
def test_percentiles_lie_between_the_extremes_of_a_type(dtype):
    limits = np.iinfo(dtype)
    image = np.array([limits.min, limits.max], dtype)
    low, high = measure_volume(lambda: [image], (25, 75)).percentiles
    assert low == pytest.approx(limits.min / 2, rel=1e-3)
    assert high == pytest.approx(limits.max / 2, rel=1e-3)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64, np.uint64])
def test_large_blocks_are_taken_in_pieces(dtype, monkeypatch):
    monkeypatch.setattr(statistics, "CHUNK_VOXELS", 100)
    image = np.random.default_rng(0).integers(0, 60_000, (7, 13, 11)).astype(dtype)
    measured = measure_volume(lambda: [image[:, ::-1], image[:, :, 3:]], PERCENTILES)
    both = np.concatenate([image.ravel(), image[:, :, 3:].ravel()])
    assert measured.percentiles == tuple(np.percentile(both, PERCENTILES))


@pytest.mark.parametrize("order", ["<u2", ">u2", "<f4", ">f4"])
def test_byte_order_changes_nothing(order):
    image = np.arange(2, 502).reshape(5, 10, 10).astype(order)
    expected = tuple(np.percentile(image, PERCENTILES))
    assert measure_volume(lambda: [image], PERCENTILES).percentiles == expected


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_no_numbers_are_counted_in_all_blocks(bad):
    image = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    image[0, 0, 0] = image[2, 1, :2] = bad
    measured = measure_volume(lambda: list(image), PERCENTILES)
    assert measured.not_finite == 3
    assert np.isnan(measured.percentiles).all()


def test_saturation_is_counted_over_blocks():
    image = np.zeros((3, 4, 5), np.uint8)
    image[1:, 0] = 255
    assert measure_volume(lambda: list(image)).saturated == 10
    assert measure_volume(lambda: list(image.astype(np.uint16))).saturated == 0


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_memory_does_not_grow_with_the_volume(dtype):
    def blocks(count: int) -> Iterator[np.ndarray]:
        rng = np.random.default_rng(0)
        for _ in range(count):
            yield rng.integers(0, 9999, (4, 128, 128), np.uint16).astype(dtype)

    def peak(count: int) -> int:
        measure_volume(lambda: blocks(count), PERCENTILES)
        tracemalloc.start()
        try:
            measure_volume(lambda: blocks(count), PERCENTILES)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(40) < 1.1 * peak(4)


@given(volumes(), st.integers(1, 4))
def test_mean_and_deviation_are_those_of_the_whole_array(image, planes):
    blocks = [image[z : z + planes] for z in range(0, len(image), planes)]
    measured = measure_volume(lambda: blocks)
    wide = image.astype(np.float64)
    rounding = 1e-6 * float(np.ptp(wide)) + 1e-12 * float(np.abs(wide).max())  # NumPy's own
    assert measured.mean == pytest.approx(wide.mean(), abs=rounding)
    assert measured.sd == pytest.approx(wide.std(), abs=rounding)


def test_a_large_offset_costs_the_deviation_no_digits():
    image = np.random.default_rng(0).normal(1e9, 0.5, (4, 50, 50))
    measured = measure_volume(lambda: iter(image))
    assert measured.sd == pytest.approx(image.std(), rel=1e-9)


def test_voxels_that_are_no_numbers_have_no_mean():
    image = np.ones((2, 3, 4), np.float32)
    image[1, 1, 1] = np.nan
    measured = measure_volume(lambda: iter(image))
    assert np.isnan([measured.mean, measured.sd]).all()


def test_z_scores_are_the_normalisation_by_mean_and_deviation():
    image = np.random.default_rng(0).integers(5, 900, (4, 20, 20)).astype(np.uint16)
    scores = PercentileNormalization.standard(image).apply(image)
    expected = (image - image.mean()) / image.std()
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    flat = PercentileNormalization.standard(np.full((2, 3, 3), 7, np.uint8))
    assert (flat.low, flat.high) == (7, 8)
