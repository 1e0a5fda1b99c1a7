import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from gvtstudio.domain.specs import load_callable
from gvtstudio.networks.layers.outputs import BrightnessOdds, ClassScores, Restored
from gvtstudio.training.losses import LOSSES
from gvtstudio.training.losses.cross_entropy import cross_entropy_loss
from gvtstudio.training.losses.dice import cross_entropy_and_dice_loss, dice_loss
from gvtstudio.training.losses.laplace import laplace_loss
from gvtstudio.training.losses.masked import masked_cross_entropy, masked_squared_error
from gvtstudio.training.losses.squared_error import mean_squared_error
from gvtstudio.training.losses.ssim import ssim_and_l2_loss, ssim_loss

LOSSES_OF_CLASSES = ("cross_entropy", "dice", "cross_entropy_dice")
LOSSES_OF_BRIGHTNESS = ("masked_cross_entropy",)
every = pytest.mark.parametrize(
    "name", [name for name in LOSSES if name not in (*LOSSES_OF_CLASSES, *LOSSES_OF_BRIGHTNESS)]
)
every_of_classes = pytest.mark.parametrize("name", LOSSES_OF_CLASSES)


def output(offset: float, scale: float = 0.5) -> Restored:
    mean = torch.full((2, 1, 4, 4, 4), offset, requires_grad=True)
    return Restored(mean, torch.full((2, 1, 4, 4, 4), scale))


@every
def test_loss_is_smallest_at_the_target_and_differentiable(name: str):
    loss = load_callable(LOSSES[name])
    target = torch.zeros((2, 1, 4, 4, 4))
    near, far = loss(output(0.1), target), loss(output(1.0), target)
    assert torch.isfinite(near)
    assert loss(output(0.0), target) < near < far
    guess = output(1.0)
    loss(guess, target).backward()
    assert (guess.mean.grad > 0).all()


def test_laplace_is_the_published_formula():
    result = laplace_loss(output(0.3, scale=0.2), torch.zeros((2, 1, 4, 4, 4)))
    assert float(result.detach()) == pytest.approx(0.3 / 0.2 + math.log(0.2))


def test_laplace_is_smallest_where_the_scale_is_the_error():
    target = torch.zeros((2, 1, 4, 4, 4))
    losses = {
        scale: float(laplace_loss(output(0.3, scale), target).detach()) for scale in (0.2, 0.3, 0.4)
    }
    assert min(losses, key=losses.get) == 0.3


def test_laplace_needs_the_scale_head():
    with pytest.raises(ValueError, match="scale head"):
        laplace_loss(Restored(torch.zeros(1), None), torch.zeros(1))


def images(seed: int, shape=(2, 1, 3, 24, 20)) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def test_mse_is_the_mean_square():
    a, b = images(1), images(2)
    assert float(mean_squared_error(Restored(a), b)) == pytest.approx(float(((a - b) ** 2).mean()))


def likeness_by_scipy(a: np.ndarray, b: np.ndarray) -> float:
    """Mean SSIM of two images, with a Gaussian of seven pixels and zero outside."""

    def blurred(image: np.ndarray) -> np.ndarray:
        return ndimage.gaussian_filter(image, 1.5, mode="constant", radius=3)

    mean_a, mean_b = blurred(a), blurred(b)
    spread_a, spread_b = blurred(a * a) - mean_a**2, blurred(b * b) - mean_b**2
    common = blurred(a * b) - mean_a * mean_b
    brightness = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
    return float((brightness * (2 * common + 9e-4) / (spread_a + spread_b + 9e-4)).mean())


@pytest.mark.parametrize("shape", [(1, 1, 30, 28), (2, 1, 3, 24, 20), (1, 2, 3, 24, 20)])
def test_ssim_is_the_mean_of_every_plane(shape: tuple[int, ...]):
    a = images(1, shape)
    b = (a + 0.2 * images(2, shape)).clamp(0, 1)
    planes = (t.double().numpy().reshape(-1, *shape[-2:]) for t in (a, b))
    expected = np.mean([likeness_by_scipy(x, y) for x, y in zip(*planes, strict=True)])
    assert float(ssim_loss(Restored(a), b)) == pytest.approx(1 - expected, abs=1e-6)


def test_ssim_of_an_image_with_itself_costs_nothing():
    assert float(ssim_loss(Restored(images(1)), images(1))) == pytest.approx(0, abs=1e-6)


def test_ssim_and_l2_is_the_published_sum():
    a, b = images(1), images(2)
    length = float(torch.sqrt(((a - b) ** 2).sum()))
    expected = float(ssim_loss(Restored(a), b)) + 0.1 * length / 6 / (24 * 20 / 4096)
    assert float(ssim_and_l2_loss(Restored(a), b)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["mse", "ssim", "ssim_l2"])
def test_what_is_no_number_costs_what_is_no_number(name: str):
    broken = images(1)
    broken[0, 0, 0, 5, 5] = math.nan
    assert not torch.isfinite(load_callable(LOSSES[name])(Restored(broken), images(2)))


def scored(seed: int = 1, classes: int = 3) -> tuple[ClassScores, torch.Tensor]:
    """Scores of two volumes, and a class for every voxel."""
    generator = torch.Generator().manual_seed(seed)
    scores = 2 * torch.randn((2, classes, 3, 4, 5), generator=generator)
    target = torch.randint(classes, (2, 1, 3, 4, 5), generator=generator)
    return ClassScores(scores.requires_grad_()), target


