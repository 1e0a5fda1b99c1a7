import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gvtstudio.imaging.normalization import PercentileNormalization, as_dtype


@given(
    hnp.arrays(np.uint16, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)),
)
def test_normalisation_and_its_inverse_give_the_same_integers_back(image: np.ndarray):
    scale = PercentileNormalization.of(image, (2, 99.8))
    back, clipped = as_dtype(scale.invert(scale.apply(image)), image.dtype)
    assert clipped == 0
    # float32 holds 24 bits: beyond the percentiles of a narrow image a last bit may go
    tolerance = np.spacing(np.float32(np.abs(scale.apply(image)).max())) * (scale.high - scale.low)
    assert np.abs(back.astype(int) - image).max() <= np.ceil(tolerance)


def test_percentiles_are_mapped_to_zero_and_one():
    image = np.arange(1001, dtype=np.uint16).reshape(1, 7, 143)
    scale = PercentileNormalization.of(image, (2, 99.8))
    assert scale.low == pytest.approx(20)
    assert scale.high == pytest.approx(998)


def test_nothing_is_clipped_by_normalising():
    scale = PercentileNormalization(low=10, high=20)
    assert scale.apply(np.array([0, 40], np.uint8)).tolist() == [-1.0, 3.0]


@pytest.mark.parametrize("value", [0, 7])
def test_a_constant_image_survives(value: int):
    image = np.full((2, 3, 4), value, np.uint8)
    scale = PercentileNormalization.of(image, (2, 99.8))
    assert np.isfinite(scale.apply(image)).all()
    assert np.array_equal(as_dtype(scale.invert(scale.apply(image)), image.dtype)[0], image)


def test_few_bright_voxels_beyond_the_percentiles_still_make_a_range():
    image = np.zeros((10, 100, 100), np.uint16)
    image[0, 0, :5] = 1000
    scale = PercentileNormalization.of(image, (2, 99.8))
    assert (scale.low, scale.high) == (0, 1000)


@given(st.floats(-1e6, 1e6), st.sampled_from([np.uint8, np.uint16, np.int16]))
def test_clipped_voxels_are_counted(value: float, dtype: type):
    limits = np.iinfo(dtype)
    converted, clipped = as_dtype(np.array([value]), np.dtype(dtype))
    assert limits.min <= converted[0] <= limits.max
    assert clipped == int(not limits.min <= round(value) <= limits.max)


def test_float_output_clips_nothing():
    image = np.array([-5.5, 1e9])
    converted, clipped = as_dtype(image, np.dtype(np.float32))
    assert clipped == 0
    assert converted.dtype == np.float32
