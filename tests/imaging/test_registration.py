"""Registration finds known homographies, keeps what is not moved, and refuses in words."""

import math

import numpy as np
import pytest
import tifffile
from scipy import ndimage
from skimage.transform import warp

from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.imaging.registration import register, same_field, unmoved
from gvtstudio.imaging.resampling import resample_volume
from gvtstudio.imaging.warping import (
    common_area,
    common_rectangle,
    geometry_of,
    largest_rectangle,
    project,
    scaling_between,
    warped,
)


def scene(seed: int, shape: tuple[int, int] = (240, 260)) -> np.ndarray:
    """Cell-like outlines and grains, sharp to two pixels, 8 bit."""
    rng = np.random.default_rng(seed)
    points = np.zeros(shape, bool)
    points[tuple(rng.integers(0, n, 160) for n in shape)] = True
    distance, nearest = ndimage.distance_transform_edt(~points, return_indices=True)
    owner = nearest[0] * shape[1] + nearest[1]
    edges = ndimage.morphological_gradient(owner, 3) > 0
    grains = rng.random(shape) > 0.995
    image = 180 - 120 * ndimage.gaussian_filter(edges.astype(float), 1.0)
    image -= 60 * ndimage.gaussian_filter(grains.astype(float), 1.2) / 0.11
    return np.clip(image + 0.5 * np.minimum(distance, 20), 0, 255).astype(np.uint8)


def known(
    high: np.ndarray, magnification: float, degrees: float, down: float, right: float
) -> np.ndarray:
    """The homography high → low: turned around the middle, then shifted in pixels of the low."""
    height, width = high.shape
    low = [round(n / magnification) for n in high.shape]
    angle = math.radians(degrees)
    turn = np.array(
        [
            [math.cos(angle), -math.sin(angle), 0],
            [math.sin(angle), math.cos(angle), 0],
            [0, 0, magnification],
        ]
    )
    centre, back = np.eye(3), np.eye(3)
    centre[:2, 2] = -(width - 1) / 2, -(height - 1) / 2
    back[:2, 2] = (low[1] - 1) / 2 + right, (low[0] - 1) / 2 + down
    return back @ turn / magnification @ centre


