"""Spectra of known noise, and correlations with a known cutoff."""

import numpy as np
import pytest
from scipy import ndimage

from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.imaging.analysis.frequencies import resolutions, spectra
from gvtstudio.imaging.analysis.spots import spot_sizes
from tests.imaging.analysis.volumes_for_tests import FWHM_UM, analysed, array_stack, bead

CUBES = (0.1, 0.1, 0.1)


def test_white_noise_has_a_flat_spectrum_of_its_variance():
    noise = np.random.default_rng(0).normal(500, 20, (40, 48, 48))
    found = spectra(analysed("spectrum", array_stack(noise, CUBES)))
    assert [curve.name for curve in found.curves] == ["XY", "XZ", "YZ"]
    for curve in found.curves:
        # the lowest rings hold few frequencies
        assert np.asarray(curve.y)[8:] == pytest.approx(400, rel=0.1)
        assert np.mean(curve.y[8:]) == pytest.approx(400, rel=0.02)
        assert curve.x[-1] == pytest.approx(5, rel=0.05)
    assert found.rows[0]["anisotropy"] < 0.5
    assert found.x_label == "Spatial frequency (cycles per µm)"


def test_blur_along_z_shows_in_decibels():
    points = np.random.default_rng(1).random((48, 48, 48)) > 0.995
    round_ones = ndimage.gaussian_filter(points.astype(float), 1.5)
    long_ones = ndimage.gaussian_filter(points.astype(float), (3, 1.5, 1.5))
    thinned = array_stack(long_ones[1::3], (0.3, 0.1, 0.1), "c")
    stacks = array_stack(round_ones, CUBES), array_stack(long_ones, CUBES, "b"), thinned
    alike, blurred, coarse = spectra(analysed("spectrum", *stacks)).rows
    assert alike["anisotropy"] < 1
    assert blurred["anisotropy"] > 3 * alike["anisotropy"]
    assert coarse["anisotropy"] > 3 * alike["anisotropy"]


def test_correlation_with_the_truth_falls_at_the_known_cutoff():
    rng = np.random.default_rng(2)
    shape, cutoff = (12, 96, 96), 2.0
    common, noise = rng.normal(0, 1, shape), rng.normal(0, 1, shape)
    frequency = np.hypot(np.fft.fftfreq(96, 0.1)[:, None], np.fft.fftfreq(96, 0.1))
    fine = np.fft.fft2(common) * (frequency <= cutoff) + np.fft.fft2(noise) * (frequency > cutoff)
    stacks = array_stack(np.fft.ifft2(fine).real, CUBES), array_stack(common, CUBES, "b")
    found = resolutions(analysed("frc", *stacks, truth=1))
    assert found.rows[0]["resolution"] == pytest.approx(1 / cutoff, rel=0.06)
    assert [row["against"] for row in found.rows] == [2, 0]


def test_without_truth_every_stack_is_split():
    image = ndimage.gaussian_filter(np.random.default_rng(3).normal(0, 1, (4, 64, 64)), (0, 3, 3))
    found = resolutions(analysed("frc", array_stack(image, CUBES), array_stack(image, CUBES, "b")))
    assert found.rows[0] == found.rows[1]
    assert found.rows[0]["against"] == 0
    assert "smoothness" in found.notes[-1]


def test_too_small_a_region_is_said():
    stack = array_stack(np.random.default_rng(4).normal(0, 1, (5, 40, 40)))
    with pytest.raises(StackUnsuitable, match="fewer than"):
        resolutions(analysed("frc", stack, region=((0, 5), (0, 9), (0, 9))))


def test_spots_have_the_widths_of_their_beads():
    voxel_um, centres = (0.2, 0.1, 0.1), [(3, 3, 3), (3, 3, 9), (3, 9, 3), (4, 9, 9)]
    volume = sum(bead((35, 120, 120), voxel_um, centre) - 100 for centre in centres)
    noise = np.random.default_rng(5).normal(0, 2, volume.shape)
    found = spot_sizes(analysed("spots", array_stack(volume + noise + 100, voxel_um)))
    row = found.rows[0]
    assert row["spots"] == 4
    assert row["lateral"] == pytest.approx(FWHM_UM, rel=0.05)
    assert row["axial"] == pytest.approx(FWHM_UM, rel=0.05)
    assert {curve.name: sum(curve.y) for curve in found.curves} == {"lateral": 4, "axial": 4}
    half = spot_sizes(
        analysed(
            "spots",
            array_stack(volume + noise + 100, voxel_um),
            region=((0, 35), (0, 120), (0, 60)),
        )
    )
    assert half.rows[0]["spots"] == 2


def test_no_spots_are_told_as_none():
    found = spot_sizes(analysed("spots", array_stack(np.full((8, 30, 30), 7.0))))
    assert found.rows[0]["spots"] == 0
    assert found.rows[0]["lateral"] is None
    assert found.curves == ()
