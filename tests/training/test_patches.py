import numpy as np
import pytest
import torch

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.training.batches import AheadOfTime, PatchBatches
from gvtstudio.training.covering_walk import CoveringWalk
from gvtstudio.training.exposures import ExposedStacks, ExposureRange
from gvtstudio.training.patches import NormalisedPair, StackPairs, choose_corner, cut_patch

UNIT = PercentileNormalization(0.0, 1.0)


def ramp(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def source_of(*images: np.ndarray, patch=(4, 8, 8), seed: int = 0) -> StackPairs:
    return StackPairs([NormalisedPair(i, i + 0.5, UNIT, UNIT) for i in images], patch, seed)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_place_is_reached_also_the_last_one():
    volume = ramp(5, 9, 9)
    corners = {choose_corner(volume, (4, 8, 8), generator(seed)) for seed in range(200)}
    assert corners == {(z, y, x) for z in (0, 1) for y in (0, 1) for x in (0, 1)}


def test_a_volume_as_large_as_the_patch_is_taken_whole():
    volume = ramp(4, 8, 8)
    corner = choose_corner(volume, (4, 8, 8), generator(0))
    assert np.array_equal(cut_patch(volume, corner, (4, 8, 8)), volume)


def test_a_smaller_volume_continues_mirrored():
    volume = ramp(2, 8, 8)
    patch = cut_patch(volume, (0, 0, 0), (6, 8, 8))
    assert patch.shape == (6, 8, 8)
    assert [int(i) for i in patch[:, 0, 0] // 64] == [0, 1, 1, 0, 0, 1]


SIZES = [(5, 20, 33), (2, 8, 50), (4, 8, 8), (9, 64, 17)]


@pytest.mark.parametrize("seed", range(3))
def test_a_round_covers_every_voxel_of_every_volume(seed: int):
    patch = (4, 8, 8)
    walk = CoveringWalk(SIZES, patch, seed)
    for which in range(3):
        seen = [np.zeros(size, int) for size in SIZES]
        for number in range(which * len(walk), (which + 1) * len(walk)):
            volume, corner = walk.place(number)
            stops = [c + p for c, p in zip(corner, patch, strict=True)]
            assert min(corner) >= 0
            assert all(s <= max(n, p) for s, n, p in zip(stops, SIZES[volume], patch, strict=True))
            box = tuple(slice(c, s) for c, s in zip(corner, stops, strict=True))
            seen[volume][box] += 1
        assert all(count.min() >= 1 for count in seen)


def test_places_do_not_depend_on_the_order_in_which_they_are_asked_for():
    numbers = list(range(60))
    forth = {n: CoveringWalk(SIZES, (4, 8, 8), 1).place(n) for n in numbers}
    walk = CoveringWalk(SIZES, (4, 8, 8), 1)
    assert {n: walk.place(n) for n in reversed(numbers)} == forth


def test_rounds_and_seeds_differ():
    walk, other = (CoveringWalk([(4, 64, 64)], (4, 8, 8), seed) for seed in (1, 2))
    first, second, third = (
        [w.place(begin + n) for n in range(len(w))]
        for w, begin in ((walk, 0), (walk, len(walk)), (other, 0))
    )
    assert first != second
    assert first != third


def test_half_of_the_patches_cover_all_and_the_others_look_for_signal():
    image = np.zeros((4, 64, 64), np.float32)
    image[:, 24:32, 24:32] = np.random.default_rng(0).random((4, 8, 8))
    source = StackPairs([NormalisedPair(image, image, UNIT, UNIT)], (4, 16, 16), 0)
    count = 400
    shows = [
        [float(source.draw(2 * n + odd, generator(n))[1].max()) > 0 for n in range(count)]
        for odd in (0, 1)
    ]
    covering, looking = (sum(each) / count for each in shows)
    assert 0.05 < covering < 0.15
    assert looking > 3 * covering


def test_input_and_target_come_from_the_same_place():
    source = source_of(ramp(8, 20, 20))
    for number in range(6):
        patch = source.draw(number, generator(number))
        torch.testing.assert_close(patch[1] - patch[0], torch.full((1, 4, 8, 8), 0.5))


def test_a_batch_follows_from_seed_and_step_alone():
    image = ramp(8, 20, 20)

    def batch(seed: int, step: int) -> torch.Tensor:
        source = source_of(image, image, image, seed=seed)
        return PatchBatches(source.draw, 3, seed, "flips-and-turns")(step)[0]

    assert batch(1, 7).shape == (3, 1, 4, 8, 8)
    assert torch.equal(batch(1, 7), batch(1, 7))
    assert not torch.equal(batch(1, 7), batch(2, 7))
    assert not torch.equal(batch(1, 7), batch(1, 8))


def test_without_augmentation_patches_stay_as_they_are():
    source = source_of(ramp(4, 8, 8))
    image, _ = PatchBatches(source.draw, 2, 0, "none")(0)
    assert all(torch.equal(each[0], torch.from_numpy(ramp(4, 8, 8))) for each in image)


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_batches_drawn_ahead_are_the_same_also_after_a_step_back(workers: int):
    image = ramp(8, 20, 20)
    draw = PatchBatches(source_of(image).draw, 2, 3, "flips-and-turns")
    with AheadOfTime(draw, workers, stop=12) as ahead:
        for step in (0, 1, 2, 3, 1, 2, 3, 4, 5, 11):
            assert torch.equal(ahead.batch(step)[0], draw(step)[0])


def test_nothing_is_drawn_beyond_the_last_step():
    asked = []

    def draw(step: int):
        asked.append(step)
        return torch.zeros(1), torch.zeros(1)

    with AheadOfTime(draw, 3, stop=4) as ahead:
        for step in range(4):
            ahead.batch(step)
    assert sorted(asked) == [0, 1, 2, 3]


def test_what_goes_wrong_in_a_worker_is_raised_where_the_batch_is_asked_for():
    def draw(step: int):
        raise OSError("the disk is gone")

    with AheadOfTime(draw, 1, stop=4) as ahead, pytest.raises(OSError, match="disk is gone"):
        ahead.batch(0)


RANGES = ExposureRange((50.0, 50.0), (0.1, 0.1), (1.5, 1.5), (2.0, 99.8))


def test_exposures_are_noisy_around_their_truth():
    truth = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (16, 32, 1))
    source = ExposedStacks([truth], RANGES)
    errors = []
    for seed in range(20):
        image, target = source.draw((16, 32, 32), generator(seed))
        assert image.shape == target.shape == (1, 16, 32, 32)
        errors.append(float((image - target).mean()))
    assert abs(np.mean(errors)) < 0.005
    assert float((image - target).std()) > 0.02


def test_some_exposures_show_a_thin_stack_mirrored():
    truth = np.random.default_rng(0).random((16, 32, 32)).astype(np.float32)
    source = ExposedStacks([truth], RANGES)
    mirrored = 0
    for seed in range(60):
        image, _ = source.draw((8, 16, 16), generator(seed))
        assert image.shape == (1, 8, 16, 16)
        mirrored += any(torch.equal(image[:, 0], image[:, i]) for i in range(1, 8))
    assert 5 <= mirrored <= 45


def test_some_truths_get_grain():
    source = ExposedStacks([np.ones((16, 32, 32), np.float32)], RANGES)
    spreads = [float(source.draw((8, 16, 16), generator(seed))[1].std()) for seed in range(60)]
    assert 2 <= sum(spread > 1e-4 for spread in spreads) <= 25