def imaged(
    high: np.ndarray, matrix: np.ndarray, magnification: float, noise: float = 4.0, seed: int = 0
) -> np.ndarray:
    """What low magnification shows of a scene: blurred, in larger pixels, noisy."""
    blurred = ndimage.gaussian_filter(high.astype(float), 0.5 * magnification)
    shape = tuple(round(n / magnification) for n in high.shape)
    low = warp(blurred, np.linalg.inv(matrix), output_shape=shape, order=3, mode="symmetric")
    noisy = low + np.random.default_rng(seed).normal(0, noise, shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def distance(found: np.ndarray, true: np.ndarray, high: np.ndarray, magnification: float) -> float:
    """Mean over the field, in pixels of the high magnification."""
    places = [np.linspace(0, n - 1, 9) for n in high.shape]
    x, y = np.meshgrid(*places[::-1])
    (x1, y1), (x2, y2) = project(found, x, y), project(true, x, y)
    return float(np.hypot(x2 - x1, y2 - y1).mean() * magnification)


@pytest.mark.parametrize("is_told", [True, False])
@pytest.mark.parametrize(
    ("magnification", "degrees", "down", "right"),
    [(2.0, 3.0, 4.3, -6.6), (2.0, -40.0, 1.0, 2.0), (1.5, 12.0, -9.2, 5.0), (1.0, 2.0, 7.5, 3.3)],
)
def test_a_known_homography_is_found_to_a_fraction_of_a_pixel(
    magnification: float, degrees: float, down: float, right: float, is_told: bool
):
    high = scene(1)
    matrix = known(high, magnification, degrees, down, right)
    low = imaged(high, matrix, magnification)
    found = register(low, high, "it", magnification if is_told else 0.0)
    assert distance(found.array, matrix, high, magnification) < 0.35
    assert not found.is_same_field
    assert found.magnification == pytest.approx(magnification, rel=0.005)
    assert found.rotation_degrees == pytest.approx(degrees, abs=0.2)
    assert found.shift == pytest.approx((down, right), abs=0.25)
    assert found.correlation_after > 0.9 > found.correlation_before
    assert found.inliers > 50
    assert found.residual_pixels < 0.6
    sentence = found.sentence()
    assert f"{found.inliers} of {found.matches} features" in sentence
    assert "correlation" in sentence
    numbers = found.numbers()
    assert numbers["common_share"] == pytest.approx(found.common)
    assert numbers["shift_y_pixels"] == pytest.approx(found.shift[0])


def test_the_intensities_are_what_makes_it_exact():
    from gvtstudio.imaging.feature_matching import match_features

    high = scene(2)
    matrix = known(high, 2.0, 5.0, 3.0, -2.0)
    low = imaged(high, matrix, 2.0)
    by_features = match_features(low, high, 2.0).matrix
    assert by_features is not None
    refined = register(low, high, "it", 2.0).array
    coarse, fine = (distance(m, matrix, high, 2.0) for m in (by_features, refined))
    assert fine < coarse


def test_a_pair_of_one_field_is_not_moved():
    high = scene(3)
    matrix = scaling_between((120, 130), high.shape)
    for noise in (2.0, 25.0):
        found = register(imaged(high, matrix, 2.0, noise), high, "it")
        assert found.is_same_field
        np.testing.assert_array_equal(found.array, matrix)
        assert found.magnification == pytest.approx(2)
        assert found.sentence().startswith("same field, not moved, magnification 2")


def test_a_small_shift_is_seen_where_the_noise_allows_it():
    high = scene(3)
    matrix = known(high, 2.0, 0.0, 0.0, 0.4)
    found = register(imaged(high, matrix, 2.0), high, "it", 2.0)
    assert not found.is_same_field
    assert found.shift == pytest.approx((0.0, 0.4), abs=0.1)


def test_a_field_within_a_larger_one_is_found():
    high = scene(4, (300, 300))
    matrix = scaling_between((150, 150), (300, 300))
    low = imaged(high, matrix, 2.0)
    part = high[60:220, 40:230]
    found = register(low, part, "it", 2.0)
    assert found.common == 1
    x, y = project(found.array, np.array([0.0]), np.array([0.0]))
    assert (float(x[0]), float(y[0])) == pytest.approx((19.75, 29.75), abs=0.2)


def other_field() -> tuple[np.ndarray, np.ndarray]:
    return imaged(scene(5), scaling_between((120, 130), (240, 260)), 2.0), scene(6)


def swapped() -> tuple[np.ndarray, np.ndarray]:
    high = scene(5)
    return high, imaged(high, scaling_between((120, 130), high.shape), 2.0)


def constant() -> tuple[np.ndarray, np.ndarray]:
    return np.full((120, 130), 7, np.uint8), scene(5)


def negative() -> tuple[np.ndarray, np.ndarray]:
    low, high = swapped()[::-1]
    return 255 - low, high


def squeezed() -> tuple[np.ndarray, np.ndarray]:
    high = scene(5, (240, 320))
    return resample_volume(high[None], (1, 120, 120))[0], high


def other_scale() -> tuple[np.ndarray, np.ndarray]:
    high = scene(5)
    return imaged(high, known(high, 2.0, 5.0, 0.0, 0.0), 2.0), high


REFUSED = {
    "other field": (other_field, 0.0, r"only \d+ agree"),
    "swapped": (swapped, 0.0, "2 times finer than the second"),
    "constant": (constant, 0.0, "image of low magnification of it has the same value"),
    "negative": (negative, 0.0, "cannot be registered"),
    "squeezed": (squeezed, 0.0, "stretched"),
    "other scale": (other_scale, 1.5, "magnified 2 times, but 1.5 times was expected"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_registered_is_refused_in_words(case: str):
    make, magnification, words = REFUSED[case]
    with pytest.raises(StackUnsuitable, match=words) as refused:
        register(*make(), "it", magnification)
    assert refused.value.remedy


def test_images_without_structure_are_refused():
    rng = np.random.default_rng(0)
    low, high = (rng.normal(100, 5, shape) for shape in ((100, 100), (200, 200)))
    with pytest.raises(StackUnsuitable, match="cannot be registered"):
        register(low, high, "noise")
    with pytest.raises(StackUnsuitable, match="cannot be registered"):
        register(low[:12, :20], high[:20, :12], "tiny")


def test_pairs_that_are_taken_for_one_field_need_fitting_sizes():
    found = unmoved((100, 120), (200, 240), "it")
    assert found.magnification == pytest.approx(2)
    assert found.sentence() == "taken for the same field, magnification 2"
    assert "correlation_after" not in found.numbers()
    with pytest.raises(StackUnsuitable, match=r"\(100, 120\) and \(200, 300\) pixels") as refused:
        unmoved((100, 120), (200, 300), "it")
    assert "--registration auto" in refused.value.remedy
    with pytest.raises(StackUnsuitable, match="2 times finer"):
        unmoved((200, 240), (100, 120), "it")
    assert same_field((943, 1281), (472, 640))


def test_the_same_field_is_enlarged_as_at_prediction():
    low = scene(7, (60, 70))
    matrix = scaling_between((60, 70), (120, 140))
    expected = resample_volume(low[None], (1, 120, 140))[0]
    np.testing.assert_allclose(warped(low, matrix, (120, 140)), expected, atol=1e-3)


def test_geometry_tells_turns_scales_and_mirrors_apart():
    high = scene(7)
    geometry = geometry_of(known(high, 2.5, 30.0, 4.0, 5.0), high.shape)
    assert geometry.magnification == pytest.approx(2.5)
    assert geometry.rotation_degrees == pytest.approx(30)
    assert (geometry.stretch, geometry.perspective) == pytest.approx((1, 1))
    assert not geometry.is_mirrored
    assert geometry_of(np.diag([-1.0, 1, 1]), high.shape).is_mirrored
    tilted = np.eye(3)
    tilted[2, 0] = 1e-3
    assert geometry_of(tilted, high.shape).perspective > 1.1


def test_the_largest_rectangle_is_the_largest_of_all():
    rng = np.random.default_rng(1)
    for _ in range(20):
        inside = rng.random((7, 9)) > 0.3
        (top, bottom), (left, right) = largest_rectangle(inside)
        assert inside[top:bottom, left:right].all()
        areas = [
            (b - a) * (d - c)
            for a in range(7) for b in range(a + 1, 8)
            for c in range(9) for d in range(c + 1, 10)
            if inside[a:b, c:d].all()
        ]  # fmt: skip
        assert (bottom - top) * (right - left) == max(areas)


def test_the_common_area_is_what_lies_in_both():
    shift = np.eye(3)
    shift[:2, 2] = 3, -2
    inside = common_area(shift, (20, 20), (20, 20))
    assert inside[2:, :17].all()
    assert not inside[:2].any()
    assert not inside[:, 17:].any()


@pytest.mark.parametrize("degrees", [0.0, 7.0, -30.0])
def test_the_common_rectangle_lies_in_what_both_show(degrees: float):
    for shape in ((90, 120), (700, 1300)):
        high = np.empty(shape)
        matrix = known(high, 2.0, degrees, 5.0, -8.0)
        low = (shape[0] // 2, shape[1] // 2)
        inside = common_area(matrix, low, shape)
        (top, bottom), (left, right) = common_rectangle(matrix, low, shape)
        assert inside[top:bottom, left:right].all()
        exact = [stop - first for first, stop in largest_rectangle(inside)]
        assert (bottom - top) * (right - left) > 0.97 * np.prod(exact)
    assert common_rectangle(np.eye(3) + 1e6 * np.eye(3, k=2), low, shape) == ((0, 0), (0, 0))


@pytest.mark.parametrize(
    "name",
    [
        "em_mito_er/xy_8bit__em_mitochondria_er.tif",
        "celegans_em_series/c_elegans_em_z0007.tif",
        "sem_n2v_validation/validation.tif",
    ],
)
def test_a_known_homography_of_a_real_micrograph_is_found(shared_data, name: str):
    high = tifffile.imread(shared_data / name)[:480, :640]
    low, best = np.percentile(high, (0.1, 99.9))
    high = np.clip(255 * (high - low) / (best - low), 0, 255)
    matrix = known(high, 2.0, 7.0, -6.3, 8.8)
    found = register(imaged(high, matrix, 2.0, noise=12.0), high, name)
    assert distance(found.array, matrix, high, 2.0) < 0.5
    assert found.magnification == pytest.approx(2, rel=0.005)


@pytest.mark.slow
def test_real_pairs_of_one_field_are_found_and_those_of_two_are_not(shared_data):
    names = ("001_0", "061_1", "101_0")
    folder = shared_data / "w2s_pairs_dev"
    inputs = [tifffile.imread(folder / f"input_avg1_{name}.tif") for name in names]
    targets = [tifffile.imread(folder / f"target_avg400_{name}.tif") for name in names]
    for i, image in enumerate(inputs):
        found = register(image, targets[i], names[i])
        assert found.magnification == pytest.approx(1, rel=0.002)
        assert found.shift == pytest.approx((0, 0), abs=0.5)
        assert found.correlation_after > 0.95
        with pytest.raises(StackUnsuitable, match=r"only \d+ agree"):
            register(image, targets[i - 1], names[i])
