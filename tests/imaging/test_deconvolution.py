import numpy as np
import pytest
from scipy import ndimage

from gvtstudio.imaging.deconvolution import (
    Blur,
    deconvolved,
    excess_blur,
    gaussian_psf,
    measured_blur,
    theoretical_blur,
)
from gvtstudio.imaging.fwhm import FWHM_OF_SIGMA, fwhm_by_interpolation
from gvtstudio.imaging.metrics import pearson
from gvtstudio.imaging.spots import SpotWidths, measure_spots


def beads(sigma: tuple[float, float, float]) -> np.ndarray:
    """Points on a grid under a Gaussian blur, on a background of 100."""
    volume = np.zeros((72, 48, 48))
    volume[12::24, 8::12, 8::12] = 1
    seen = ndimage.gaussian_filter(volume, sigma, mode="mirror")
    image: np.ndarray = 100 + 1000 * seen / seen.max()
    return image


def test_the_point_spread_function_has_the_widths_asked_for():
    psf = gaussian_psf(Blur(axial_um=2.0, lateral_um=1.0), (0.5, 0.1, 0.1))
    assert psf.sum() == pytest.approx(1)
    assert all(n % 2 for n in psf.shape)
    z, y, x = (n // 2 for n in psf.shape)
    assert psf[z, y, x] == psf.max()
    assert 0.5 * fwhm_by_interpolation(psf[:, y, x], background=0) == pytest.approx(2.0, rel=0.03)
    assert 0.1 * fwhm_by_interpolation(psf[z, :, x], background=0) == pytest.approx(1.0, rel=0.03)


def test_a_blur_along_z_alone_touches_no_other_axis():
    excess = excess_blur(Blur(axial_um=5.0, lateral_um=3.0))
    assert excess == Blur(4.0, 0.0)
    assert gaussian_psf(excess, (1, 1, 1)).shape[1:] == (1, 1)
    assert gaussian_psf(excess_blur(Blur(1.0, 2.0)), (1, 1, 1)).shape == (1, 1, 1)


def test_deconvolution_makes_spots_round_again():
    blurred = beads((3.0, 1.2, 1.2))
    before = measure_spots(blurred, (1, 1, 1))
    blur = measured_blur(before)
    assert blur is not None
    assert blur.axial_um == pytest.approx(3.0 * FWHM_OF_SIGMA, rel=0.05)
    restored = deconvolved(blurred, gaussian_psf(excess_blur(blur), (1, 1, 1)), 60)
    after = measure_spots(restored, (1, 1, 1))
    assert after.axial_um < 0.65 * before.axial_um
    assert after.lateral_um == pytest.approx(before.lateral_um, rel=0.05)
    sharp = beads((1.2, 1.2, 1.2))
    assert pearson(restored, sharp) > pearson(blurred, sharp) + 0.05


def test_units_and_brightness_stay_also_at_the_borders():
    blurred = beads((3.0, 1.2, 1.2)).astype(np.uint16)
    restored = deconvolved(blurred, gaussian_psf(Blur(6.0, 2.0), (1, 1, 1)), 10)
    assert restored.shape == blurred.shape
    assert restored.min() >= blurred.min()
    assert restored.mean() == pytest.approx(blurred.mean(), rel=0.02)
    assert restored[0].mean() == pytest.approx(blurred[0].mean(), rel=0.05)


def test_a_constant_volume_stays_as_it_is():
    constant = np.full((6, 7, 8), 5, np.uint8)
    psf = gaussian_psf(Blur(3.0, 1.0), (1, 1, 1))
    np.testing.assert_array_equal(deconvolved(constant, psf, 3), constant)


def test_a_confocal_microscope_is_sharper_and_water_worse_than_oil_along_z():
    widefield = theoretical_blur(1.2, 1.33, 0.52, is_confocal=False)
    confocal = theoretical_blur(1.2, 1.33, 0.52, is_confocal=True)
    assert confocal.axial_um == pytest.approx(widefield.axial_um / np.sqrt(2))
    assert widefield.axial_um > 3 * widefield.lateral_um
    # 0.51 λ / NA is the width of an Airy disc, which the Gaussian approaches
    assert widefield.lateral_um == pytest.approx(0.51 * 0.52 / 1.2, rel=0.05)


def test_too_few_spots_tell_nothing():
    assert measured_blur(SpotWidths(2, 0.3, 0.1, 1.0, 0.1)) is None
    assert measured_blur(SpotWidths(40, 0.3, 0.1, float("nan"), float("nan"))) is None
