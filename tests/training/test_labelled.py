"""Patches of labelled volumes, and how networks of classes are judged."""

import math

import numpy as np
import pytest
import torch

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.overlap import dice_per_class
from gvtstudio.networks.layers.outputs import ClassScores
from gvtstudio.training.labelled import LabelledPatches, LabelledVolume, class_numbers
from gvtstudio.training.labels_judge import LabelsJudge, validation_crops

LABELS = (0, 7, 30)
PATCH = (4, 8, 8)


def volume(seed: int, shape=(8, 24, 30)) -> LabelledVolume:
    """Two channels whose intensities tell the class: 10 times it, and 100 times its label."""
    labels = np.array(LABELS, np.uint8)[np.random.default_rng(seed).integers(0, 3, shape)]
    channels = (10.0 * class_numbers(labels, LABELS), 100.0 * labels)
    scales = (PercentileNormalization(0, 10), PercentileNormalization(0, 100))
    return LabelledVolume(channels, scales, labels)


def drawn(patches: LabelledPatches, number: int) -> tuple[torch.Tensor, torch.Tensor]:
    return patches.draw(number, torch.Generator().manual_seed(number))


@pytest.mark.parametrize("shape", [(8, 24, 30), (2, 5, 9)])
def test_channels_and_classes_of_a_patch_show_the_same_voxels(shape):
    patches = LabelledPatches([volume(1, shape), volume(2)], LABELS, PATCH, seed=0)
    for number in range(12):
        image, classes = drawn(patches, number)
        assert image.shape == (2, *PATCH)
        assert classes.shape == (1, *PATCH)
        torch.testing.assert_close(image[0], classes[0].float())
        torch.testing.assert_close(image[1], torch.tensor(LABELS)[classes[0]].float())


def test_a_patch_follows_from_its_number_and_the_generator():
    first, second = (LabelledPatches([volume(1)], LABELS, PATCH, seed=3) for _ in range(2))
    for number in (5, 0, 3):
        drawn(first, number + 1)  # what was drawn before does not matter
        for a, b in zip(drawn(first, number), drawn(second, number), strict=True):
            assert torch.equal(a, b)


def test_every_other_patch_holds_a_rare_class_as_often_as_a_common_one():
    labels = np.zeros((8, 64, 64), np.uint8)
    labels[2:6, 8:24, 8:24] = 7
    labels[7, 63, 63] = 30  # a single voxel, in a corner
    flat = LabelledVolume((labels * 1.0,), (PercentileNormalization(0, 1),), labels)
    empty = volume(1)
    empty = LabelledVolume(empty.channels[:1], empty.scales[:1], np.zeros_like(empty.labels))
    patches = LabelledPatches([empty, flat], LABELS, PATCH, seed=0)
    found = [set(drawn(patches, number)[1].unique().tolist()) for number in range(1, 241, 2)]
    assert 25 < sum(2 in classes for classes in found) < 55  # a third of 120
    assert sum(1 in classes for classes in found) > 25


def test_a_class_that_no_volume_has_is_not_looked_for():
    patches = LabelledPatches([volume(1)], (0, 7, 8, 30), PATCH, seed=0)
    seen = {c for n in range(1, 30, 2) for c in drawn(patches, n)[1].unique().tolist()}
    assert seen == {0, 1, 3}


class Told:
    """Answers what it was told, like a network."""

    def __init__(self, classes: np.ndarray, count: int = 3) -> None:
        hot = torch.nn.functional.one_hot(torch.from_numpy(classes), count)
        self._scores = hot.movedim(-1, 1).float()

    def __call__(self, image: torch.Tensor) -> ClassScores:
        return ClassScores(self._scores)

    def fitted(self, patches: torch.Tensor) -> torch.Tensor:
        return patches


def judged(found: np.ndarray, truth: np.ndarray, labels=LABELS) -> dict[str, float]:
    target = torch.from_numpy(truth)[None]
    judge = LabelsJudge([(torch.zeros(target.shape), target)], labels)
    return judge.numbers(Told(found, len(labels)))


def test_the_score_is_what_the_mean_dice_lacks_of_one():
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 3, (2, 1, 4, 6, 6))
    numbers = judged(found, truth)
    expected = np.mean(list(dice_per_class(found, truth).values()))
    assert numbers["validation_dice"] == pytest.approx(expected)
    assert numbers["validation_dice_missing"] == pytest.approx(1 - expected)
    assert judged(truth, truth)["validation_dice_missing"] == 0


def test_without_a_background_every_class_counts():
    truth = np.array([0, 0, 1, 1]).reshape(1, 1, 1, 4)
    found = np.array([0, 1, 1, 1]).reshape(1, 1, 1, 4)
    assert judged(found, truth, (3, 4))["validation_dice"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert judged(found, truth, (0, 4))["validation_dice"] == pytest.approx(4 / 5)


def test_background_alone_is_right_and_a_class_nobody_has_is_not_counted():
    nothing = np.zeros((1, 1, 2, 2), int)
    assert judged(nothing, nothing)["validation_dice"] == 1
    assert judged(nothing + 2, nothing)["validation_dice"] == 0


def test_scores_that_are_no_numbers_are_no_result():
    judge = LabelsJudge([(torch.zeros(1, 1, 2, 2, 2), torch.zeros(1, 1, 2, 2, 2).long())], LABELS)
    told = Told(np.zeros((1, 2, 2, 2), int))
    told._scores[0, 1, 0, 0, 0] = math.nan
    assert all(map(math.isnan, judge.numbers(told).values()))


def test_with_nothing_apart_there_is_no_number():
    judge = LabelsJudge([], LABELS)
    assert judge.numbers(Told(np.zeros((1, 2, 2, 2), int))) == {}
    assert judge.preview(Told(np.zeros((1, 2, 2, 2), int))) == {}


def test_a_preview_shows_the_first_channel_and_both_labellings():
    ((image, target),) = validation_crops([volume(1)], LABELS)
    assert image.shape == (1, 2, 8, 24, 30)
    found = (target[:, 0].numpy() + 1) % 3
    shown = LabelsJudge([(image, target)], LABELS).preview(Told(found))
    np.testing.assert_array_equal(shown["input"], image[0, 0].numpy())
    np.testing.assert_array_equal(shown["now"], found[0])
    np.testing.assert_array_equal(shown["target"], target[0, 0].numpy())


def test_large_volumes_are_judged_by_their_middle():
    wide = volume(1, (4, 40, 300))
    ((image, target),) = validation_crops([wide], LABELS)
    assert image.shape == (1, 2, 4, 40, 128)
    expected = class_numbers(wide.labels[:, :, 86:214], LABELS)
    np.testing.assert_array_equal(target[0, 0].numpy(), expected)
    torch.testing.assert_close(image[0, 0], target[0, 0].float())
