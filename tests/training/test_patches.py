import numpy as np
import torch

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.training.exposures import ExposedStacks, ExposureRange
from gvtstudio.training.patches import (
    NormalisedPair,
    StackPairs,
    choose_corner,
    cut_patch,
    draw_batch,
)

UNIT = PercentileNormalization(0.0, 1.0)


def ramp(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def test_every_place_is_reached_also_the_last_one():
    volume = ramp(5, 9, 9)
    corners = {
        choose_corner(volume, (4, 8, 8), torch.Generator().manual_seed(seed)) for seed in range(200)
    }
    assert corners == {(z, y, x) for z in (0, 1) for y in (0, 1) for x in (0, 1)}


def test_a_volume_as_large_as_the_patch_is_taken_whole():
    volume = ramp(4, 8, 8)
    corner = choose_corner(volume, (4, 8, 8), torch.Generator().manual_seed(0))
    assert np.array_equal(cut_patch(volume, corner, (4, 8, 8)), volume)


def test_a_smaller_volume_continues_mirrored():
    volume = ramp(2, 8, 8)
    patch = cut_patch(volume, (0, 0, 0), (6, 8, 8))
    assert patch.shape == (6, 8, 8)
    assert [int(i) for i in patch[:, 0, 0] // 64] == [0, 1, 1, 0, 0, 1]


def test_input_and_target_come_from_the_same_place():
    image = ramp(8, 20, 20)
    source = StackPairs([NormalisedPair(image, image + 0.5, UNIT, UNIT)])
    for seed in range(5):
        patch = source.draw((4, 8, 8), torch.Generator().manual_seed(seed))
        torch.testing.assert_close(patch[1] - patch[0], torch.full((1, 4, 8, 8), 0.5))


def test_a_batch_follows_from_its_generator_alone():
    image = ramp(8, 20, 20)
    source = StackPairs([NormalisedPair(image, image, UNIT, UNIT)] * 3)
    first, again, other = (
        draw_batch(source, 3, (4, 8, 8), torch.Generator().manual_seed(seed))[0]
        for seed in (1, 1, 2)
    )
    assert first.shape == (3, 1, 4, 8, 8)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_exposures_are_noisy_around_their_truth():
    truth = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (16, 32, 1))
    ranges = ExposureRange((50.0, 50.0), (0.1, 0.1), (1.5, 1.5), (2.0, 99.8))
    source = ExposedStacks([truth], ranges)
    errors = []
    for seed in range(20):
        image, target = source.draw((16, 32, 32), torch.Generator().manual_seed(seed))
        assert image.shape == target.shape == (1, 16, 32, 32)
        errors.append(float((image - target).mean()))
    assert abs(np.mean(errors)) < 0.005
    assert float((image - target).std()) > 0.02


def test_some_exposures_show_a_thin_stack_mirrored():
    truth = np.random.default_rng(0).random((16, 32, 32)).astype(np.float32)
    ranges = ExposureRange((50.0, 50.0), (0.1, 0.1), (1.5, 1.5), (2.0, 99.8))
    source = ExposedStacks([truth], ranges)
    mirrored = 0
    for seed in range(60):
        image, _ = source.draw((8, 16, 16), torch.Generator().manual_seed(seed))
        assert image.shape == (1, 8, 16, 16)
        mirrored += any(torch.equal(image[:, 0], image[:, i]) for i in range(1, 8))
    assert 5 <= mirrored <= 45


def test_some_truths_get_grain():
    ranges = ExposureRange((50.0, 50.0), (0.1, 0.1), (1.5, 1.5), (2.0, 99.8))
    source = ExposedStacks([np.ones((16, 32, 32), np.float32)], ranges)
    spreads = [
        float(source.draw((8, 16, 16), torch.Generator().manual_seed(seed))[1].std())
        for seed in range(60)
    ]
    assert 2 <= sum(spread > 1e-4 for spread in spreads) <= 25
