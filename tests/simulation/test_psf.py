import pytest
import torch

from gvtstudio.simulation.psf import Optics, convolve, point_spread_function

CPU = torch.device("cpu")
WATER = Optics(1.0, 1.33, 0.52, is_confocal=False)


def fwhm_um(profile: torch.Tensor, step_um: float) -> float:
    """Width at half maximum by linear interpolation to the right of the peak, times two."""
    peak = int(profile.argmax())
    half = profile[peak] / 2
    i = peak + int((profile[peak:] < half).nonzero()[0])
    return 2 * step_um * float(i - peak - (half - profile[i]) / (profile[i - 1] - profile[i]))


def test_psf_sums_to_one_and_is_symmetric():
    psf = point_spread_function(WATER, (0.2, 0.08), (15, 31), CPU)
    assert psf.shape == (15, 31, 31)
    assert float(psf.sum()) == pytest.approx(1, abs=1e-5)
    for dims in ((0,), (1,), (2,)):
        torch.testing.assert_close(psf, psf.flip(dims), rtol=1e-3, atol=1e-7)
    assert int(psf.flatten().argmax()) == psf.numel() // 2


def test_lateral_width_is_that_of_the_airy_disc():
    """FWHM of a widefield PSF in focus is 0.51 λ/NA (Airy)."""
    psf = point_spread_function(WATER, (0.2, 0.02), (3, 255), CPU)
    assert fwhm_um(psf[1, 127], 0.02) == pytest.approx(0.51 * 0.52 / 1.0, rel=0.05)


def test_confocal_is_narrower_and_axial_is_wider():
    wide = point_spread_function(WATER, (0.05, 0.05), (81, 63), CPU)
    confocal = point_spread_function(WATER._replace(is_confocal=True), (0.05, 0.05), (81, 63), CPU)
    lateral = [fwhm_um(p[40, 31], 0.05) for p in (wide, confocal)]
    axial = [fwhm_um(p[:, 31, 31], 0.05) for p in (wide, confocal)]
    assert lateral[1] < lateral[0] < axial[1] < axial[0]


def test_coarse_voxels_integrate_the_light():
    fine = point_spread_function(WATER, (0.3, 0.1), (5, 45), CPU)
    coarse = point_spread_function(WATER, (0.3, 0.3), (5, 15), CPU)
    binned = fine.reshape(5, 15, 3, 15, 3).sum(dim=(2, 4))
    torch.testing.assert_close(coarse, binned, rtol=0.05, atol=2e-4)


def test_a_point_becomes_the_psf_and_light_is_kept():
    psf = point_spread_function(WATER, (0.3, 0.1), (7, 15), CPU)
    volume = torch.zeros(21, 40, 40)
    volume[10, 20, 19] = 5
    seen = convolve(volume, psf)
    torch.testing.assert_close(seen[7:14, 13:28, 12:27], 5 * psf, rtol=1e-3, atol=1e-6)
    assert float(seen.sum()) == pytest.approx(5, rel=1e-3)


def test_an_even_field_stays_even():
    psf = point_spread_function(WATER, (0.3, 0.1), (7, 15), CPU)
    seen = convolve(torch.full((3, 20, 20), 2.0), psf)
    torch.testing.assert_close(seen, torch.full((3, 20, 20), 2.0), rtol=1e-4, atol=1e-4)
