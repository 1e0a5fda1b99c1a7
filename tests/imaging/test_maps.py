"""Maps against their formulas, against the metrics, and against scikit-image."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.maps import (
    MAPS,
    RAW,
    MapRequest,
    PlacedPlane,
    make_maps,
    match_intensities,
    sample_onto,
)
from gvtstudio.imaging.metrics import Comparison
from gvtstudio.imaging.panel.geometry import VolumeGeometry


def placed(values: np.ndarray, voxel: float = 1.0, start: float = 0.0) -> PlacedPlane:
    extent = (values.shape[0] * voxel, values.shape[1] * voxel)
    return PlacedPlane(values, (start, start), extent)


def request(kind: str, image: np.ndarray, reference: np.ndarray, **choices) -> MapRequest:
    return MapRequest(kind, {"XY": (placed(image), placed(reference))}, **choices)


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    """A reference, and an image of it with noise, gain and offset."""
    chance = np.random.default_rng(7)
    reference = chance.integers(100, 4000, (23, 31)).astype(np.uint16)
    return 0.3 * reference + 40 + chance.normal(0, 60, reference.shape), reference


def test_raw_maps_are_their_formulas():
    image, reference = np.array([[8.0, 2.0, -1.0]]), np.array([[2.0, 8.0, 4.0]])
    expected = {
        "difference": [[6, -6, -5]],
        "ratio": [[2, -2, np.nan]],
        "absolute": [[6, 6, 5]],
        "squared": [[36, 36, 25]],
        "ssim": [[np.nan] * 3],
    }
    assert set(expected) == set(MAPS)
    for kind, values in expected.items():
        made = make_maps(request(kind, image, reference, is_matched=False))
        assert np.array_equal(made.planes["XY"], values, equal_nan=True)
        assert made.match == RAW


def test_unsigned_integers_do_not_wrap():
    low, high = np.array([[1, 2]], np.uint16), np.array([[3, 60000]], np.uint16)
    made = make_maps(request("difference", low, high, is_matched=False))
    assert made.planes["XY"].tolist() == [[-2, -59998]]


def test_a_dark_reference_has_no_ratio():
    reference = np.full((10, 100), 1000.0)
    reference[0, 0], reference[0, 1] = 19, 21  # the floor is 2 % of 1000
    made = make_maps(request("ratio", reference.copy(), reference, is_matched=False)).planes["XY"]
    assert np.isnan(made[0, 0])
    assert made[0, 1] == 0


def test_matched_difference_is_that_of_the_metrics(pair):
    image, reference = pair
    known = Comparison(image, reference, "care")
    low, high = np.percentile(reference, (0.1, 99.9))
    made = make_maps(request("difference", image, reference))
    expected = (known.scaled_image - known.scaled_truth) * (high - low)
    assert np.allclose(made.planes["XY"], expected, atol=1e-9)
    squared = make_maps(request("squared", image, reference)).planes["XY"]
    assert np.sqrt(squared.mean()) / (high - low) == pytest.approx(known.nrmse)


def test_gain_and_offset_are_found_and_taken_out():
    reference = np.random.default_rng(0).random((9, 11)) * 100
    made = make_maps(request("difference", (reference - 20) / 4, reference))
    assert made.match == pytest.approx((4, 20))
    assert np.allclose(made.planes["XY"], 0, atol=1e-9)


def test_gain_is_one_for_all_planes_on_screen(pair):
    image, reference = pair
    parts = {"XY": np.s_[:9], "XZ": np.s_[9:]}
    pairs = {plane: (placed(image[p]), placed(reference[p])) for plane, p in parts.items()}
    made = make_maps(MapRequest("difference", pairs))
    slope, offset = np.polyfit(image.ravel(), reference.ravel(), 1)
    assert made.match == pytest.approx((slope, offset))


@pytest.mark.parametrize("is_matched", [True, False])
def test_ssim_is_that_of_scikit_image_and_the_metrics(pair, is_matched):
    image, reference = pair
    known = Comparison(image, reference, "care" if is_matched else "none")
    _, full = structural_similarity(
        known.scaled_truth, known.scaled_image, win_size=7, data_range=1.0, full=True
    )
    made = make_maps(request("ssim", image, reference, is_matched=is_matched))
    assert np.allclose(made.planes["XY"], full, atol=1e-9)
    assert made.planes["XY"][3:-3, 3:-3].mean() == pytest.approx(known.ssim)
    assert made.limits == Limits(0, 1)


def test_ssim_is_not_known_where_a_voxel_of_its_window_is_missing(pair):
    image, reference = pair
    image[10, 12] = np.nan
    made = make_maps(request("ssim", image, reference)).planes["XY"]
    expected = np.zeros(image.shape, bool)
    expected[7:14, 9:16] = True
    assert np.array_equal(np.isnan(made), expected)


def test_linear_sampling_follows_a_slope_and_ends_with_the_plane():
    rows, columns = np.mgrid[:6, :8] + 0.5
    slope = placed(10 * rows + columns)
    fine = placed(np.zeros((12, 18)), voxel=0.5)
    found = sample_onto(slope, fine)
    down, right = (np.mgrid[:12, :18] + 0.5) / 2
    inside = np.s_[1:11, 1:15]
    assert np.allclose(found[inside], (10 * down + right)[inside])
    assert found[0, 0] == slope.values[0, 0]
    assert np.isnan(found[:, 16:]).all()
    assert np.isfinite(found[:, :16]).all()


def test_nearest_sampling_takes_the_voxel_that_a_middle_lies_in():
    coarse = placed(np.arange(6.0).reshape(2, 3), voxel=3.0)
    found = sample_onto(coarse, placed(np.zeros((6, 9))), "nearest")
    assert np.array_equal(found, np.repeat(np.repeat(coarse.values, 3, 0), 3, 1))


def test_a_shifted_plane_is_read_where_it_lies():
    plane = placed(np.arange(12.0).reshape(3, 4), start=1.0)
    found = sample_onto(plane, placed(np.zeros((4, 5))))
    assert np.array_equal(found[1:, 1:], plane.values)
    assert np.isnan(found[0]).all()
    assert np.isnan(found[:, 0]).all()


def test_a_missing_voxel_spoils_only_what_needs_it():
    values = np.ones((3, 5))
    values[1, 2] = np.nan
    found = sample_onto(placed(values), placed(np.zeros((3, 4))))
    assert np.array_equal(np.argwhere(np.isnan(found)), [[1, 2]])


def test_planes_lie_where_the_calibration_puts_them():
    geometry = VolumeGeometry((1, 5, 1, 7, 9), (2.0, 3.0, 4.0), (3.0, 1.0, 0.5))
    yz = PlacedPlane.in_volume(np.zeros((7, 5)), geometry, "YZ")
    assert yz.start == (3.0, 2.0)
    assert yz.extent == (7.0, 15.0)


def test_limits_are_symmetric_about_zero_and_never_empty(pair):
    image, reference = pair
    made = make_maps(request("difference", image, reference, is_matched=False))
    assert made.limits.low == -made.limits.high
    share = np.mean(np.abs(made.planes["XY"]) <= made.limits.high)
    assert share == pytest.approx(0.995, abs=0.003)
    assert make_maps(request("difference", reference, reference)).limits == Limits(-1, 1)
    errors = make_maps(request("absolute", image, reference)).limits
    assert errors.low == 0 < errors.high


def test_nothing_in_common_is_all_unknown():
    made = make_maps(
        MapRequest("difference", {"XY": (placed(np.ones((3, 3))), placed(np.ones((3, 3)), 1, 9))})
    )
    assert np.isnan(made.planes["XY"]).all()
    assert made.match == match_intensities([]) == RAW
