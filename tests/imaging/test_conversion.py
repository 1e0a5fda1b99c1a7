"""Converted voxels against plain NumPy, one by one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gvtstudio.imaging.conversion import Losses, converted

TYPES = ["uint8", "int8", "uint16", "int16", "int32", "uint32", "int64", "float16", "float32",
         "float64", "bool"]  # fmt: skip
any_voxels = st.sampled_from(TYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_dims=2, max_side=5))
)
narrow = st.sampled_from(["uint8", "uint16"])
finite = st.floats(-1e6, 1e6)


def expected(value: float, top: int, limits: tuple[float, float] | None) -> tuple[int, bool]:
    """What becomes of one voxel, and whether it is clipped."""
    if not math.isfinite(value):
        return 0, True
    if limits is None:
        grey = round(value)
        return min(max(grey, 0), top), not 0 <= grey <= top
    low, high = limits
    grey = round((min(max(value, low), high) - low) / (high - low) * top)
    return grey, not low <= value <= high


@given(any_voxels, narrow, st.none() | st.tuples(finite, st.floats(1e-3, 1e6)))
def test_whole_numbers_are_those_of_plain_arithmetic(voxels, dtype, span):
    limits = None if span is None else (span[0], span[0] + span[1])
    result, losses = converted(voxels, np.dtype(dtype), limits)
    top = np.iinfo(dtype).max
    pairs = [expected(float(value), top, limits) for value in voxels.flat]
    assert result.dtype == dtype
    assert result.shape == voxels.shape
    assert result.ravel().tolist() == [grey for grey, _ in pairs]
    assert losses.clipped == sum(is_clipped for _, is_clipped in pairs)
    assert losses.not_finite == sum(not math.isfinite(value) for value in voxels.flat)
    assert losses.rounded == 0


@given(any_voxels)
def test_real_numbers_keep_what_they_can_hold(voxels):
    result, losses = converted(voxels, np.dtype("float32"))
    largest = float(np.finfo("float32").max)
    clipped = rounded = 0
    for before, after in zip(voxels.ravel().tolist(), result.ravel().tolist(), strict=True):
        value = float(before)
        if math.isnan(value) or math.isinf(value):
            assert math.isnan(after) if math.isnan(value) else after == value
        elif abs(value) > largest:
            assert after == math.copysign(largest, value)
            clipped += 1
        else:
            assert after == pytest.approx(value, rel=6e-8, abs=1e-44)
            rounded += after != value
    assert losses == Losses(clipped, 0, rounded)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "int16", "bool", "float32"])
def test_narrow_types_lose_nothing_as_real_numbers(dtype):
    values = np.arange(-300, 300).astype(dtype)
    result, losses = converted(values, np.dtype("float32"))
    assert losses == Losses()
    np.testing.assert_array_equal(result, values.astype("float32"))


def test_the_same_type_is_not_copied():
    voxels = np.arange(5, dtype="uint16")
    assert converted(voxels, voxels.dtype)[0] is voxels


def test_losses_add_up():
    assert Losses(1, 2, 3) + Losses(10, 20, 30) == Losses(11, 22, 33)
