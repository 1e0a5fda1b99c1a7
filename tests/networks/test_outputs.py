"""What a pixel is taken for when the odds of every brightness are known."""

import numpy as np
import torch

from gvtstudio.networks.layers.outputs import BrightnessOdds


def odds_of(*distributions: list[float]) -> BrightnessOdds:
    """One image, one row of pixels with these distributions, two targets of which one is even."""
    each = torch.log(torch.tensor(distributions).T + 1e-30)[:, None]
    return BrightnessOdds(torch.stack([each, torch.zeros_like(each)])[None])


SHARP = [0.0, 0.0, 1.0, 0.0, 0.0]
SKEWED = [0.4, 0.05, 0.05, 0.2, 0.3]


def of_first(values: torch.Tensor) -> list[float]:
    return values[0, 0, 0].tolist()


def test_where_one_class_has_all_odds_every_statistic_is_its_brightness():
    odds = odds_of(SHARP)
    for name in ("mean", "median", "mode"):
        np.testing.assert_allclose(of_first(getattr(odds, name)), [0.5], atol=1e-6)
    np.testing.assert_allclose(of_first(odds.entropy), [0], atol=1e-6)


def test_mean_median_and_mode_of_a_skewed_distribution():
    odds = odds_of(SHARP, SKEWED)
    np.testing.assert_allclose(of_first(odds.mean)[1], np.dot(SKEWED, np.linspace(0, 1, 5)), 1e-5)
    assert of_first(odds.median)[1] == 0.5  # 0.4 and 0.45 lie below one half
    assert of_first(odds.mode)[1] == 0
    expected = -np.dot(SKEWED, np.log(SKEWED)) / np.log(5)
    np.testing.assert_allclose(of_first(odds.entropy)[1], expected, rtol=1e-5)


def test_equal_odds_are_entirely_undecided():
    np.testing.assert_allclose(odds_of(SHARP).entropy[0, 1].numpy(), 1, atol=1e-6)


def test_every_target_has_statistics_of_its_own():
    odds = BrightnessOdds(torch.randn((2, 3, 7, 4, 5), generator=torch.Generator().manual_seed(0)))
    for name in ("mean", "median", "mode", "entropy"):
        values = getattr(odds, name)
        assert values.shape == (2, 3, 4, 5)
        assert ((values >= 0) & (values <= 1)).all()
        alone = getattr(BrightnessOdds(odds.scores[1:, 2:]), name)
        torch.testing.assert_close(values[1:, 2:], alone)
