"""Profiles against formulas written here."""

import numpy as np
import pytest

from gvtstudio.domain.errors import UsageError
from gvtstudio.imaging.analysis.profiles import line_profiles, z_profiles
from tests.imaging.analysis.volumes_for_tests import FWHM_UM, analysed, array_stack, bead

COARSE, FINE = (0.3, 0.1, 0.1), (0.1, 0.1, 0.1)
# Through the middle of the bead at 3 µm, in voxels of 0.3 × 0.1 × 0.1 µm; 5.2 µm long.
OBLIQUE = ((4.5, 14.5, 14.5), (14.5, 44.5, 44.5))


def test_bead_on_an_oblique_line_has_its_width_in_um():
    stack = array_stack(bead((20, 60, 60), COARSE), COARSE)
    found = line_profiles(analysed("profile", stack, line=OBLIQUE))
    length = 3 * np.sqrt(3)
    x = np.asarray(found.curves[0].x)
    assert x[-1] == pytest.approx(length)
    # linear interpolation between planes 0.3 µm apart widens a little
    assert found.rows[0]["fwhm"] == pytest.approx(FWHM_UM, rel=0.05)
    assert found.rows[0]["centre"] == pytest.approx(length / 2, abs=0.01)
    assert found.rows[0]["background"] == pytest.approx(100, abs=5)
    assert found.x_label == "Distance along the line (µm)"


def test_coarse_and_fine_voxels_give_one_profile_in_um():
    coarse = array_stack(bead((20, 60, 60), COARSE), COARSE)
    fine = array_stack(bead((60, 60, 60), FINE), FINE, "b")
    found = line_profiles(analysed("profile", coarse, fine, line=OBLIQUE))
    one, other = found.curves
    assert len(other.x) > 1.1 * len(one.x)
    assert one.x[-1] == pytest.approx(other.x[-1])
    there = np.interp(one.x, other.x, other.y)
    assert np.abs(there - one.y).max() < 60
    assert found.rows[1]["fwhm"] == pytest.approx(FWHM_UM, rel=0.01)
    swapped = line_profiles(analysed("profile", fine, coarse, line=((14.5,) * 3, (44.5,) * 3)))
    assert swapped.rows[0]["fwhm"] == pytest.approx(found.rows[1]["fwhm"], rel=1e-6)


def test_samples_are_the_voxels_passed():
    volume = np.random.default_rng(0).integers(0, 900, (4, 9, 9)).astype(np.uint16)
    found = line_profiles(analysed("profile", array_stack(volume), line=((2, 3, 1), (2, 3, 6))))
    assert found.curves[0].y == pytest.approx(volume[2, 3, 1:7])
    assert found.curves[0].x == pytest.approx(np.arange(6) * 0.1)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (((2, 4, 1), (2, 4, 6)), lambda v: v[2, 3:6, 1:7].mean(0)),
        (((1, 4, 5), (3, 4, 5)), lambda v: v[1:4, 4, 4:7].mean(1)),
        (((2, 1, 5), (2, 6, 5)), lambda v: v[2, 1:7, 4:7].mean(1)),
    ],
)
def test_wide_lines_are_averaged_across_within_their_plane(line, expected):
    volume = np.random.default_rng(1).normal(0, 1, (5, 9, 9))
    cubes = array_stack(volume, (0.1, 0.1, 0.1))
    found = line_profiles(analysed("profile", cubes, line=line, width=3))
    assert found.curves[0].y == pytest.approx(expected(volume))


def test_without_calibration_lengths_are_in_pixels():
    volume = np.zeros((3, 8, 8))
    found = line_profiles(
        analysed("profile", array_stack(volume, None), line=((0, 0, 0), (0, 3, 4)))
    )
    assert found.unit == "pixels"
    assert found.curves[0].x[-1] == pytest.approx(5)
    assert found.rows[0]["fwhm"] is None
    assert "not calibrated" in found.notes[0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "no line"),
        ({"line": ((0, 0, 0), (0, 0, 9))}, "does not lie in"),
        ({"line": ((0, 1, 1), (0, 1, 1))}, "are the same"),
        ({"line": ((0, 1, 1), (0, 1, 3)), "width": 0.0}, "pixels wide"),
        ({"line": ((0, 1, 1), (0, 1, 3)), "t": 1}, "no time point 2"),
    ],
)
def test_impossible_lines_are_refused(fields, words):
    with pytest.raises(UsageError, match=words):
        line_profiles(analysed("profile", array_stack(np.zeros((3, 8, 8))), **fields))


def test_z_profile_is_the_mean_of_each_plane_of_the_region():
    volume = np.random.default_rng(2).poisson(50, (7, 9, 9)).astype(np.uint16)
    fine = np.repeat(volume, 3, axis=0)
    stacks = array_stack(volume), array_stack(fine, FINE, "b")
    found = z_profiles(analysed("zprofile", *stacks, region=((1, 6), (2, 4), (3, 8))))
    expected = volume[1:6, 2:4, 3:8].mean((1, 2))
    assert found.curves[0].y == pytest.approx(expected)
    assert found.curves[0].x == pytest.approx(0.3 * np.arange(1, 6))
    assert found.curves[1].y == pytest.approx(np.repeat(expected, 3))
    assert np.mean(found.curves[1].x) == pytest.approx(np.mean(found.curves[0].x))


def test_z_profile_of_a_bead_tells_its_axial_width():
    stack = array_stack(bead((20, 60, 60), COARSE), COARSE)
    found = z_profiles(analysed("zprofile", stack, region=((0, 20), (29, 31), (29, 31))))
    assert found.rows[0]["fwhm"] == pytest.approx(FWHM_UM, rel=0.01)


def test_mask_decides_which_voxels_count():
    volume = np.random.default_rng(3).poisson(50, (4, 6, 6)).astype(np.uint16)
    mask = np.zeros_like(volume)
    mask[1:3, 2, 4] = 1
    found = z_profiles(analysed("zprofile", array_stack(volume), mask=array_stack(mask)))
    assert found.curves[0].y == pytest.approx(volume[1:3, 2, 4])
