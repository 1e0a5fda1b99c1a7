"""Whether one model restores better than another, or only seems to on these stacks.

Student's paired t-test, one-tailed, over the scores of the same stacks (scipy.stats.ttest_rel): the
p-value is the probability of a difference at least as large in the first model's favour if in truth
there were none. It assumes that the stacks are independent of one another and the differences about
normal.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

CONVENTION = 0.05
"""p-values below are taken to show a difference, by the custom of the field."""


class PairedTest(NamedTuple):
    """Result of a one-tailed paired t-test.

    Args:
        difference: Mean of first minus second.
        t: Student's statistic; above 0 where the first is better. NaN where the differences are
            all the same, which leaves nothing to test.
        p: The p-value.
        pairs: How many pairs of scores.
    """

    difference: float
    t: float
    p: float
    pairs: int


def one_tailed_paired_test(
    first: Sequence[float], second: Sequence[float], *, higher_is_better: bool = True
) -> PairedTest:
    """Test whether the first model's scores are better.

    Args:
        first: One score per stack.
        second: Those of the other model for the same stacks, in the same order.
        higher_is_better: False for errors and widths.

    Raises:
        ValueError: Fewer than two pairs, or unequal numbers of scores.
    """
    if len(first) != len(second) or len(first) < 2:
        raise ValueError(f"{len(first)} and {len(second)} scores are not two or more pairs")
    a, b = np.asarray(first, float), np.asarray(second, float)
    difference = a - b
    # scores that differ by rounding alone have no spread to judge by
    if np.ptp(difference) <= 1e-12 * max(np.abs(a).max(), np.abs(b).max()):
        return PairedTest(float(difference.mean()), float("nan"), float("nan"), len(a))
    better, worse = (a, b) if higher_is_better else (b, a)
    result = stats.ttest_rel(better, worse, alternative="greater")
    return PairedTest(
        float(difference.mean()), float(result.statistic), float(result.pvalue), len(a)
    )


def p_value_sentence(test: PairedTest, label: str) -> str:
    """What a test means, for people who do not do statistics every day.

    Args:
        test: Its result.
        label: Name of the measure.
    """
    what = f"{label}: {test.difference:+.4g} on average over {test.pairs} stacks"
    if np.isnan(test.p):
        return f"{what}, the same in each, so there is nothing to test."
    often = f"p = {test.p:.2g}"
    chance = f"chance would favour it as clearly in {100 * test.p:.2g} % of such comparisons."
    if test.p < CONVENTION:
        return f"{what}, {often}: the first model is better; were both equally good, {chance}"
    return (
        f"{what}, {often}: this does not show that the first model is better; were both equally "
        f"good, {chance}"
    )
