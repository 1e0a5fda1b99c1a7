"""Every row of the table makes the same stack from the same seed, and a truth that fits it."""

import msgspec
import numpy as np
import pytest

from gvtstudio.simulation import RECIPES
from tests.simulation.recipes_for_tests import simulated

every = pytest.mark.parametrize("name", RECIPES)


@every
def test_same_seed_same_stack_other_seed_other_stack(name: str):
    first, again, other = simulated(name), simulated(name), simulated(name, seed=2)
    assert np.array_equal(first.noisy, again.noisy)
    assert np.array_equal(first.truth, again.truth)
    assert not np.array_equal(first.noisy, other.noisy)
    assert not np.array_equal(first.truth, other.truth)


@every
def test_the_noisy_stack_has_the_size_asked_for_and_grey_values(name: str):
    noisy = simulated(name).noisy
    assert (noisy.shape[0], *noisy.shape[-2:]) == (10, 48, 40)
    assert noisy.dtype == np.uint16
    assert len(np.unique(noisy)) > 20


@every
def test_both_show_the_same_field(name: str):
    pair = simulated(name)
    truth_calibration = pair.truth_calibration or pair.calibration
    for axis in (-2, -1):
        seen_um = pair.noisy.shape[axis] * pair.calibration.x_um
        assert pair.truth.shape[axis] * truth_calibration.x_um == pytest.approx(seen_um)
    assert np.isfinite(pair.truth).all()


@every
def test_every_channel_has_a_name(name: str):
    pair = simulated(name)
    truth_channels = pair.truth_channels or pair.channels
    for volume, channels in ((pair.noisy, pair.channels), (pair.truth, truth_channels)):
        assert len(channels) == (volume.shape[1] if volume.ndim == 4 else 1)
        assert all(channel.name for channel in channels)


@every
@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 9, 31), (3, 64, 8)])
def test_thin_and_odd_stacks_are_possible(name: str, shape: tuple[int, int, int]):
    noisy = simulated(name, size_z=shape[0], size_y=shape[1], size_x=shape[2]).noisy
    assert (noisy.shape[0], *noisy.shape[-2:]) == shape


def test_a_parameter_means_the_same_in_every_recipe():
    """Recipes share their options on the command line; only defaults and ranges may differ."""
    meanings: dict[str, set] = {}
    for recipe in RECIPES.values():
        for parameter in recipe.parameters:
            plain = msgspec.structs.replace(parameter, default=0, minimum=None, maximum=None)
            meanings.setdefault(parameter.name, set()).add(plain)
    assert {name for name, found in meanings.items() if len(found) > 1} == set()
