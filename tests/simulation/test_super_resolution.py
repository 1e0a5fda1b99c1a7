"""Two magnifications of one field: sizes, sharpness, and how they lie against each other."""

import numpy as np
import pytest
import torch

from gvtstudio.simulation.super_resolution import Misalignment, displaced
from tests.simulation.recipes_for_tests import simulated

SIZE = {"size_z": 1, "size_y": 64, "size_x": 56}
CLEAN = {"dose": 50_000, "read_noise": 0, "camera_gain": 1}


def binned(image: np.ndarray, factor: int) -> np.ndarray:
    z, y, x = image.shape
    return image.reshape(z, y // factor, factor, x // factor, factor).mean(axis=(2, 4))


def displacement(image: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """Whole pixels by which ``other`` is moved, from the peak of the cross-correlation."""
    spectra = [np.fft.fft2(each - each.mean()) for each in (image, other)]
    correlation = np.fft.ifft2(np.conj(spectra[0]) * spectra[1]).real
    peak = np.unravel_index(correlation.argmax(), correlation.shape)
    y, x = (int(p) if p < n / 2 else int(p) - n for p, n in zip(peak, image.shape, strict=True))
    return y, x


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize("texture", ["tissue", "meshwork"])
def test_sizes_and_voxels_differ_by_the_factor(texture: str, factor: int):
    pair = simulated("super-resolution", factor=str(factor), texture=texture, size_z=3)
    assert pair.noisy.shape == (3, 48, 40)
    assert pair.truth.shape == (3, 48 * factor, 40 * factor)
    assert pair.truth.dtype == np.float32
    assert pair.calibration.x_um == pytest.approx(0.01)
    assert pair.truth_calibration.x_um == pytest.approx(0.01 / factor)
    assert pair.calibration.z_um == pair.truth_calibration.z_um == 0.05


@pytest.mark.parametrize("factor", [2, 4])
def test_without_blur_and_noise_a_pixel_gathers_those_of_the_truth(factor: int):
    pair = simulated("super-resolution", **SIZE, **CLEAN, factor=str(factor), blur_pixels=0)
    gathered = binned(pair.truth, factor)
    assert np.abs(pair.noisy - gathered).max() < 6 * np.sqrt(gathered.max())


def test_low_magnification_has_lost_the_detail():
    """Blur takes the finest details; what is left beyond them is noise."""
    pair = simulated("super-resolution", **SIZE, **CLEAN, blur_pixels=2.0)
    sharp, seen = binned(pair.truth, 2)[0], pair.noisy[0].astype(float)
    fine = [np.abs(np.diff(each, 2, axis=0)).mean() for each in (sharp, seen)]
    assert fine[1] < 0.6 * fine[0]
    assert seen.mean() == pytest.approx(sharp.mean(), rel=0.01)


def test_the_two_lie_on_each_other_unless_asked_otherwise():
    pair = simulated("super-resolution", **SIZE, **CLEAN)
    assert pair.drawn == {"shift_y": 0, "shift_x": 0, "rotation_degrees": 0}
    assert displacement(binned(pair.truth, 2)[0], pair.noisy[0]) == (0, 0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_shift_is_found_where_it_was_drawn(seed: int):
    pair = simulated("super-resolution", seed, **SIZE, **CLEAN, shift_pixels=6)
    found = displacement(binned(pair.truth, 2)[0], pair.noisy[0])
    drawn = (pair.drawn["shift_y"], pair.drawn["shift_x"])
    assert max(abs(each) for each in drawn) <= 6
    assert found == pytest.approx(drawn, abs=1.0)


def test_a_rotation_is_about_the_centre_in_the_sense_said():
    """A point 20 pixels below the centre moves to the right, from the Y axis towards the X axis."""
    scene = torch.zeros(1, 65, 65)
    scene[0, 52, 32] = 1
    moved = displaced(scene, Misalignment(0, 0, 30), 1)[0]
    y, x = divmod(int(moved.argmax()), 65)
    assert (y - 32, x - 32) == pytest.approx((20 * np.cos(np.pi / 6), 10), abs=0.6)


def test_a_rotation_leaves_no_empty_corners():
    pair = simulated("super-resolution", **SIZE, **CLEAN, rotation_degrees=20)
    corners = pair.noisy[0][[0, 0, -1, -1], [0, -1, 0, -1]]
    assert pair.drawn["rotation_degrees"] != 0
    assert corners.min() > 0.1 * pair.noisy.mean()
