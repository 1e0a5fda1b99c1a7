import numpy as np

from gvtstudio.imaging.metrics import measure_agreement
from gvtstudio.imaging.projections import best_projection, brightest_near, candidates, height_maps


def _sheet(noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A checked sheet on a slope, (Z, Y, X); its image and its height, (Y, X)."""
    rng = np.random.default_rng(6)
    y, x = np.mgrid[:48, :48]
    image = 40.0 + 100 * (y // 4 % 2 ^ x // 4 % 2)
    height = 4 + 6 * x / 48
    z = np.arange(20)[:, None, None]
    volume = image * np.exp(-((z - height) ** 2)) + rng.normal(0, noise, (20, 48, 48))
    volume[17, ::9, ::7] += 400
    return volume, image, height


def test_the_best_projection_is_the_one_with_the_highest_psnr():
    volume, image, _ = _sheet(noise=15)
    best, agreement = best_projection(volume, image)
    psnrs = {each.name: measure_agreement(each.image, image).psnr_db for each in candidates(volume)}
    assert len(psnrs) == len(list(candidates(volume)))
    assert agreement.psnr_db == max(psnrs.values()) == psnrs[best.name]
    assert agreement.psnr_db > psnrs["maximum"] + 3


def test_the_surface_is_found_below_bright_debris():
    volume, _, height = _sheet(noise=15)
    errors = {name: np.median(np.abs(found - height)) for name, found in height_maps(volume)}
    assert min(errors.values()) < 0.6


def test_near_the_surface_only_the_band_is_seen():
    volume, image, height = _sheet(noise=0)
    on_it = brightest_near(volume, height, 0)
    # between two planes the sheet is a little fainter, debris is far away
    assert (on_it <= image).all()
    assert (on_it > 0.6 * image).all()
    assert (brightest_near(volume, height, 1) >= on_it).all()
    assert brightest_near(volume, height, 20).max() > 2 * on_it.max()


def test_a_thin_volume_is_projected_too():
    volume, image, _ = _sheet(noise=5)
    assert {each.image.shape for each in candidates(volume[4:6])} == {image.shape}
