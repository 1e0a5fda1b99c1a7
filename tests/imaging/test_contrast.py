"""Limits and histograms describe what is there and survive what a camera or a bug delivers."""

import warnings

import numpy as np
import pytest

from gvtstudio.imaging.contrast import (
    AUTO_CUTS,
    Limits,
    auto_limits,
    camera_range,
    limits_between,
    summarise,
)


def test_percentiles_cut_the_ends_and_the_full_range_does_not():
    voxels = np.arange(10_000, dtype=np.uint16).reshape(10, 100, 10)
    summary = summarise(voxels)
    assert summary.full == Limits(0, 9999)
    assert summary.auto.low == pytest.approx(35, abs=2)
    assert summary.auto.high == pytest.approx(9964, abs=2)


def test_twelve_bit_data_in_sixteen_bits_gets_twelve_bit_limits():
    rng = np.random.default_rng(0)
    assert summarise(rng.integers(100, 4096, (8, 64, 64), dtype=np.uint16)).auto.high < 4096


def test_one_bright_voxel_is_in_the_full_range_even_where_the_sample_misses_it():
    voxels = np.zeros((30, 300, 300), dtype=np.uint16)
    voxels[7, 101, 203] = 60_000
    assert summarise(voxels).full == Limits(0, 60_000)


def test_a_mostly_empty_stack_is_shown_by_its_full_range():
    voxels = np.full((20, 100, 100), 3, dtype=np.uint8)
    voxels[0, 0, :50] = 200
    assert summarise(voxels).auto == Limits(3, 200)


@pytest.mark.parametrize(
    "voxels",
    [
        np.full((2, 3, 4), np.nan, dtype=np.float32),
        np.full((2, 3, 4), np.inf, dtype=np.float32),
        np.zeros((1, 1, 1), dtype=np.uint8),
        np.full((2, 2, 2), 1e30, dtype=np.float32),
        np.zeros((3, 3, 3), dtype=np.bool_),
        np.zeros((0, 3, 3), dtype=np.uint16),
    ],
    ids=["nan", "inf", "one voxel", "huge constant", "bool", "empty"],
)
def test_nothing_to_show_still_gives_usable_limits(voxels):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        summary = summarise(voxels)
    assert summary.auto.high > summary.auto.low


def test_nan_and_inf_are_left_out_of_the_limits():
    voxels = np.linspace(0, 1, 1000, dtype=np.float32)
    voxels[10], voxels[20] = np.nan, np.inf
    summary = summarise(voxels)
    assert summary.full == Limits(0.0, 1.0)
    assert summary.counts.sum() == 998


def test_whole_numbers_get_a_bin_each():
    voxels = np.repeat(np.arange(40, dtype=np.uint8), 5)
    assert summarise(voxels).counts.tolist() == [5] * 40


def test_summary_leaves_the_voxels_alone():
    voxels = np.random.default_rng(1).random((4, 5, 6))
    before = voxels.copy()
    summarise(voxels)
    assert np.array_equal(voxels, before)


def test_limits_refuse_an_empty_range():
    with pytest.raises(ValueError, match="nothing to show"):
        Limits(5, 5)
    assert limits_between(5, 5).high > 5


@pytest.mark.parametrize("cut", AUTO_CUTS)
def test_every_cut_leaves_out_its_share_at_each_end(cut):
    voxels = np.arange(10_001, dtype=np.uint16)
    expected = Limits(cut * 100, 10_000 - cut * 100)
    for found in (summarise(voxels).auto_at(cut), auto_limits(voxels, cut)):
        assert found.low == pytest.approx(expected.low, abs=1e-6)
        assert found.high == pytest.approx(expected.high, abs=1e-6)


def test_limits_of_a_plane_leave_out_what_is_no_number():
    plane = np.full((8, 8), np.nan, np.float32)
    assert auto_limits(plane) == Limits(0, 1)
    plane[2:4] = np.arange(16).reshape(2, 8)
    plane[0, 0] = np.inf
    assert auto_limits(plane, 0) == Limits(0, 15)


def test_the_range_of_a_camera_is_what_its_bits_can_say():
    assert camera_range(12) == Limits(0, 4095)
    assert camera_range(None) is None
