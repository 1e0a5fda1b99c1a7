import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from gvtstudio.imaging.resolution import ring_correlation, single_image_correlation

PIXEL_UM = (0.05, 0.05)
RING_PER_UM = 1 / (256 * 0.05)
NEAR = 2.5 * RING_PER_UM
"""The taper spreads an edge over one ring, and averaging the curve over one or two more."""


def noise(seed: int, shape=(256, 256), sd: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, sd, shape)


def below(image: np.ndarray, cycles_per_um: float) -> np.ndarray:
    """Only the frequencies below a limit."""
    f = [np.fft.fftfreq(n, d) for n, d in zip(image.shape, PIXEL_UM, strict=True)]
    kept = np.hypot(f[0][:, None], f[1]) < cycles_per_um
    return np.fft.ifft2(np.fft.fft2(image) * kept).real


def test_an_image_agrees_with_itself_at_every_frequency():
    image = gaussian_filter(noise(0), 1)
    found = ring_correlation(image, 3 * image + 50, PIXEL_UM)
    assert found.correlation == pytest.approx(1)
    assert found.resolution_um == found.finest_um == 0.1
    assert found.frequency_per_um[-1] == pytest.approx(10)


def test_independent_noise_has_nothing_in_common():
    stack = [noise(seed, (8, 128, 128)) for seed in (1, 2)]
    found = ring_correlation(*stack, PIXEL_UM)
    assert found.correlation[5:] == pytest.approx(0, abs=0.2)
    assert found.correlation[5:].mean() == pytest.approx(0, abs=0.01)
    assert np.isnan(found.resolution_um)


@pytest.mark.parametrize("limit_per_um", [2.0, 4.0, 6.5])
def test_resolution_is_where_the_common_structure_ends(limit_per_um):
    common = below(noise(3), limit_per_um)
    one, other = (common + noise(seed, sd=0.3) for seed in (4, 5))
    found = ring_correlation(one, other, PIXEL_UM)
    assert 1 / found.resolution_um == pytest.approx(limit_per_um, abs=NEAR)


def test_correlation_follows_the_ratio_of_signal_and_noise():
    """Signal of power s and noise of power n at every frequency: s / (s + n)."""
    common = noise(6, (12, 128, 128))
    one, other = (common + noise(seed, common.shape, sd=2) for seed in (7, 8))
    found = ring_correlation(one, other, PIXEL_UM)
    assert found.correlation[8:].mean() == pytest.approx(1 / (1 + 4), abs=0.02)


def test_pixels_of_unequal_sides_have_rings_in_micrometres():
    rows, columns = np.fft.fftfreq(128, 0.1)[:, None], np.fft.fftfreq(256, 0.05)
    kept = np.hypot(rows, columns) < 3
    common = np.fft.ifft2(np.fft.fft2(noise(9, (128, 256))) * kept).real
    one, other = (common + noise(seed, (128, 256), 0.3) for seed in (10, 11))
    found = ring_correlation(one, other, (0.1, 0.05))
    assert 1 / found.resolution_um == pytest.approx(3, abs=NEAR)


@pytest.mark.parametrize("limit_per_um", [1.5, 2.5, 4.0])
def test_one_image_tells_its_resolution_by_its_diagonals(limit_per_um):
    image = 100 + 20 * below(noise(12), limit_per_um) + noise(13, sd=6)
    found = single_image_correlation(image, PIXEL_UM)
    assert 1 / found.resolution_um == pytest.approx(limit_per_um, abs=NEAR)
    # each half has the noise of a pixel, and a quarter of the pixels to tell the structure by
    assert found.correlation[5:18].mean() == pytest.approx(400 / (400 + 4 * 36), abs=0.05)


def test_the_shift_between_the_diagonals_is_taken_out():
    """Without it the correlation would fall to the Bessel function J0, 0.35 at 4.2 per µm."""
    image = below(noise(14), 4.5)
    found = single_image_correlation(image, PIXEL_UM)
    near = np.abs(found.frequency_per_um - 4.2) < 0.15
    assert found.correlation[near].min() > 0.97


def test_noise_alone_has_no_resolution():
    found = single_image_correlation(noise(15, (4, 128, 128)), PIXEL_UM)
    assert found.correlation[5:].mean() == pytest.approx(0, abs=0.02)
    assert np.isnan(found.resolution_um)


def test_a_smoothed_image_seems_sharper_than_it_is():
    """What the manual warns of: neighbours made alike pass for structure."""
    smooth = gaussian_filter(noise(16), 2)
    found = single_image_correlation(smooth, PIXEL_UM)
    assert found.resolution_um < 1


def test_odd_sizes_and_volumes_can_be_split():
    image = below(noise(17, (257, 263)), 2.5) + noise(18, (257, 263), 0.3)
    for one in (image, np.stack([image, image])):
        found = single_image_correlation(one, PIXEL_UM)
        assert 1 / found.resolution_um == pytest.approx(2.5, abs=NEAR)
        assert found.finest_um == 0.2


def test_small_or_unlike_images_are_refused():
    with pytest.raises(ValueError, match="fewer than 16"):
        ring_correlation(noise(0, (15, 40)), noise(1, (15, 40)), PIXEL_UM)
    with pytest.raises(ValueError, match="fewer than 16"):
        single_image_correlation(noise(0, (40, 31)), PIXEL_UM)
    with pytest.raises(ValueError, match="differ"):
        ring_correlation(noise(0, (20, 40)), noise(1, (40, 20)), PIXEL_UM)
