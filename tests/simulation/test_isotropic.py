"""The coarse stack is wider along Z by the ratio asked for, and shows the same volume."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from gvtstudio.simulation.isotropic import Sampling, seen_from_above, seen_isotropically
from tests.simulation.recipes_for_tests import simulated


def fwhm_um(profile: torch.Tensor, step_um: float) -> float:
    """Width at half maximum of a Gaussian from its variance."""
    at = torch.arange(len(profile)) * step_um
    weights = profile / profile.sum()
    variance = (weights * (at - (weights * at).sum()) ** 2).sum()
    return float(variance.sqrt()) * np.sqrt(8 * np.log(2))


@pytest.mark.parametrize("ratio", [1.0, 3.0, 5.0])
@pytest.mark.parametrize("step", [1, 3, 4])
def test_a_bead_is_wider_along_z_by_the_ratio(ratio: float, step: int):
    sampling = Sampling(0.25, 0.8, ratio, step)
    bead = torch.zeros(96, 41, 41)
    bead[48, 20, 20] = 1
    sharp = seen_isotropically(bead, sampling)
    widths = [fwhm_um(p, 0.25) for p in (sharp[:, 20, 20], sharp[48, :, 20], sharp[48, 20])]
    assert widths == pytest.approx([0.8] * 3, rel=0.02)
    # all offsets between planes together sample the profile at every voxel
    seen = [seen_from_above(bead.roll(i, 0), sampling)[:, 20, 20] for i in range(step)]
    profile = torch.stack(seen[::-1], dim=1).flatten()
    assert fwhm_um(profile, 0.25) == pytest.approx(ratio * 0.8, rel=0.02)
    lateral = seen_from_above(bead, sampling)[48 // step, 20]
    assert fwhm_um(lateral, 0.25) == pytest.approx(0.8, rel=0.02)


def test_planes_lie_in_the_middle_of_those_they_stand_for():
    """A linear ramp along Z keeps its values: plane k is the mean of the planes it covers."""
    ramp = torch.arange(64.0)[:, None, None].expand(64, 3, 3)
    seen = seen_from_above(ramp, Sampling(0.25, 0.5, 3.0, 4))
    middle = ramp.reshape(16, 4, 3, 3).mean(dim=1)
    torch.testing.assert_close(seen[4:-4], middle[4:-4], rtol=1e-4, atol=1e-3)


def test_shapes_and_voxel_sizes_are_right_in_both_files():
    pair = simulated("isotropic", z_step_pixels=5, voxel_yx_um=0.2)
    assert pair.noisy.shape == (10, 48, 40)
    assert pair.truth.shape == (50, 48, 40)
    assert pair.truth.dtype == np.float32
    assert pair.calibration.z_um == pytest.approx(1.0)
    assert pair.calibration.x_um == pair.truth_calibration.z_um == 0.2
    assert pair.truth_calibration.x_um == pair.truth_calibration.y_um == 0.2


def test_without_noise_the_stack_is_the_truth_blurred_further_along_z():
    values = {"photons": 50_000, "camera_gain": 1, "camera_offset": 0, "read_noise": 0}
    pair = simulated("isotropic", **values, axial_ratio=3.0)
    # variances of Gaussians add up; at the ends a blur knows less
    sigma = np.sqrt(3.0**2 - 1) * 0.5 / 0.25 / np.sqrt(8 * np.log(2))
    further = ndimage.gaussian_filter1d(pair.truth.astype(float), sigma, axis=0)
    expected = further.reshape(10, 4, 48, 40)[:, 1:3].mean(axis=1)[3:-3]
    difference = pair.noisy[3:-3] - expected
    assert np.abs(difference).max() < 0.03 * expected.max()


def test_truth_is_as_sharp_along_z_as_laterally_and_the_stack_is_not():
    pair = simulated("isotropic", size_z=16, size_y=64, size_x=64, photons=5000)
    truth = pair.truth.astype(float)
    steep = [np.abs(np.diff(truth, axis=axis)).mean() for axis in (0, 1, 2)]
    assert steep[0] == pytest.approx(np.mean(steep[1:]), rel=0.25)
    cut = truth.reshape(16, 4, 64, 64).mean(axis=1)
    along_z = [np.abs(np.diff(each, axis=0)).mean() for each in (cut, pair.noisy.astype(float))]
    assert along_z[1] < 0.75 * along_z[0]