def odds_of(output: ClassScores) -> np.ndarray:
    """Softmax with NumPy, (B, classes, *size)."""
    exponents = np.exp(output.scores.detach().double().numpy())
    return exponents / exponents.sum(1, keepdims=True)


@every_of_classes
def test_loss_of_classes_falls_towards_the_truth(name: str):
    loss = load_callable(LOSSES[name])
    output, target = scored()
    right = torch.nn.functional.one_hot(target[:, 0], 3).movedim(-1, 1).float()
    sure, less = (float(loss(ClassScores(factor * right), target)) for factor in (30, 2))
    start = loss(output, target)
    assert sure < less < float(start.detach())
    assert sure == pytest.approx(0, abs=1e-4)
    start.backward()
    # descending raises the score of the class that is right, everywhere
    assert (output.scores.grad[right.bool()] < 0).all()


def test_cross_entropy_is_the_mean_surprise():
    output, target = scored()
    odds = np.take_along_axis(odds_of(output), target.numpy(), axis=1)
    result = float(cross_entropy_loss(output, target).detach())
    assert result == pytest.approx(-np.log(odds).mean(), rel=1e-5)


def test_dice_is_the_published_formula_over_the_whole_batch():
    output, target = scored()
    odds, truth = odds_of(output), target.numpy()[:, 0]
    overlaps = [
        (2 * odds[:, c][truth == c].sum() + 1) / (odds[:, c].sum() + (truth == c).sum() + 1)
        for c in range(3)
    ]
    assert float(dice_loss(output, target).detach()) == pytest.approx(1 - np.mean(overlaps))


def test_a_class_that_is_not_there_and_not_seen_costs_nothing():
    target = torch.zeros((1, 1, 4, 4, 4), dtype=torch.long)
    scores = torch.tensor([40.0, 0.0, 0.0])[None, :, None, None, None].expand(1, 3, 4, 4, 4)
    assert float(dice_loss(ClassScores(scores), target)) == pytest.approx(0, abs=1e-6)


def test_cross_entropy_and_dice_are_added():
    output, target = scored()
    parts = cross_entropy_loss(output, target) + dice_loss(output, target)
    assert torch.equal(cross_entropy_and_dice_loss(output, target), parts)


@every_of_classes
def test_scores_that_are_no_numbers_cost_what_is_no_number(name: str):
    output, target = scored()
    broken = output.scores.detach().clone()
    broken[0, 0, 1, 1, 1] = math.nan
    assert not torch.isfinite(load_callable(LOSSES[name])(ClassScores(broken), target))


@every_of_classes
def test_losses_of_classes_take_images_too(name: str):
    output, target = scored()
    planes = ClassScores(output.scores[:, :, 0]), target[:, :, 0]
    volumes = ClassScores(output.scores[:, :, :1]), target[:, :, :1]
    loss = load_callable(LOSSES[name])
    torch.testing.assert_close(loss(*planes), loss(*volumes))


def test_what_is_not_known_does_not_count_and_teaches_nothing():
    a, b = images(1), images(2)
    b[0, 0, 1] = math.nan
    known = torch.isfinite(b)
    guess = a.clone().requires_grad_()
    loss = masked_squared_error(Restored(guess), b)
    expected = float(((a - b)[known] ** 2).mean())
    assert float(loss.detach()) == pytest.approx(expected)
    loss.backward()
    assert (guess.grad[~known] == 0).all()
    assert (guess.grad[known] != 0).any()


@pytest.mark.parametrize("size", [(4, 5), (3, 4, 5)])
def test_cross_entropy_of_brightness_is_the_mean_surprise_of_what_is_known(size: tuple[int, ...]):
    generator = torch.Generator().manual_seed(1)
    scores = torch.randn((2, 3, 6, *size), generator=generator)
    target = torch.rand((2, 3, *size), generator=generator) * 1.4 - 0.2
    target[1, 2] = math.nan
    odds = np.exp(scores.double().numpy())
    odds /= odds.sum(2, keepdims=True)
    classes = np.rint(np.clip(np.nan_to_num(target.numpy()), 0, 1) * 5).astype(int)
    surprise = -np.log(np.take_along_axis(odds, classes[:, :, None], axis=2))[:, :, 0]
    expected = surprise[np.isfinite(target.numpy())].mean() / math.log(6)
    result = masked_cross_entropy(BrightnessOdds(scores), target)
    assert float(result) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["masked_mse", "masked_cross_entropy"])
def test_nothing_known_costs_nothing(name: str):
    target = torch.full((1, 2, 4, 4), math.nan)
    scores = torch.zeros((1, 2, 5, 4, 4), requires_grad=True)
    loss = load_callable(LOSSES[name])(BrightnessOdds(scores), target)
    loss.backward()
    assert float(loss.detach()) == 0
    assert (scores.grad == 0).all()


@pytest.mark.parametrize("name", ["masked_mse", "masked_cross_entropy"])
def test_answers_that_are_no_numbers_cost_what_is_no_number_though_some_are_masked(name: str):
    scores = torch.zeros((1, 2, 5, 4, 4))
    scores[0, 0, 1, 2, 2] = math.nan
    target = torch.zeros((1, 2, 4, 4))
    target[0, 1] = math.nan
    assert not torch.isfinite(load_callable(LOSSES[name])(BrightnessOdds(scores), target))
