import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtstudio.imaging.fwhm import fit_gaussian, fwhm_by_interpolation, line_profile


def gaussian(fwhm: float, centre: float = 20.3, n: int = 41, noise: float = 0.0) -> np.ndarray:
    """100 high on a background of 30; 2.3548 is twice the root of 2 ln 2."""
    x = np.arange(n)
    values = 30 + 100 * np.exp(-((x - centre) ** 2) / (2 * (fwhm / 2.3548200450309493) ** 2))
    return values + np.random.default_rng(0).normal(0, noise, n)


@given(st.floats(2.5, 12), st.floats(18, 22))
def test_the_fit_finds_the_width_of_a_gaussian(fwhm, centre):
    peak = fit_gaussian(gaussian(fwhm, centre), step_um=0.1)
    assert peak is not None
    assert peak.fwhm_um == pytest.approx(0.1 * fwhm, rel=1e-4)
    assert peak.centre_um == pytest.approx(0.1 * centre, rel=1e-4)
    assert peak.height == pytest.approx(100, rel=1e-3)
    assert peak.background == pytest.approx(30, abs=0.2)
    assert peak.r_squared == pytest.approx(1)


@given(st.floats(4, 12), st.floats(18, 22))
def test_interpolation_finds_it_too(fwhm, centre):
    values = gaussian(fwhm, centre)
    assert fwhm_by_interpolation(values, 0.1) == pytest.approx(0.1 * fwhm, rel=0.05)
    assert fwhm_by_interpolation(values, 0.1, background=30) == pytest.approx(0.1 * fwhm, rel=0.05)


def test_a_triangle_is_as_wide_as_its_base_halved():
    triangle = np.array([5.0, 5, 6, 7, 8, 9, 8, 7, 6, 5, 5])
    assert fwhm_by_interpolation(triangle, 0.2) == pytest.approx(0.2 * 4)


def test_the_fit_bears_noise_and_any_scale_of_intensities():
    values = gaussian(6, noise=5)
    peak, tiny = fit_gaussian(values), fit_gaussian(values * 1e-9 - 4e-8)
    assert peak is not None
    assert tiny is not None
    assert peak.fwhm_um == pytest.approx(6, rel=0.1)
    assert tiny.fwhm_um == pytest.approx(peak.fwhm_um, rel=1e-3)
    assert 0.9 < peak.r_squared < 1


def test_what_is_no_peak_has_no_width():
    ramp, flat, short = np.arange(20.0), np.full(20, 3.0), np.array([0.0, 1, 0])
    assert np.isnan(fwhm_by_interpolation(ramp))
    assert np.isnan(fwhm_by_interpolation(flat))
    assert fit_gaussian(flat) is None
    assert fit_gaussian(short) is None
    assert fit_gaussian(-gaussian(6)) is None or fit_gaussian(-gaussian(6)).r_squared < 0.9


def test_a_profile_counts_the_size_of_voxels_along_its_way():
    volume = np.zeros((5, 7, 9))
    volume[:, 3, :] = np.arange(9)
    profile = line_profile(volume, (2, 3, 0), (2, 3, 8), (0.5, 0.2, 0.1))
    assert profile.intensities.tolist() == pytest.approx(list(range(9)))
    assert profile.step_um == pytest.approx(0.1)
    slant = line_profile(volume, (0, 3, 0), (4, 3, 4), (0.5, 0.2, 0.1))
    assert slant.step_um * (len(slant.intensities) - 1) == pytest.approx(np.hypot(2.0, 0.4))
    assert slant.intensities[-1] == pytest.approx(4)
    assert line_profile(volume, (0, 0, 0), (4, 0, 0)).step_um == 1


def test_a_point_is_no_line():
    with pytest.raises(ValueError, match="shorter"):
        line_profile(np.zeros((4, 4)), (1, 1), (1, 1))
