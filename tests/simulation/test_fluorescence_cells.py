"""Noise, brightness and content of fluorescent cells."""

import numpy as np
import pytest

from gvtstudio.domain.errors import UsageError
from tests.simulation.recipes_for_tests import simulated


def test_shape_type_and_calibration_are_as_asked():
    pair = simulated("fluorescence-cells", voxel_z_um=0.4, voxel_yx_um=0.15)
    assert pair.noisy.shape == pair.truth.shape == (10, 48, 40)
    assert pair.truth.dtype == np.float32
    size = pair.calibration
    assert (size.z_um, size.y_um, size.x_um) == (0.4, 0.15, 0.15)


def test_noise_around_the_truth_is_that_of_the_camera():
    """Without bias, and with the variance gain² (photons + read noise²) of shot and read noise."""
    pair = simulated(
        "fluorescence-cells", photons=50, camera_gain=2.0, camera_offset=100, read_noise=1.6
    )
    error = pair.noisy.astype(float) - pair.truth
    expected = 4 * ((pair.truth - 100) / 2 + 1.6**2)
    assert abs(error.mean()) < 0.02 * np.sqrt(expected.mean())
    assert np.mean(error**2) == pytest.approx(expected.mean(), rel=0.05)


def test_brightest_structures_yield_the_photons_asked_for():
    pair = simulated(
        "fluorescence-cells", photons=80, background_photons=2, camera_gain=1, camera_offset=0
    )
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
