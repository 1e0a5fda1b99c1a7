"""The truth is what the clean volume shows at the height map."""

import numpy as np
import pytest
import torch

from gvtstudio.simulation.projection import sampled_at
from tests.simulation.recipes_for_tests import simulated

BRIGHT = {"photons": 20_000, "background_photons": 0, "camera_gain": 1, "read_noise": 0}
ALONE = {**BRIGHT, "haze": 0, "debris": 0}
SIZE = {"size_z": 24, "size_y": 64, "size_x": 72}


def at_height(pair, offset_um: float = 0.0) -> np.ndarray:
    """The noisy volume at the height of the truth, linear between planes."""
    z = np.clip((pair.truth[0, 1] + offset_um) / pair.calibration.z_um, 0, len(pair.noisy) - 1)
    lower = np.floor(z).astype(int)
    upper = np.minimum(lower + 1, len(pair.noisy) - 1)
    rows, columns = np.indices(z.shape)
    share = z - lower
    volume = pair.noisy.astype(float)
    return (1 - share) * volume[lower, rows, columns] + share * volume[upper, rows, columns]


def test_truth_is_a_projection_and_a_height_map():
    pair = simulated("projection", **SIZE)
    assert pair.noisy.shape == (24, 64, 72)
    assert pair.truth.shape == (1, 2, 64, 72)
    assert pair.truth.dtype == np.float32
    assert [channel.name for channel in pair.truth_channels] == ["Projection", "Height in µm"]
    assert (pair.calibration.z_um, pair.calibration.x_um) == (0.75, 0.3)
    assert (pair.truth_calibration.z_um, pair.truth_calibration.x_um) == (None, 0.3)


def test_projection_equals_the_volume_at_the_height_map():
    """Up to shot noise: 20,000 photons at the peak leave less than a percent."""
    pair = simulated("projection", **SIZE, **ALONE)
    difference = at_height(pair) - pair.truth[0, 0]
    assert np.abs(difference).max() < 6 * np.sqrt(20_000)
    assert np.corrcoef(at_height(pair).ravel(), pair.truth[0, 0].ravel())[0, 1] > 0.999


def test_the_surface_is_as_thick_as_asked_for():
    """Half a width away from the surface half the light is left."""
    pair = simulated("projection", **SIZE, **ALONE, surface_fwhm_um=4.0)
    bright = pair.truth[0, 0] > 5000
    left = [(at_height(pair, offset) - 100)[bright].sum() for offset in (0.0, -2.0, 2.0)]
    assert left[1] / left[0] == pytest.approx(0.5, abs=0.03)
    assert left[2] / left[0] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("relief", [0.0, 0.4, 0.9])
def test_height_map_is_smooth_and_goes_through_the_relief_asked_for(relief: float):
    height = simulated("projection", **SIZE, relief=relief).truth[0, 1]
    assert np.ptp(height) == pytest.approx(relief * 23 * 0.75, rel=1e-3, abs=1e-3)
    assert 0 <= height.min() <= height.max() <= 23 * 0.75
    for order, part in ((1, 0.06), (2, 0.01)):
        steps = [np.abs(np.diff(height, order, axis=axis)).max() for axis in (0, 1)]
        assert max(steps) <= part * np.ptp(height)


def test_what_lies_elsewhere_is_in_the_volume_alone():
    full, alone = (
        simulated("projection", **SIZE, **BRIGHT),
        simulated("projection", **SIZE, **ALONE),
    )
    height = full.truth[0, 1] / 0.75
    planes = np.arange(24)[:, None, None]
    above, below = (planes < height - 6, planes > height + 6)
    assert full.noisy[below].mean() > 2 * alone.noisy[below].mean()
    assert full.noisy[above].max() > 20 * np.median(full.noisy[above])
    assert np.corrcoef(full.noisy.max(axis=0).ravel(), full.truth[0, 0].ravel())[0, 1] < 0.9


def test_sampling_between_planes_is_linear_and_stays_inside():
    volume = torch.arange(4.0)[:, None, None].expand(4, 1, 3) * 10
    sampled = sampled_at(volume, torch.tensor([[0.25, 3.0, 9.0]]))
    torch.testing.assert_close(sampled, torch.tensor([[2.5, 30.0, 30.0]]))
