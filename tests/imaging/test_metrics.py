import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from gvtstudio.imaging.metrics import Comparison, measure_agreement, pearson, sampled_pearson


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


@pytest.fixture
def mask(truth: np.ndarray) -> np.ndarray:
    z, y, x = np.indices(truth.shape)
    return ((y - 20) ** 2 + (x - 25) ** 2 < 150) & (z > 0)


@pytest.mark.parametrize("normalisation", ["care", "none"])
def test_a_mask_leaves_only_its_voxels(truth, noisy, mask, normalisation):
    ours = Comparison(noisy, truth, normalisation, mask)
    only = Comparison(noisy[mask], truth[mask], normalisation)
    for name in ("psnr_db", "nrmse", "pearson_r", "r_squared"):
        assert getattr(ours, name) == pytest.approx(getattr(only, name))


def test_values_outside_a_mask_do_not_matter(truth, noisy, mask):
    changed = np.where(mask, noisy, 1e6)
    names = ("psnr_db", "nrmse", "pearson_r", "r_squared")
    before, after = (Comparison(image, truth, "care", mask) for image in (noisy, changed))
    assert [getattr(before, n) for n in names] == pytest.approx([getattr(after, n) for n in names])


def test_ssim_inside_a_mask_is_the_mean_of_its_map_there(truth, noisy, mask):
    compared = Comparison(noisy, truth, "none", mask)
    low, high = truth[mask].min(), truth[mask].max()
    a, b = ((v.astype(float) - low) / (high - low) for v in (noisy, truth))
    _, similar = structural_similarity(b, a, win_size=7, data_range=1.0, full=True)
    inner = mask.copy()
    for axis in range(3):
        np.moveaxis(inner, axis, 0)[:3] = False
        np.moveaxis(inner, axis, 0)[-3:] = False
    assert inner.any()
    assert compared.ssim == pytest.approx(similar[inner].mean())


def test_a_mask_of_everything_changes_nothing(truth, noisy):
    names = ("psnr_db", "ssim", "nrmse", "pearson_r", "ssim_3d")
    bare, masked = (
        Comparison(noisy, truth, "care", mask) for mask in (None, np.ones_like(truth, np.uint8))
    )
    assert [getattr(bare, n) for n in names] == pytest.approx([getattr(masked, n) for n in names])


def test_planes_are_measured_on_the_scale_of_their_volume(truth, noisy):
    truth[3] = 240  # a plane without structure has no scale of its own
    compared = Comparison(noisy, truth)
    planes = dict(compared.planes())
    assert list(planes) == list(range(9))
    errors = [plane.nrmse**2 for plane in planes.values()]
    assert np.sqrt(np.mean(errors)) == pytest.approx(compared.nrmse)
    assert planes[3].pearson_r == 0
    assert np.isnan(planes[3].r_squared)
    expected = structural_similarity(
        compared.scaled_truth[5], compared.scaled_image[5], win_size=7, data_range=1.0
    )
    assert planes[5].ssim == pytest.approx(expected)


def test_planes_outside_a_mask_are_left_out(truth, noisy, mask):
    mask[4:] = False
    numbers = [number for number, _ in Comparison(noisy, truth, "care", mask).planes()]
    assert numbers == [1, 2, 3]


def test_few_planes_inside_a_mask(truth, noisy, mask):
    compared = Comparison(noisy[:5], truth[:5], "none", mask[:5])
    a, b = compared.scaled_image, compared.scaled_truth
    maps = [
        structural_similarity(y, x, win_size=7, data_range=1.0, full=True)[1]
        for x, y in zip(a, b, strict=True)
    ]
    assert compared.ssim == pytest.approx(np.stack(maps)[mask[:5]].mean())


def ssim_by_hand(x: np.ndarray, y: np.ndarray) -> float:
    """Every window laid out: Gaussian of 7 with σ 1.5, zeros beyond the borders, one mean."""
    line = np.exp(-((np.arange(7) - 3) ** 2) / (2 * 1.5**2))
    window = np.ones(())
    for _ in range(x.ndim):
        window = np.multiply.outer(window, line)
    window /= window.sum()

    def mean(values: np.ndarray) -> np.ndarray:
        padded = np.pad(values, 3)
        views = np.lib.stride_tricks.sliding_window_view(padded, window.shape)
        return (views * window).sum(axis=tuple(range(x.ndim, 2 * x.ndim)))

    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    top = (2 * mx * my + 0.0001) * (2 * vxy + 0.0009)
    return float((top / ((mx**2 + my**2 + 0.0001) * (vx + vy + 0.0009))).mean())


