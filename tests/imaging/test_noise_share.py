import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from gvtstudio.imaging.noise_share import noise_share


def smooth_image() -> np.ndarray:
    blobs = gaussian_filter(np.random.default_rng(0).normal(size=(128, 128)), 5)
    return 1000 * (blobs - blobs.min()) / np.ptp(blobs)


@pytest.mark.parametrize("sd", [20.0, 60.0])
def test_known_noise_on_smooth_structure_is_found(sd):
    image = smooth_image()
    low, high = np.percentile(image, (2.0, 99.8))
    noisy = image + np.random.default_rng(1).normal(0, sd, image.shape)
    assert noise_share(noisy) == pytest.approx(sd / (high - low), rel=0.15)
    assert noise_share(image) < 0.01


def test_gain_and_offset_do_not_matter():
    noisy = smooth_image() + np.random.default_rng(1).normal(0, 50, (128, 128))
    assert noise_share(3 * noisy + 500) == pytest.approx(noise_share(noisy), rel=1e-3)


def test_an_image_without_range_has_no_noise():
    assert noise_share(np.full((16, 16), 7, np.uint16)) == 0.0
