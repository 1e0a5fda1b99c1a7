"""Every row of the table makes the same stack from the same seed, and a truth that explains it."""

import numpy as np
import pytest

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.specs import load_callable
from gvtstudio.simulation import RECIPES

SMALL = {"size_z": 10, "size_y": 48, "size_x": 40}
every = pytest.mark.parametrize("name", RECIPES)


def simulated(name: str, seed: int = 1, **parameters):
    recipe = RECIPES[name]
    values = validated_values(recipe.parameters, {**SMALL, **parameters})
    return load_callable(recipe.simulate)(values, seed, "cpu")


@every
def test_same_seed_same_stack_other_seed_other_stack(name: str):
    first, again, other = simulated(name), simulated(name), simulated(name, seed=2)
    assert np.array_equal(first.noisy, again.noisy)
    assert np.array_equal(first.truth, again.truth)
    assert not np.array_equal(first.truth, other.truth)


@every
def test_shape_type_and_calibration_are_as_asked(name: str):
    pair = simulated(name, voxel_z_um=0.4, voxel_yx_um=0.15)
    assert pair.noisy.shape == pair.truth.shape == (10, 48, 40)
    assert pair.noisy.dtype == np.uint16
    assert pair.truth.dtype == np.float32
    assert (pair.calibration.z_um, pair.calibration.y_um, pair.calibration.x_um) == (
        0.4, 0.15, 0.15,
    )  # fmt: skip


@every
def test_noise_around_the_truth_is_that_of_the_camera(name: str):
    """Without bias, and with the variance gain² (photons + read noise²) of shot and read noise."""
    pair = simulated(name, photons=50, camera_gain=2.0, camera_offset=100, read_noise=1.6)
    error = pair.noisy.astype(float) - pair.truth
    expected = 4 * ((pair.truth - 100) / 2 + 1.6**2)
    assert abs(error.mean()) < 0.02 * np.sqrt(expected.mean())
    assert np.mean(error**2) == pytest.approx(expected.mean(), rel=0.05)


@every
def test_brightest_structures_yield_the_photons_asked_for(name: str):
    pair = simulated(name, photons=80, background_photons=2, camera_gain=1, camera_offset=0)
    assert np.quantile(pair.truth, 0.999) == pytest.approx(82, rel=0.1)
    assert pair.truth.min() >= 2 - 1e-3


@pytest.mark.parametrize("content", ["mixed", "nuclei", "membranes", "filaments", "puncta"])
def test_every_content_shows_structure(content: str):
    truth = simulated("fluorescence-cells", content=content).truth
    dark, bright = np.quantile(truth - 100, (0.01, 0.999))
    assert bright > 2 * dark


def test_an_impossible_aperture_is_refused_in_words():
    with pytest.raises(UsageError, match="impossible") as refused:
        simulated("fluorescence-cells", numerical_aperture=1.4, refractive_index=1.33)
    assert refused.value.remedy


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 9, 31), (3, 64, 8)])
def test_thin_and_odd_stacks_are_possible(shape: tuple[int, int, int]):
    pair = simulated("fluorescence-cells", size_z=shape[0], size_y=shape[1], size_x=shape[2])
    assert pair.noisy.shape == shape