@pytest.mark.parametrize("part", [(slice(None), slice(0, 16), slice(0, 18)), (4,)])
def test_ssim_3d_is_the_published_formula(truth, noisy, part):
    x, y = noisy[part], truth[part].astype(float)
    low, high = y.min(), y.max()
    expected = ssim_by_hand(np.clip((x - low) / (high - low), 0, 1), (y - low) / (high - low))
    assert Comparison(x, y, "none").ssim_3d == pytest.approx(expected)
    assert 0 < expected < 1


def test_ssim_3d_of_the_truth_is_one_and_gain_is_taken_out(truth, noisy):
    assert Comparison(truth, truth).ssim_3d == pytest.approx(1)
    plain, scaled = Comparison(noisy, truth), Comparison(5 * noisy + 70, truth)
    assert scaled.ssim_3d == pytest.approx(plain.ssim_3d)


def test_r_squared_is_the_share_of_the_variance_explained(truth, noisy):
    y, x = truth.astype(float), noisy
    expected = 1 - ((y - x) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert Comparison(noisy, truth).r_squared == pytest.approx(expected)
    assert Comparison(truth, truth).r_squared == 1
    assert Comparison(truth + 1000, truth).r_squared < 0


def test_whole_numbers_do_not_wrap_around():
    truth = np.arange(64, dtype=np.uint8).reshape(8, 8)
    image = truth[::-1].copy()
    ours, real = (Comparison(*(a.astype(t) for a in (image, truth))) for t in (np.uint8, float))
    for name in ("psnr_db", "pearson_r", "r_squared", "ssim_3d"):
        assert getattr(ours, name) == pytest.approx(getattr(real, name))


def test_sampled_pearson_follows_its_seed_and_nears_the_whole(truth, noisy):
    found = sampled_pearson(noisy, truth, voxels=5000, samplings=30, seed=3)
    assert found == sampled_pearson(noisy, truth, voxels=5000, samplings=30, seed=3)
    assert found != sampled_pearson(noisy, truth, voxels=5000, samplings=30, seed=4)
    assert found.mean == pytest.approx(pearson(noisy, truth), abs=4 * found.sd / np.sqrt(30))
    assert 0 < found.sd < 0.01


def test_sampled_pearson_takes_as_many_voxels_as_published(truth, noisy):
    chance = np.random.default_rng(0)
    chosen = chance.integers(truth.size, size=1_000_000)
    first = np.corrcoef(noisy.ravel()[chosen], truth.ravel()[chosen])[0, 1]
    found = sampled_pearson(noisy, truth, samplings=2)
    chosen = chance.integers(truth.size, size=1_000_000)
    second = np.corrcoef(noisy.ravel()[chosen], truth.ravel()[chosen])[0, 1]
    assert found == pytest.approx((np.mean([first, second]), np.std([first, second], ddof=1)))


def test_an_empty_mask_or_one_of_another_shape_is_refused(truth, noisy):
    with pytest.raises(ValueError, match="empty"):
        Comparison(noisy, truth, "care", np.zeros_like(truth))
    with pytest.raises(ValueError, match="differ"):
        Comparison(noisy, truth, "care", np.ones(truth.shape[1:]))


def test_a_truth_that_is_constant_inside_the_mask_has_no_scale(truth, noisy, mask):
    with pytest.raises(ValueError, match="constant"):
        Comparison(noisy, np.where(mask, 5, truth), "care", mask)


def test_a_part_is_measured_on_the_scale_of_the_whole():
    rng = np.random.default_rng(0)
    truth = rng.random((1, 32, 32))
    truth[:, :, 16:] += 5
    image = 3 * truth + 7
    image[:, :, 16:] += rng.normal(0, 0.6, (1, 32, 16))
    compared = Comparison(image, truth)
    bright = truth > 3
    inside, outside = compared.within(bright), compared.within(~bright)
    assert inside.psnr_db < compared.psnr_db < outside.psnr_db
    mean = (inside.nrmse**2 + outside.nrmse**2) / 2
    assert compared.nrmse**2 == pytest.approx(mean)
    assert compared.mask is None
