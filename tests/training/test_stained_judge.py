"""Judging predicted stains, of which some are not known."""

from typing import NamedTuple

import numpy as np
import pytest
import torch

from gvtstudio.training.stained_judge import StainedJudge


class Answer(NamedTuple):
    mean: torch.Tensor


class Network:
    """Says what it is told; planes become a batch where it is for images."""

    def __init__(self, answer: torch.Tensor, dims: int = 3) -> None:
        self._answer = answer
        self._dims = dims

    def __call__(self, image: torch.Tensor) -> Answer:
        return Answer(self.fitted(self._answer))

    def fitted(self, patches: torch.Tensor) -> torch.Tensor:
        if self._dims == 2 and patches.ndim == 5:
            return patches.transpose(1, 2).flatten(0, 1)
        return patches


def random(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dims", [2, 3])
def test_error_and_correlation_are_those_of_what_is_known(dims: int):
    image, target, answer = random(1, 1, 2, 8, 8), random(1, 3, 2, 8, 8), random(1, 3, 2, 8, 8)
    target[:, 1] = torch.nan
    numbers = StainedJudge([(image, target)]).numbers(Network(answer, dims))
    known = [0, 2]
    error = float(((answer - target)[:, known] ** 2).mean())
    assert numbers["validation_mse"] == pytest.approx(error, rel=1e-5)
    pairs = [(answer[0, n], target[0, n]) for n in known]
    if dims == 2:
        pairs = [(a[z], b[z]) for a, b in pairs for z in range(2)]
    r = np.mean([np.corrcoef(a.flatten(), b.flatten())[0, 1] for a, b in pairs])
    assert numbers["validation_pearson"] == pytest.approx(r, rel=1e-4)


def test_a_stain_that_is_the_same_everywhere_correlates_with_nothing():
    target = torch.zeros((1, 1, 2, 8, 8))
    numbers = StainedJudge([(target, target)]).numbers(Network(random(1, 1, 2, 8, 8)))
    assert np.isfinite(numbers["validation_mse"])
    assert np.isnan(numbers["validation_pearson"])


def test_with_nothing_kept_apart_there_is_nothing_to_say():
    judge = StainedJudge([])
    network = Network(random(1, 1, 2, 8, 8))
    assert judge.numbers(network) == {}
    assert judge.preview(network) == {}


def test_the_first_stain_that_is_known_is_shown():
    image, target, answer = random(1, 1, 4, 8, 8), random(1, 2, 4, 8, 8), random(1, 2, 4, 8, 8)
    target[:, 0] = torch.nan
    shown = StainedJudge([(image, target)]).preview(Network(answer))
    np.testing.assert_array_equal(shown["input"], image[0, 0])
    np.testing.assert_array_equal(shown["now"], answer[0, 1])
    np.testing.assert_array_equal(shown["target"], target[0, 1])


def test_of_windows_the_centre_of_the_middle_plane_is_shown():
    image, target = random(1, 5, 1, 16, 16), random(1, 1, 1, 8, 8)
    shown = StainedJudge([(image, target)]).preview(Network(target, dims=2))
    np.testing.assert_array_equal(shown["input"], image[0, 2, :, 4:12, 4:12])
    assert {each.shape for each in shown.values()} == {(1, 8, 8)}
