import numpy as np
from scipy import ndimage

from gvtstudio.imaging.metrics import measure_agreement
from gvtstudio.imaging.sharpening import best_sharpening, sharpened


def _truth() -> np.ndarray:
    grains = np.random.default_rng(1).random((2, 64, 64)) > 0.97
    return 100 + 4000 * ndimage.gaussian_filter(grains.astype(float), (0, 0.7, 0.7))


def _psnr(image: np.ndarray) -> float:
    return measure_agreement(image, _truth()).psnr_db


def test_the_best_of_all_is_taken():
    blurred = ndimage.gaussian_filter(_truth(), (0, 1.3, 1.3))
    found, agreement = best_sharpening(blurred, _truth())
    assert agreement.psnr_db == max(_psnr(each.image) for each in sharpened(blurred))
    assert agreement.psnr_db == _psnr(found.image)
    assert found.image.shape == blurred.shape


def test_blur_without_noise_is_for_deconvolution_and_noise_without_blur_for_smoothing():
    blurred = ndimage.gaussian_filter(_truth(), (0, 1.3, 1.3))
    found, agreement = best_sharpening(blurred, _truth())
    assert found.name.startswith(("Richardson–Lucy", "unsharp"))
    assert agreement.psnr_db > _psnr(blurred) + 2
    noisy = ndimage.gaussian_filter(_truth(), (0, 1.0, 1.0))
    noisy += np.random.default_rng(2).normal(0, 300, noisy.shape)
    assert best_sharpening(noisy, _truth())[1].psnr_db > _psnr(noisy) + 1


def test_every_candidate_is_finite_also_where_intensities_are_negative_or_nothing():
    negative = np.random.default_rng(3).normal(-5, 1, (1, 24, 24))
    for image in (negative, np.zeros((1, 24, 24))):
        names = []
        for each in sharpened(image):
            assert np.isfinite(each.image).all(), each.name
            names.append(each.name)
        assert len(names) == len(set(names))
