"""Cubes are cubes, cover the stack, and turn as they should."""

import math

import numpy as np
import pytest
import torch

from gvtstudio.imaging.isotropy import axial_spectra
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.training.cubes import IsotropicCubes, IsotropicVolume, _turned
from tests.training.cycles_for_tests import grains, volume_of

UNIT = PercentileNormalization(0.0, 1.0)


def drawn(cubes: IsotropicCubes, number: int) -> torch.Tensor:
    cube, target = cubes.draw(number, torch.Generator().manual_seed(number))
    assert target is cube
    return cube


@pytest.mark.parametrize("shape", [(30, 40, 44), (24, 24, 24), (9, 60, 60)])
def test_every_crop_is_a_cube_whatever_the_stack(shape: tuple[int, int, int]):
    cubes = IsotropicCubes([volume_of(grains(shape, 2.0))], 24, seed=1)
    for number in range(12):
        cube = drawn(cubes, number)
        assert cube.shape == (1, 24, 24, 24)
        assert cube.dtype == torch.float32
        assert 0 <= float(cube.min()) <= float(cube.max()) <= 1


def test_all_voxels_are_seen():
    image = np.linspace(0.0, 1.0, 20 * 26 * 28, dtype=np.float32).reshape(20, 26, 28)
    cubes = IsotropicCubes([IsotropicVolume(image, UNIT)], 12, seed=0)
    rounds = range(0, 2 * len(cubes._walk), 2)
    seen = np.unique(np.concatenate([drawn(cubes, n).numpy().reshape(-1) for n in rounds]))
    assert len(seen) == image.size


def test_the_same_number_gives_the_same_cube_another_seed_another():
    volume = volume_of(grains((30, 60, 60), 2.0))
    for number in (4, 5):
        one, again = (drawn(IsotropicCubes([volume], 24, seed=2), number) for _ in range(2))
        assert torch.equal(one, again)
    others = [drawn(IsotropicCubes([volume], 24, seed=s), 4) for s in (2, 3)]
    assert not torch.equal(*others)


def test_a_quarter_turn_is_exact_and_any_turn_keeps_z_where_it_is():
    piece = torch.rand(3, 31, 31)
    middle = piece[:, 5:26, 5:26]
    for angle, quarters in ((0.0, 0), (math.pi / 2, 3), (math.pi, 2)):
        turned = _turned(piece, angle, 21)
        torch.testing.assert_close(turned, middle.rot90(quarters, (1, 2)), rtol=0, atol=1e-5)
    layers = torch.arange(4.0).reshape(4, 1, 1).expand(4, 40, 40) / 4
    torch.testing.assert_close(_turned(layers, 0.7, 20), layers[:, :20, :20])


def test_a_turn_follows_its_angle():
    y, x = np.mgrid[:64, :64] - 31.5
    wave = 0.5 + 0.4 * np.cos(0.6 * x)
    angle = 0.5
    turned = _turned(torch.from_numpy(wave[None].astype(np.float32)), angle, 32)[0].numpy()
    inner = np.s_[16:48, 16:48]
    along = math.sin(angle) * y[inner] + math.cos(angle) * x[inner]
    np.testing.assert_allclose(turned, 0.5 + 0.4 * np.cos(0.6 * along), atol=0.02)


def test_turned_planes_stay_nearly_as_sharp():
    volume = volume_of(grains((24, 80, 80), 1.2))
    cubes = IsotropicCubes([volume], 24, seed=0)
    turned = np.mean([_lateral(drawn(cubes, n)) for n in range(1, 40, 2)], axis=0)
    straight = np.mean([_lateral(drawn(cubes, n)) for n in range(0, 40, 2)], axis=0)
    middle = slice(2, 8)
    np.testing.assert_allclose(turned[middle] / straight[middle], 1, atol=0.35)


def _lateral(cube: torch.Tensor) -> np.ndarray:
    return axial_spectra(cube[0].numpy()).lateral


def test_without_turns_xz_planes_stay_xz_planes():
    """Stripes along X are constant along X, mirrored or not, but not when turned."""
    image = np.broadcast_to(np.arange(40.0)[:, None] % 5 / 5, (30, 40, 40)).astype(np.float32)
    volume = IsotropicVolume(image, UNIT)
    for number in range(8):
        cube = drawn(IsotropicCubes([volume], 24, seed=0, turns=False), number)
        assert float(cube.std(dim=-1).max()) < 1e-6
    turned = [drawn(IsotropicCubes([volume], 24, seed=0), n) for n in range(8)]
    assert max(float(cube.std(dim=-1).max()) for cube in turned) > 0.1


def test_what_lies_outside_the_percentiles_is_saturated():
    image = grains((24, 24, 24), 1.2)
    volume = volume_of(image, (5, 95))
    values = volume.normalised((slice(0, 24),) * 3)
    assert values.min() == 0
    assert values.max() == 1
    assert np.mean(values == 0) == pytest.approx(0.05, abs=0.01)
