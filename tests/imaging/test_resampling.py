"""Resampling: right places, no aliasing, the same block by block."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import ArrayStack, StackInfo
from gvtstudio.imaging.open_volume import blocks_of, slices_of, whole_box
from gvtstudio.imaging.resampled_stack import ResampledStack
from gvtstudio.imaging.resampling import (
    Resampling,
    back_again,
    region_of_result,
    resample_volume,
)

SIDES = st.integers(1, 9)
FACTORS = st.floats(0.3, 4.0)


def smooth(shape: tuple[int, int, int]) -> np.ndarray:
    z, y, x = np.meshgrid(*((np.arange(n) + 0.5) / n for n in shape), indexing="ij")
    return np.sin(3 * z + 1) + np.cos(2 * y) * np.sin(2.5 * x)


@given(st.tuples(SIDES, SIDES, SIDES), st.tuples(FACTORS, FACTORS, FACTORS), st.integers(1, 60))
@settings(deadline=None, max_examples=60)
def test_blocks_give_what_the_whole_gives(shape, factors, voxels):
    volume = np.random.default_rng(0).normal(size=shape)
    resampling = Resampling.by(shape, factors)
    whole = resampling.read(whole_box(resampling.shape), lambda box: volume[slices_of(box)])
    assert whole.shape == resampling.shape
    for box in blocks_of(whole_box(resampling.shape), voxels):
        block = resampling.read(box, lambda needed: volume[slices_of(needed)])
        np.testing.assert_allclose(block, whole[slices_of(box)], atol=1e-5)


@given(st.tuples(SIDES, SIDES, SIDES), st.tuples(FACTORS, FACTORS, FACTORS))
@settings(deadline=None, max_examples=30)
def test_a_constant_stays_the_same_number(shape, factors):
    volume = np.full(shape, 777, np.uint16)
    resampling = Resampling.by(shape, factors)
    result = resampling.read(whole_box(resampling.shape), lambda box: volume[slices_of(box)])
    assert result.min() == result.max() == 777


def test_a_parabola_is_interpolated_exactly():
    x = np.arange(20.0)
    fine = resample_volume((x**2).reshape(1, 1, 20), (1, 1, 60))[0, 0]
    places = (np.arange(60) + 0.5) / 3 - 0.5
    np.testing.assert_allclose(fine[9:51], places[9:51] ** 2, rtol=1e-4, atol=1e-3)


def test_the_edges_of_the_field_stay_where_they_are():
    volume = np.zeros((4, 6, 6), np.float32)
    volume[2, 1, 4] = 1
    fine = resample_volume(volume, (12, 18, 18))
    # the middle voxel of the three that were one
    assert np.unravel_index(fine.argmax(), fine.shape) == (7, 4, 13)
    assert fine.sum() == pytest.approx(27, rel=1e-4)


def test_stripes_finer_than_the_new_voxels_vanish_instead_of_aliasing():
    stripes = np.tile([0.0, 1.0], 60).reshape(1, 1, 120)
    coarse = resample_volume(stripes, (1, 1, 40))[0, 0]
    np.testing.assert_allclose(coarse[3:-3], 0.5, atol=0.02)


def test_there_and_back_again_keeps_what_is_smooth():
    volume = smooth((12, 40, 40))
    there = Resampling.by(volume.shape, (1.5, 0.7, 0.7))
    fine = there.read(whole_box(there.shape), lambda box: volume[slices_of(box)])
    back = back_again(there, whole_box(volume.shape), whole_box(there.shape))
    again = back.read(whole_box(volume.shape), lambda box: fine[slices_of(box)])
    assert again.shape == volume.shape
    np.testing.assert_allclose(again[4:-4, 5:-5, 5:-5], volume[4:-4, 5:-5, 5:-5], atol=5e-3)


def test_a_part_comes_back_to_where_it_was():
    volume = smooth((12, 40, 40))
    there = Resampling.by(volume.shape, (1.0, 0.7, 1.3))
    fine = there.read(whole_box(there.shape), lambda box: volume[slices_of(box)])
    part = ((2, 9), (11, 31), (7, 33))
    inside = region_of_result(there, part)
    back = back_again(there, part, inside)
    again = back.read(whole_box((7, 20, 26)), lambda box: fine[slices_of(inside)][slices_of(box)])
    expected = volume[slices_of(part)]
    np.testing.assert_allclose(again[:, 3:-3, 3:-3], expected[:, 3:-3, 3:-3], atol=5e-3)


def test_a_stack_with_finer_planes_says_so_and_reads_alike():
    array = np.random.default_rng(1).integers(0, 900, (2, 5, 2, 8, 9)).astype(np.uint16)
    info = StackInfo(
        "a.tif", array.shape, "uint16", default_channels(2),
        Calibration(z_um=0.5, y_um=0.1, x_um=0.1, source="file"),
    )  # fmt: skip
    stack = ResampledStack(ArrayStack(array, info), Resampling.by((5, 8, 9), (5.0, 1.0, 1.0)))
    assert stack.info.shape == (2, 25, 2, 8, 9)
    assert stack.info.calibration == Calibration(z_um=0.1, y_um=0.1, x_um=0.1, source="file")
    read = stack.read(Region((1, 2), (4, 20), (1, 2), (0, 8), (2, 9)))
    expected = resample_volume(array[1, :, 1], (25, 8, 9))[4:20, :, 2:9]
    np.testing.assert_allclose(read[0, :, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("factors", [(1.0, 2.0, 0.5), (2.5, 0.4, 1.3), (0.3, 1.0, 7.0)])
def test_labels_are_taken_from_the_voxel_that_holds_the_centre(factors):
    labels = np.random.default_rng(2).choice(np.array([0, 7, 250], np.uint8), (7, 12, 10))
    resampling = Resampling.by(labels.shape, factors)
    whole = whole_box(resampling.shape)
    result = resampling.read_nearest(whole, lambda box: labels[slices_of(box)])
    places = [
        np.minimum((np.arange(n) + 0.5) / f, length - 1).astype(int)
        for n, f, length in zip(resampling.shape, factors, labels.shape, strict=True)
    ]
    np.testing.assert_array_equal(result, labels[np.ix_(*places)])
    for box in blocks_of(whole, voxels=50):
        part = resampling.read_nearest(box, lambda box: labels[slices_of(box)])
        np.testing.assert_array_equal(part, result[slices_of(box)])
