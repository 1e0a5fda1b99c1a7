"""What simple filters make of transmitted light."""

import numpy as np
import pytest
from scipy import ndimage

from gvtstudio.imaging.metrics import pearson
from gvtstudio.imaging.transmitted import best_readout, readouts

SHAPE = (5, 64, 64)


def cells() -> np.ndarray:
    """Two bright discs through all planes."""
    _, y, x = np.indices(SHAPE)
    return (((y - 20) ** 2 + (x - 20) ** 2 < 80) | ((y - 45) ** 2 + (x - 40) ** 2 < 120)) * 1.0


def light(structure: np.ndarray) -> np.ndarray:
    """Grey values of 16 bit around a bright background."""
    noise = np.random.default_rng(0).normal(0, 3, SHAPE)
    return (1000 + structure + noise).astype(np.uint16)


def test_dark_cells_are_found_by_turning_the_image_around():
    found, r = best_readout(light(-200 * cells()), cells())
    assert found.name.startswith("inverted Gaussian")
    assert r > 0.9
    assert pearson(found.image, cells()) == pytest.approx(r)


def test_cells_that_only_are_rough_are_found_by_their_texture():
    texture = np.random.default_rng(1).normal(0, 150, SHAPE)
    found, r = best_readout(light(texture * cells()), cells())
    assert found.name.startswith("local standard deviation")
    assert r > 0.8


def test_cells_that_focus_light_are_found_from_plane_to_plane():
    slope = np.linspace(-200, 200, SHAPE[0])[:, None, None]
    found, r = best_readout(light(slope * ndimage.gaussian_filter(cells(), (0, 1, 1))), cells())
    assert found.name.startswith("change along Z")
    assert r > 0.9


def test_a_stain_of_a_single_plane_is_compared_with_the_mean_of_all():
    found, r = best_readout(light(-200 * cells()), cells()[:1])
    assert found.image.shape == (1, *SHAPE[1:])
    assert r > 0.9


def test_images_of_a_single_plane_have_no_change_along_z():
    names = [found.name for found in readouts(light(cells())[:1])]
    assert names
    assert not [name for name in names if "along Z" in name]
