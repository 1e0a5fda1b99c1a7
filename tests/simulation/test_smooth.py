"""Blur keeps light and widens as said; random fields are smooth and of unit size."""

import pytest
import torch

from gvtstudio.simulation.smooth import blurred, gaussian_matrix, smooth_noise
from gvtstudio.simulation.structures import Field


def test_blur_widens_a_point_by_the_sigma_of_each_axis():
    point = torch.zeros(41, 51, 61)
    point[20, 25, 30] = 1
    seen = blurred(point, (0.5, 0.2, 0.1), (1.5, 0.6, 0.0))
    assert float(seen.sum()) == pytest.approx(1, rel=1e-4)
    for axis, (voxel, sigma) in enumerate(((0.5, 1.5), (0.2, 0.6), (0.1, 0.0))):
        profile = seen.sum(dim=[a for a in range(3) if a != axis])
        at = (torch.arange(len(profile)) - len(profile) // 2) * voxel
        assert float((profile * at**2).sum()) == pytest.approx(sigma**2, rel=0.02, abs=1e-6)


def test_a_matrix_of_no_width_takes_the_nearest():
    at = torch.arange(5) * 0.3
    torch.testing.assert_close(gaussian_matrix(at, at, 0.0), torch.eye(5))


def test_even_things_stay_even():
    flat = torch.full((4, 9, 7), 3.0)
    torch.testing.assert_close(blurred(flat, (1, 1, 1), (2, 2, 2)), flat)


@pytest.mark.parametrize("grain_um", [0.5, 2.0])
def test_noise_has_unit_size_and_the_grain_asked_for(grain_um: float):
    field = Field((20, 120, 120), (0.3, 0.2, 0.2), torch.Generator().manual_seed(0))
    noise = smooth_noise(field, grain_um)
    assert float(noise.std()) == pytest.approx(1, rel=0.2)
    # the correlation of noise smoothed by a Gaussian falls to 0.5 at 0.71 of its full width
    apart = round(0.707 * grain_um / 0.2)
    together = (noise[:, apart:] * noise[:, :-apart]).mean() / noise.square().mean()
    assert float(together) == pytest.approx(0.5, abs=0.15)
