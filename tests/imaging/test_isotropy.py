"""Spectra tell a blur along Z, and neither noise nor contrast counts as one."""

import numpy as np
import pytest
from scipy import ndimage

from gvtstudio.imaging.isotropy import (
    anisotropy_db,
    axial_spectra,
    lateral_change,
    spectrum_mismatch_db,
)


def grains(shape: tuple[int, int, int], axial: float = 1.5, noise: float = 0.0) -> np.ndarray:
    """Random grains with a Gaussian blur of 1.5 voxels laterally, and another along Z."""
    rng = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(rng.normal(size=shape), (axial, 1.5, 1.5), mode="wrap")
    image: np.ndarray = smooth / smooth.std() + noise * rng.normal(size=shape)
    return image


def test_what_is_as_sharp_along_z_measures_little_what_is_blurred_much():
    measured = [anisotropy_db(grains((48, 64, 64), axial)) for axial in (1.5, 2.0, 3.0)]
    assert measured[0] < 1
    assert measured[1] > 3
    assert measured[2] > 1.5 * measured[1]


@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_a_blur_is_told_in_noise_too(noise: float):
    assert anisotropy_db(grains((48, 64, 64), noise=noise)) < 1
    assert anisotropy_db(grains((48, 64, 64), 4.0, noise)) > 2


def test_contrast_and_offset_do_not_count():
    volume = grains((32, 48, 40), 3.0)
    assert anisotropy_db(50 * volume + 1000) == pytest.approx(anisotropy_db(volume), rel=1e-6)
    falling = np.geomspace(1000, 1, 30)
    assert spectrum_mismatch_db(falling, 1.0 * falling) == 0
    assert spectrum_mismatch_db(falling, falling**2) > 3


def test_blur_across_does_not_hide_behind_the_other_direction_of_a_plane():
    """The axial spectrum looks along Z only: X, as sharp as ever, lies in the same planes."""
    volume = grains((48, 48, 48), 4.0)
    spectra = axial_spectra(volume)
    high = (spectra.frequency > 0.15) & (spectra.frequency < 0.3)  # rounding is left beyond
    assert (spectra.axial[high] < 0.05 * spectra.lateral[high]).all()


def test_planes_of_unequal_sizes_are_compared_at_the_same_frequencies():
    spectra = axial_spectra(grains((24, 80, 33)))
    assert len(spectra.frequency) == len(spectra.lateral) == len(spectra.axial)
    assert spectra.frequency[0] == pytest.approx(2 / 24, abs=1 / 80)
    assert spectra.frequency[-1] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("shape", [(28, 96, 96), (64, 96, 96), (96, 40, 70)])
def test_the_shape_of_a_volume_does_not_make_it_anisotropic(shape: tuple[int, int, int]):
    assert anisotropy_db(grains(shape)) < 1.2
    assert anisotropy_db(grains(shape, 3.0)) > 5


def test_a_blur_along_z_leaves_the_lateral_image_as_it_is():
    sharp = grains((64, 32, 32))
    blurred = ndimage.gaussian_filter1d(sharp, 4, axis=0, mode="wrap")
    assert lateral_change(blurred, 3 * sharp - 2) < 1e-6
    assert lateral_change(blurred, np.roll(sharp, 8, axis=2)) > 0.5
    assert lateral_change(blurred, np.zeros_like(sharp)) == 1


def test_a_volume_too_small_for_spectra_is_refused():
    with pytest.raises(ValueError, match="fewer than 16"):
        anisotropy_db(np.zeros((12, 40, 40)))


def test_nothing_to_see_differs_in_nothing():
    assert anisotropy_db(np.full((16, 20, 20), 7.0)) == 0
