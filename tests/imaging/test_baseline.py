import numpy as np
from scipy import ndimage

from gvtstudio.imaging.baseline import best_filter, candidates
from gvtstudio.imaging.metrics import measure_agreement


def _smooth_truth() -> np.ndarray:
    noise = np.random.default_rng(3).random((12, 40, 40))
    return 1000 * ndimage.gaussian_filter(noise, 2.5)


def test_the_best_filter_is_the_one_with_the_highest_psnr():
    truth = _smooth_truth()
    noisy = truth + np.random.default_rng(4).normal(0, 20, truth.shape)
    filtered, agreement = best_filter(noisy, truth)
    psnrs = [measure_agreement(each.image, truth).psnr_db for each in candidates(noisy)]
    assert agreement.psnr_db == max(psnrs)
    assert agreement.psnr_db > measure_agreement(noisy, truth).psnr_db + 3
    assert filtered.image.shape == truth.shape


def test_impulse_noise_is_for_the_median():
    truth = _smooth_truth()
    noisy = truth.copy()
    noisy[np.random.default_rng(5).random(truth.shape) < 0.05] = 5000
    assert best_filter(noisy, truth)[0].name.startswith("median")


def test_a_single_plane_is_filtered_in_its_plane():
    plane = _smooth_truth()[:1]
    assert all(each.image.shape == plane.shape for each in candidates(plane))
