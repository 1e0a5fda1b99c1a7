import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from gvtstudio.imaging.metrics import measure_agreement, pearson


@pytest.fixture
def truth() -> np.ndarray:
    z, y, x = np.mgrid[:9, :40, :50]
    return (200 + 100 * np.sin(z / 3) * np.cos(y / 7) + x).astype(np.float32)


@pytest.fixture
def noisy(truth: np.ndarray) -> np.ndarray:
    return truth + np.random.default_rng(0).normal(0, 20, truth.shape)


def test_care_normalisation_follows_its_published_recipe(truth: np.ndarray, noisy: np.ndarray):
    low, high = np.percentile(truth, (0.1, 99.9))
    target = (truth.astype(float) - low) / (high - low)
    target -= target.mean()
    image = noisy.astype(float) - noisy.mean()
    slope, intercept = np.polyfit(image.ravel(), target.ravel(), 1)
    image = slope * image + intercept

    agreement = measure_agreement(noisy, truth, "care")

    assert agreement.psnr_db == pytest.approx(
        peak_signal_noise_ratio(target, image, data_range=1.0), abs=1e-6
    )
    assert agreement.ssim == pytest.approx(
        structural_similarity(target, image, win_size=7, data_range=1.0), abs=1e-9
    )
    assert agreement.nrmse == pytest.approx(np.sqrt(np.mean((image - target) ** 2)))


def test_care_normalisation_ignores_gain_and_offset(truth: np.ndarray, noisy: np.ndarray):
    plain = measure_agreement(noisy, truth)
    scaled = measure_agreement(3 * noisy - 1000, truth)
    assert scaled.psnr_db == pytest.approx(plain.psnr_db)
    assert scaled.ssim == pytest.approx(plain.ssim)


def test_without_normalisation_an_offset_counts(truth: np.ndarray):
    assert measure_agreement(truth + 5, truth, "none").nrmse == pytest.approx(
        5 / (truth.max() - truth.min()), rel=1e-4
    )


def test_less_noise_scores_better_in_every_measure(truth: np.ndarray, noisy: np.ndarray):
    better = measure_agreement((truth + noisy) / 2, truth)
    worse = measure_agreement(noisy, truth)
    assert better.psnr_db > worse.psnr_db
    assert better.ssim > worse.ssim
    assert better.nrmse < worse.nrmse
    assert better.pearson_r > worse.pearson_r


def test_the_truth_itself_is_perfect(truth: np.ndarray):
    agreement = measure_agreement(truth, truth)
    assert agreement.ssim == pytest.approx(1)
    assert agreement.psnr_db > 200


@pytest.mark.parametrize("planes", [1, 5])
def test_few_planes_are_compared_plane_by_plane(truth: np.ndarray, noisy: np.ndarray, planes: int):
    assert 0 < measure_agreement(noisy[:planes], truth[:planes]).ssim < 1


def test_different_shapes_are_no_question_of_agreement(truth: np.ndarray):
    with pytest.raises(ValueError, match="differ"):
        measure_agreement(truth[1:], truth)


def test_a_constant_truth_has_no_scale(truth: np.ndarray):
    with pytest.raises(ValueError, match="constant"):
        measure_agreement(truth, np.ones_like(truth))


def test_pearson_equals_numpy(truth: np.ndarray, noisy: np.ndarray):
    expected = np.corrcoef(noisy.ravel(), truth.ravel())[0, 1]
    assert pearson(noisy, truth) == pytest.approx(expected)
    assert pearson(np.ones_like(truth), truth) == 0
