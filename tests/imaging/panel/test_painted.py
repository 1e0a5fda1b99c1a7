"""Colours of intensities, label by label and step by step."""

import warnings

import numpy as np
import pytest

from gvtstudio.imaging.contrast import Limits, summarise
from gvtstudio.imaging.luts import Colouring, lookup_table
from gvtstudio.imaging.panel.painted import NOT_A_NUMBER, colours_of, label_indices

LABELS = Colouring("glasbey")


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.uint64, np.float32])
def test_a_label_has_the_same_colour_whatever_the_limits(dtype):
    values = np.array([0, 1, 2, 100], dtype)
    one, other = (colours_of(values, Limits(0, high), LABELS) for high in (3, 60_000))
    assert np.array_equal(one, other)
    assert np.array_equal(one[:, :3], lookup_table("glasbey")[[0, 1, 2, 100]])


def test_labels_beyond_the_table_begin_again_and_never_look_like_ground():
    labels = np.arange(1, 2000, dtype=np.uint16)
    assert (label_indices(labels) > 0).all()
    assert np.array_equal(label_indices(labels + 255), label_indices(labels))
    assert label_indices(np.array([-1, -255, -256])).tolist() == [254, 255, 254]


def test_what_is_no_number_is_no_label():
    values = np.array([np.nan, np.inf, 3.0], np.float32)
    shown = [tuple(colour[:3]) for colour in colours_of(values, Limits(0, 1), LABELS)]
    assert shown == [NOT_A_NUMBER, NOT_A_NUMBER, tuple(lookup_table("glasbey")[3])]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_infinite_voxels_look_like_none_of_the_intensities(dtype):
    values = np.array([-np.inf, np.inf, np.nan, 0, 1], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = colours_of(values, Limits(0, 1), Colouring())
    assert [tuple(colour[:3]) for colour in shown[:3]] == [NOT_A_NUMBER] * 3
    assert shown[3:, 0].tolist() == [0, 255]


def test_an_enormous_number_is_brightest_and_not_infinite():
    values = np.array([1e308, -1e308])
    assert colours_of(values, Limits(-1e-9, 1e-9), Colouring())[:, 0].tolist() == [255, 0]


@pytest.mark.parametrize("constant", [0, 7, -3.5, 1e30])
def test_a_constant_image_has_the_first_colour(constant):
    values = np.full((4, 5), constant)
    shown = colours_of(values, summarise(values).auto, Colouring("viridis"))
    assert (shown[..., :3] == lookup_table("viridis")[0]).all()


def test_gamma_is_the_exponent_of_the_share_between_the_limits():
    values = np.linspace(100, 300, 201)
    share = (values - 100) / 200
    for gamma in (0.2, 0.5, 2.0, 5.0):
        shown = colours_of(values, Limits(100, 300), Colouring(gamma=gamma))[:, 0].astype(float)
        steepest = 255 * (gamma if gamma > 1 else 1) / 4096 + 1
        assert np.abs(shown - 255 * share**gamma)[1:].max() <= steepest
