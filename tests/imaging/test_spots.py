import numpy as np
import pytest

from gvtstudio.imaging.spots import MOST, find_spots, measure_spots

VOXEL_UM = (0.3, 0.1, 0.1)
CENTRES = [(12, 15, 15), (14, 15, 45), (11, 44, 16), (13, 46.4, 44.7), (12.5, 30, 30.2)]


def beads(lateral_um=0.4, axial_um=1.5, centres=CENTRES, shape=(26, 60, 60)) -> np.ndarray:
    """Gaussian spots of known full widths at half maximum on a background of 100."""
    grid = np.indices(shape).astype(float)
    volume = np.full(shape, 100.0)
    for height, centre in zip(np.linspace(800, 1200, len(centres)), centres, strict=True):
        exponent = 0.0
        for axis, width_um in enumerate((axial_um, lateral_um, lateral_um)):
            away_um = (grid[axis] - centre[axis]) * VOXEL_UM[axis]
            exponent = exponent + 4 * np.log(2) * (away_um / width_um) ** 2
        volume += height * np.exp(-exponent)
    return volume


@pytest.mark.parametrize(("lateral_um", "axial_um"), [(0.4, 1.5), (0.3, 1.2), (0.6, 2.4)])
def test_widths_are_those_the_spots_were_made_with(lateral_um, axial_um):
    found = measure_spots(beads(lateral_um, axial_um), VOXEL_UM)
    assert found.number == len(CENTRES)
    assert found.lateral_um == pytest.approx(lateral_um, rel=0.02)
    assert found.axial_um == pytest.approx(axial_um, rel=0.02)
    assert found.lateral_iqr_um < 0.02
    assert found.axial_iqr_um < 0.05


def test_widths_bear_the_noise_of_photons():
    noisy = np.random.default_rng(0).poisson(beads()).astype(np.uint16)
    found = measure_spots(noisy, VOXEL_UM)
    assert found.number == len(CENTRES)
    assert found.lateral_um == pytest.approx(0.4, rel=0.05)
    assert found.axial_um == pytest.approx(1.5, rel=0.05)


def test_spots_are_found_where_they_are_the_brightest_first():
    found = find_spots(beads())
    assert np.abs(found - np.round(CENTRES)[::-1]).max() <= 1


def test_spread_tells_of_unlike_spots():
    wide = beads(0.7, 1.5, CENTRES[:2]) + beads(0.3, 1.5, CENTRES[2:]) - 100
    found = measure_spots(wide, VOXEL_UM)
    assert found.number == 5
    assert found.lateral_um == pytest.approx(0.3, rel=0.03)
    assert found.lateral_iqr_um == pytest.approx(0.4, rel=0.05)


def test_spots_outside_a_mask_or_cut_off_do_not_count():
    volume = beads(centres=[*CENTRES, (13, 30, 1), (1, 30, 12)])
    assert measure_spots(volume, VOXEL_UM).number == 5
    mask = np.zeros(volume.shape, np.uint8)
    mask[:, :30, :] = 1
    assert measure_spots(volume, VOXEL_UM, mask).number == 2


def test_a_plane_and_a_thin_stack_have_no_axial_width():
    for image in (beads()[12], beads()[11:14]):
        found = measure_spots(image, VOXEL_UM)
        assert found.number >= 4
        assert found.lateral_um == pytest.approx(0.4, rel=0.03)
        assert np.isnan(found.axial_um)
        assert np.isnan(found.axial_iqr_um)


def test_where_nothing_stands_out_there_is_no_spot():
    noise = np.random.default_rng(1).normal(100, 10, (12, 40, 40))
    assert measure_spots(noise, VOXEL_UM).number == 0
    assert measure_spots(np.full((8, 16, 16), 7.0), VOXEL_UM).number == 0


def test_there_is_an_end_of_spots():
    grid = np.zeros((5, 300, 300))
    grid[2, 4::10, 4::10] = 100
    assert len(find_spots(grid)) == MOST
