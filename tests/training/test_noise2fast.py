"""Noise2Fast: the examples a plane is split into, and what is learned from them."""

import numpy as np
import pytest
import torch

from gvtstudio.domain.errors import Cancelled
from gvtstudio.networks.noise2fast.net import build
from gvtstudio.training import noise2fast
from gvtstudio.training.noise2fast import (
    LearningSettings,
    chequerboard_pairs,
    denoise_plane,
    pieces_of,
)
from tests.engine.stacks_for_tests import blobs, noisy

CPU = torch.device("cpu")


def unwatched(_steps: int, _best: int) -> None:
    """Nobody watches."""


def settings(**changed) -> LearningSettings:
    return LearningSettings(**{"device": CPU, "precision": "float32", "most_steps": 3, **changed})


def plane(size: int = 32, seed: int = 0) -> np.ndarray:
    return noisy((1, size, size), "float32", seed)[0]


def test_pairs_are_the_fields_of_a_chequerboard():
    board = torch.arange(24.0).reshape(4, 6)
    rows, swapped_rows, columns, swapped_columns = chequerboard_pairs(board)
    first = [[0, 7, 2, 9, 4, 11], [12, 19, 14, 21, 16, 23]]
    second = [[6, 1, 8, 3, 10, 5], [18, 13, 20, 15, 22, 17]]
    assert [half.tolist() for half in rows] == [first, second]
    assert [half.tolist() for half in swapped_rows] == [second, first]
    left = [[0, 2, 4], [7, 9, 11], [12, 14, 16], [19, 21, 23]]
    right = [[1, 3, 5], [6, 8, 10], [13, 15, 17], [18, 20, 22]]
    assert [half.tolist() for half in columns] == [left, right]
    assert [half.tolist() for half in swapped_columns] == [right, left]


@pytest.mark.parametrize("size", [(5, 6), (4, 7), (5, 7)])
def test_odd_sizes_lose_the_last_row_or_column_in_learning_only(size):
    image = torch.rand(size)
    even = image[: size[0] // 2 * 2, : size[1] // 2 * 2]
    for pair, expected in zip(chequerboard_pairs(image), chequerboard_pairs(even), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(pair, expected, strict=True))
    odd = plane()[:31, :29]
    assert denoise_plane(odd, 0, settings(), unwatched).image.shape == (31, 29)


def test_pieces_change_nothing_but_the_order_of_sums(monkeypatch):
    image = torch.randn(1, 1, 50, 37)
    network = build(features=4)
    whole = network(image).mean
    cut = torch.zeros_like(whole)
    pieces = pieces_of(50, 37, edge=16)
    assert len(pieces) == 12
    for piece in pieces:
        cut[piece.place] = network(image[piece.seen]).mean[piece.kept]
    assert torch.allclose(cut, whole, atol=1e-6)
    at_once = denoise_plane(plane(), 0, settings(), unwatched).image
    monkeypatch.setattr(noise2fast, "PIECE", 12)
    in_pieces = denoise_plane(plane(), 0, settings(), unwatched).image
    assert np.abs(at_once - in_pieces).max() < 1e-3 * np.ptp(at_once)


def test_the_error_to_the_truth_falls_by_half():
    truth = 20 + 5 * blobs((1, 48, 48))[0]
    image = noisy((1, 48, 48), "float32")[0]
    learned = denoise_plane(image, 0, settings(most_steps=150), unwatched)
    before, after = (np.mean((each - truth) ** 2) for each in (image, learned.image))
    assert after < before / 2


def test_learning_ends_where_nothing_gets_better_and_the_last_predictions_count(monkeypatch):
    monkeypatch.setattr(noise2fast, "PATIENCE", 4)
    monkeypatch.setattr(noise2fast, "RECENT", 2)
    # far from the noisy plane, nearer, nearest at the third, then never again
    values = iter([3.0, 2.0, 1.0, 5.0, 6.0, 7.0, 8.0])
    told = []
    with monkeypatch.context() as patch:
        patch.setattr(noise2fast, "FLAT", 0.0)
        patch.setattr(
            noise2fast._Lesson,
            "_predicted",
            lambda lesson: lesson._noisy + next(values),
        )
        image = plane(16)
        learned = denoise_plane(image, 0, settings(most_steps=99), lambda *s: told.append(s))
    assert learned.steps == 7
    assert told[-1] == (6, 3)
    shift = np.mean([2.0, 1.0, 5.0, 6.0, 7.0, 8.0]) * image.std()
    assert np.allclose(learned.image, image + shift, rtol=1e-5)


def test_a_network_that_died_learns_once_more_and_slowly(monkeypatch):
    rates = []
    real = torch.optim.Adam

    def adam(weights, lr):
        rates.append(lr)
        return real(weights, lr=lr)

    monkeypatch.setattr(torch.optim, "Adam", adam)
    monkeypatch.setattr(
        noise2fast._Lesson, "_predicted", lambda lesson: torch.zeros_like(lesson._noisy)
    )
    learned = denoise_plane(plane(16), 0, settings(), unwatched)
    assert rates == [1e-3, 5e-6]
    assert learned.steps == 6


def test_the_same_seed_gives_the_same_bits_and_each_plane_its_own():
    torch.manual_seed(7)
    first = denoise_plane(plane(), 0, settings(), unwatched).image
    torch.manual_seed(8)
    assert np.array_equal(denoise_plane(plane(), 0, settings(), unwatched).image, first)
    assert not np.array_equal(denoise_plane(plane(), 1, settings(), unwatched).image, first)
    other = denoise_plane(plane(), 0, settings(seed=1), unwatched).image
    assert not np.array_equal(other, first)


def test_weights_can_be_gone_on_with():
    first = denoise_plane(plane(), 0, settings(), unwatched)
    again = denoise_plane(plane(), 1, settings(), unwatched, first.weights)
    assert not np.array_equal(again.image, denoise_plane(plane(), 1, settings(), unwatched).image)
    assert set(again.weights) == set(build().state_dict())


def test_it_can_be_stopped_within_a_step():
    def stop(steps: int, _best: int) -> None:
        assert steps == 0
        raise Cancelled

    with pytest.raises(Cancelled):
        denoise_plane(plane(), 0, settings(), stop)
