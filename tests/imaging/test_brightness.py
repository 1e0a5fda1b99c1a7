import numpy as np
import pytest
from scipy import ndimage

from gvtstudio.imaging.brightness import with_brightness_of


def scene(shape: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, 3, mode="wrap")
    image: np.ndarray = (0.3 + 0.1 * smooth / smooth.std()).astype(np.float32)
    return image


@pytest.mark.parametrize("shape", [(32, 40, 48), (9, 33, 21), (4, 30, 30)])
def test_gain_and_offset_come_back(shape: tuple[int, int, int]):
    volume = scene(shape)
    changed = np.stack([3 * volume - 1, 0.2 * volume + 5])[:, None]
    kept = with_brightness_of(np.stack([volume, volume])[:, None], changed)
    np.testing.assert_allclose(kept[0, 0], volume, atol=1e-4)
    np.testing.assert_allclose(kept[1, 0], volume, atol=1e-4)


def test_fine_detail_does_not_count():
    """Sharpening changes the contrast of detail; that of the blocks is what is kept."""
    volume = scene((32, 32, 32))
    blurred = ndimage.gaussian_filter1d(volume, 2, axis=0, mode="wrap")
    kept = with_brightness_of(blurred[None, None], 5 * volume[None, None] - 2)
    np.testing.assert_allclose(kept[0, 0], volume, atol=0.03)


def test_of_a_tile_that_holds_nothing_only_the_mean_is_told():
    rng = np.random.default_rng(0)
    empty = rng.normal(0.1, 0.02, (1, 1, 24, 24, 24))
    invented = rng.normal(0.7, 0.3, (1, 1, 24, 24, 24))
    kept = with_brightness_of(empty, invented)
    assert kept.mean() == pytest.approx(0.1, abs=0.005)
    assert kept.std() == pytest.approx(0.3, rel=0.02)


def test_what_is_inverted_is_not_turned_back():
    volume = scene((24, 24, 24))[None, None]
    kept = with_brightness_of(volume, -volume)
    assert np.corrcoef(kept.reshape(-1), volume.reshape(-1))[0, 1] < -0.99


def test_a_constant_tile_stays_one():
    constant = np.full((1, 1, 8, 8, 8), 0.5)
    np.testing.assert_array_equal(with_brightness_of(constant, np.zeros_like(constant)), 0.5)
