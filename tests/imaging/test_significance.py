import numpy as np
import pytest
from scipy import integrate, special

from gvtstudio.imaging.significance import one_tailed_paired_test, p_value_sentence

FIRST = [30.1, 28.4, 31.0, 29.7, 30.5]
SECOND = [29.0, 28.5, 29.8, 29.1, 29.9]


def tail(t: float, freedom: int) -> float:
    """Area of Student's density above t, by its formula."""
    scale = special.gamma((freedom + 1) / 2) / special.gamma(freedom / 2)
    scale /= np.sqrt(freedom * np.pi)
    area, _ = integrate.quad(
        lambda x: scale * (1 + x * x / freedom) ** (-(freedom + 1) / 2), t, 500
    )
    return area


def test_it_is_students_test_of_the_differences():
    found = one_tailed_paired_test(FIRST, SECOND)
    differences = np.subtract(FIRST, SECOND)
    t = differences.mean() / (differences.std(ddof=1) / np.sqrt(5))
    assert found.t == pytest.approx(t)
    assert found.p == pytest.approx(tail(t, 4), rel=1e-4)
    assert found.difference == pytest.approx(differences.mean())
    assert found.pairs == 5


def test_one_tail_only():
    found, reverse = (one_tailed_paired_test(*pair) for pair in ((FIRST, SECOND), (SECOND, FIRST)))
    assert found.p + reverse.p == pytest.approx(1)


def test_errors_are_better_when_lower():
    better = one_tailed_paired_test(SECOND, FIRST, higher_is_better=False)
    assert better.p == pytest.approx(one_tailed_paired_test(FIRST, SECOND).p)
    assert better.difference < 0
    assert better.t > 0


@pytest.mark.parametrize("gain", [0.0, 0.1])
def test_the_same_difference_everywhere_leaves_nothing_to_test(gain):
    found = one_tailed_paired_test([s + gain for s in SECOND], SECOND)
    assert np.isnan(found.p)
    assert "nothing to test" in p_value_sentence(found, "PSNR (dB)")


@pytest.mark.parametrize("pair", [([1.0], [2.0]), ([1.0, 2.0], [1.0, 2.0, 3.0]), ([], [])])
def test_fewer_than_two_pairs_are_no_test(pair):
    with pytest.raises(ValueError, match="two or more pairs"):
        one_tailed_paired_test(*pair)


def p_value_sentences_say_what_a_p_value_means():
    clear = p_value_sentence(one_tailed_paired_test(FIRST, SECOND), "PSNR (dB)")
    assert clear.startswith("PSNR (dB): +0.68 on average over 5 stacks, p = 0.0")
    assert "the first model is better; were both equally good" in clear
    unclear = p_value_sentence(one_tailed_paired_test(SECOND, FIRST), "PSNR (dB)")
    assert "does not show that the first model is better" in unclear
