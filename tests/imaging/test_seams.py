import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtstudio.imaging.seams import SeamCheck, seam_sentence


def ratio(volume: np.ndarray, *borders: list[int], planes_at_once: int = 3) -> float | None:
    check = SeamCheck(volume.shape, borders)
    for first in range(0, len(volume), planes_at_once):
        check.add(first, volume[first : first + planes_at_once])
    return check.ratio


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).random(shape, np.float32)


def stepped(axis: int, place: int) -> np.ndarray:
    """Noise that is brighter from a place on."""
    volume = noise(20, 24, 28)
    np.moveaxis(volume, axis, 0)[place:] += 1
    return volume


def test_noise_has_no_steps():
    assert ratio(noise(20, 40, 40), [10], [20], [20]) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("planes_at_once", [1, 3, 20])
def test_a_step_at_a_border_shows_along_every_axis(axis: int, planes_at_once: int):
    borders = [[10], [10], [10]]
    found = ratio(stepped(axis, 10), *borders, planes_at_once=planes_at_once)
    assert found is not None
    assert found > 2


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_ratio_is_that_of_the_mean_differences(axis: int):
    volume = stepped(axis, 9)
    difference = np.abs(np.diff(np.moveaxis(volume, axis, 0).astype(float), axis=0)).mean((1, 2))
    # number k lies between voxel k and k + 1: a border before voxel 9 is number 8
    expected = difference[8] / difference[[4, 5, 6, 10, 11, 12]].mean()
    borders: list[list[int]] = [[], [], []]
    borders[axis] = [9]
    assert ratio(volume, *borders) == pytest.approx(expected, rel=1e-3)


def test_a_step_away_from_every_border_is_structure():
    found = ratio(stepped(2, 20), [], [], [8])
    assert found == pytest.approx(1, abs=0.1)


def test_the_worst_axis_counts():
    volume = stepped(1, 12)
    along = ratio(volume, [], [12], [])
    assert ratio(volume, [10], [12], [14]) == along
    assert along is not None
    assert along > 2


def test_without_borders_there_is_nothing_to_say():
    assert ratio(noise(4, 8, 8), [], [], []) is None


def test_where_every_place_is_a_border_nothing_is_compared():
    assert ratio(noise(6, 8, 8), [1, 2, 3, 4, 5], [], []) is None


@given(st.integers(2, 19), st.floats(-10, 10, width=32))
def test_a_constant_result_has_no_step(border: int, value: float):
    volume = np.full((20, 20, 20), value, np.float32)
    assert ratio(volume, [border], [border], [border]) == pytest.approx(1)


def test_rounding_is_no_step():
    volume = np.ones((8, 8, 8), np.float32)
    volume[:, :, 4:] += 2e-7
    assert ratio(volume, [], [], [4]) == pytest.approx(1, abs=0.01)


def test_what_it_was_given_may_be_overwritten():
    volume = stepped(0, 10)
    check = SeamCheck(volume.shape, [[10], [], []])
    slab = np.empty((5, 24, 28), np.float32)
    for first in range(0, 20, 5):
        slab[:] = volume[first : first + 5]
        check.add(first, slab)
        slab[:] = 0
    assert check.ratio == ratio(volume, [10], [], [])


def test_it_begins_where_the_planes_begin():
    volume = stepped(0, 14)
    check = SeamCheck(volume.shape, [[5, 14], [], []])
    check.add(8, volume[8:])
    assert check.ratio is not None
    assert check.ratio > 2


def test_steps_are_a_warning_with_a_remedy():
    text, level = seam_sentence(1.63)
    assert level == "warning"
    assert "1.6" in text
    assert "--tile" in text
    assert seam_sentence(1.2)[1] == "info"
